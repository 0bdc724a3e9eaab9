//! Encodes marks in a form that a server preserves: a private-use character means nothing to it.

use crate::mark::{is_mark, mark, mark_index};
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// Letters that start no word of any language. Argos searches the translated sentence for the text of an
/// element to find its position, so it must be one that a model copies.
const CODE: &str = "XQZ";

static ELEMENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(r#"(?i)<span\b[^>]*>\s*{CODE}(\d{{1,4}})\s*</span\s*>"#))
        .expect("a constant pattern is valid")
});
static TAG: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)<\s*x\s*(\d{1,4})\s*/?\s*>").expect("a constant pattern is valid"));

/// Encodes as HTML, with an untranslatable element for each mark.
pub(super) fn to_html(segment: &str) -> String {
    let mut html = String::with_capacity(segment.len() + 32);
    for character in segment.chars() {
        match (mark_index(character), character) {
            (Some(index), _) => html += &format!(r#"<span translate="no">{CODE}{index}</span>"#),
            (None, '&') => html.push_str("&amp;"),
            (None, '<') => html.push_str("&lt;"),
            (None, '>') => html.push_str("&gt;"),
            (None, other) => html.push(other),
        }
    }
    html
}

/// Decodes HTML; `None` if it contains unexpected markup.
pub(super) fn from_html(html: &str) -> Option<String> {
    let marked = put_marks(&ELEMENT, html);
    if marked.contains(['<', '>']) {
        return None;
    }
    // The ampersand last: `&amp;lt;` is the text `&lt;`.
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&apos;", "'"),
        ("&nbsp;", "\u{A0}"),
        ("&amp;", "&"),
    ];
    Some(entities.iter().fold(marked, |text, (entity, character)| text.replace(entity, character)))
}

/// Encodes the first mark as `<x0/>`, and so on: language models know how to handle tags.
pub(super) fn to_tags(segment: &str) -> String {
    let mut text = String::with_capacity(segment.len() + 16);
    for character in segment.chars() {
        match mark_index(character) {
            Some(index) => text += &format!("<x{index}/>"),
            None => text.push(character),
        }
    }
    text
}

/// Decodes tags. A tag in the source itself becomes an extra mark, which the comparison of marks detects.
pub(super) fn from_tags(answer: &str) -> String {
    put_marks(&TAG, answer)
}

fn put_marks(pattern: &Regex, answer: &str) -> String {
    let own: String = answer.chars().filter(|&c| !is_mark(c)).collect();
    let marked = |found: &Captures<'_>| found[1].parse().map(mark).map(String::from).unwrap_or_default();
    pattern.replace_all(&own, marked).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn marks_and_text_round_trip(text in "([a-zé ,.&<>;\"'?]|[\u{E000}-\u{E0C8}]|&lt;|&amp;){0,60}") {
            prop_assert_eq!(from_html(&to_html(&text)), Some(text.clone()));
            prop_assert_eq!(from_tags(&to_tags(&text)), text);
        }

        #[test]
        fn no_answer_panics(answer in "(<x|<span>|XQZ|</span>|[0-9]|/>|\\PC){0,60}") {
            from_html(&answer);
            from_tags(&answer);
        }
    }

    #[test]
    fn changed_elements_are_decoded() {
        let answer = "demande à <span class=\"x\" translate='no'> XQZ0 </span>&#x27;s <SPAN>XQZ1</SPAN>";
        assert_eq!(from_html(answer), Some(format!("demande à {}'s {}", mark(0), mark(1))));
        assert_eq!(from_html("<p>bonjour</p>"), None);
        assert_eq!(from_tags("< X0 /> et <x1>"), format!("{} et {}", mark(0), mark(1)));
    }
}
