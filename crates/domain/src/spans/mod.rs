//! Splits a message into code, URLs, e-mail addresses, mentions and plain text.
//!
//! There is one definition for notifications, for what a translation must not change, and, in
//! `web/src/lib/links.ts`, for links. All share the cases in `vectors/links.json`.
//!
//! Code takes precedence (`CommonMark` 4.5 and 6.1). Elsewhere, a URL starts with its scheme (or with `www.`)
//! and ends before:
//!
//! - a space, a control character, or an ASCII character that URLs do not contain ([RFC 3986]): `` < > " \ ^ ` | ``;
//! - punctuation, symbols and invisible characters outside ASCII; letters, marks and digits of any script may be
//!   part of it ([RFC 3987]);
//! - a letter of a script without spaces between words, unless it starts a component of the URL (after `/`, `=` or
//!   the like; in the host after `.` and `@` only) or follows another such letter: in `https://example.org/a看这里`
//!   the sentence continues, `/wiki/维基百科` is a path;
//! - a colon of the host that is not followed by a port;
//! - a bracket without its partner in the URL;
//! - the Markdown mark or quote right before the URL, or a `**`, `~~` or `==` that is open on its line;
//! - trailing punctuation.
//!
//! [RFC 3986]: https://www.rfc-editor.org/rfc/rfc3986#section-2
//! [RFC 3987]: https://www.rfc-editor.org/rfc/rfc3987#section-2.2

mod address;
mod characters;
mod code;
mod email;
mod mention;

use std::ops::Range;

/// The kind of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Anything else.
    Plain,
    /// Fenced or inline code, with its delimiters.
    Code,
    /// A URL with a scheme, or one that starts with `www.`.
    Link,
    /// An e-mail address, with `mailto:` if that precedes it.
    Email,
    /// An `@` and a name.
    Mention,
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Its kind.
    pub kind: Kind,
    /// Its range, in bytes.
    pub range: Range<usize>,
}

/// Splits a text into spans: in order, none empty, together the whole text. No letter is separated from its
/// combining marks.
pub fn spans(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut at = 0;
    for code in code::find(text) {
        mixed(text, at..code.start, &mut spans);
        at = code.end;
        spans.push(Span { kind: Kind::Code, range: code });
    }
    mixed(text, at..text.len(), &mut spans);
    spans
}

/// The names mentioned in a text, in order: the name after `@` and, if it contains a dot, also the part
/// before the dot.
pub fn mentions(text: &str) -> Vec<&str> {
    if !text.contains('@') {
        return Vec::new();
    }
    let mentioned = spans(text).into_iter().filter(|span| span.kind == Kind::Mention);
    mentioned.flat_map(|span| mention::names(&text[span.range.start + 1..span.range.end])).collect()
}

/// Splits a part of a text that contains no code.
fn mixed(text: &str, part: Range<usize>, spans: &mut Vec<Span>) {
    let mut at = part.start;
    let plain = |from: usize, to: usize, spans: &mut Vec<Span>| {
        if from < to {
            spans.push(Span { kind: Kind::Plain, range: from..to });
        }
    };
    for found in found_in(text, part.clone()) {
        plain(at, found.range.start, spans);
        at = found.range.end;
        spans.push(found);
    }
    plain(at, part.end, spans);
}

/// The URLs, addresses and mentions in a part of a text.
fn found_in(text: &str, part: Range<usize>) -> Vec<Span> {
    let mut found = Vec::new();
    let mut from = part.start;
    let mut at = part.start;
    while let Some(trigger) = next_trigger(text, at..part.end) {
        let rest = from..part.end;
        let span = match text.as_bytes()[trigger] {
            b':' => address::with_scheme(text, trigger, rest).map(|range| (Kind::Link, range)),
            b'@' => email::around(text, trigger, rest.clone())
                .map(|range| (Kind::Email, range))
                .or_else(|| mention::at(text, trigger, rest).map(|range| (Kind::Mention, range))),
            _ => address::without_scheme(text, trigger, rest).map(|range| (Kind::Link, range)),
        };
        at = trigger + 1;
        if let Some((kind, range)) = span {
            (at, from) = (at.max(range.end), range.end);
            found.push(Span { kind, range });
        }
    }
    found
}

/// The first `://`, `@` or `www.` of a part.
fn next_trigger(text: &str, part: Range<usize>) -> Option<usize> {
    let bytes = &text.as_bytes()[..part.end];
    (part.start..part.end).find(|&at| match bytes[at] {
        b'@' => true,
        b':' => bytes[at..].starts_with(b"://"),
        b'w' | b'W' => bytes[at..].get(..4).is_some_and(|word| word.eq_ignore_ascii_case(b"www.")),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Vectors {
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        text: String,
        /// What can be followed, also in code.
        #[serde(default)]
        links: Vec<String>,
        #[serde(default)]
        code: Vec<String>,
        #[serde(default)]
        emails: Vec<String>,
        #[serde(default)]
        mentions: Vec<String>,
    }

    fn texts(text: &str, kind: Kind) -> Vec<&str> {
        spans(text).into_iter().filter(|span| span.kind == kind).map(|span| &text[span.range]).collect()
    }

    fn can_be_followed(address: &str) -> bool {
        ["http://", "https://"].iter().any(|scheme| address.to_ascii_lowercase().starts_with(scheme))
    }

    #[test]
    fn the_shared_cases_pass() {
        let vectors: Vectors = serde_json::from_str(include_str!("../../vectors/links.json")).unwrap();
        assert!(vectors.cases.len() >= 60);
        for case in vectors.cases {
            let text = case.text.as_str();
            let links: Vec<&str> = found_in(text, 0..text.len())
                .into_iter()
                .filter(|span| span.kind == Kind::Link)
                .map(|span| &text[span.range])
                .filter(|address| can_be_followed(address))
                .collect();
            assert_eq!(links, case.links, "links in {text:?}");
            assert_eq!(texts(text, Kind::Code), case.code, "code in {text:?}");
            assert_eq!(texts(text, Kind::Email), case.emails, "e-mail addresses in {text:?}");
            assert_eq!(texts(text, Kind::Mention), case.mentions, "mentions in {text:?}");
        }
    }

    #[test]
    fn urls_that_clients_do_not_follow_are_links_too() {
        for (text, address) in [
            ("see www.example.org/a, please", "www.example.org/a"),
            ("(ftp://example.org/x)", "ftp://example.org/x"),
            ("file:///etc/hosts and", "file:///etc/hosts"),
            ("看www.example.org，好", "www.example.org"),
        ] {
            assert_eq!(texts(text, Kind::Link), [address], "{text}");
        }
        assert_eq!(texts("javascript:alert(1), a://, awww.b.c, 5://x", Kind::Link), Vec::<&str>::new());
    }

    #[test]
    fn mentions_are_found() {
        assert_eq!(mentions("@lena and (@carl-os), mail a@b.org, @ nobody é@x"), ["lena", "carl-os"]);
        assert_eq!(mentions("ask @lena.She knows, @ben-"), ["lena.She", "lena", "ben-", "ben"]);
        assert_eq!(mentions("`@lena` @"), Vec::<&str>::new());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn spans_cover_the_text_and_split_no_letter(
            text in "(\\PC|[\n\r\t `~@:/.()\\[\\]{}*_'\"<>-]|https?://|www\\.|mailto:|[a-z]{1,3}|[例看กé\u{301}\u{E34}한\u{200D}\u{202E}，」ش]|```\n){0,60}"
        ) {
            let spans = spans(&text);
            let mut at = 0;
            for span in &spans {
                prop_assert_eq!(span.range.start, at);
                prop_assert!(!span.range.is_empty());
                at = span.range.end;
                let first = text[span.range.clone()].chars().next().unwrap();
                let cuts = span.range.start > 0 && characters::is_mark(first) && !characters::is_invisible(first);
                let before = text[..span.range.start].chars().next_back().unwrap_or(' ');
                prop_assert!(!cuts || !characters::is_word(before), "{:?} of {:?}", &text[span.range.clone()], text);
            }
            prop_assert_eq!(at, text.len());
            for pair in spans.windows(2) {
                prop_assert!(pair[0].kind != Kind::Plain || pair[1].kind != Kind::Plain);
            }
        }
    }
}
