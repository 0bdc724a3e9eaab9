//! Where markup begins and ends: tags, comments, and elements that are kept with all that is in them.

/// Elements whose content is not for readers, or must not change.
const KEPT: [&str; 7] = ["script", "style", "code", "pre", "textarea", "template", "svg"];

/// Elements without content.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
];

/// The name at the start of the rest of a tag.
pub(super) fn name_of(tag: &str) -> &str {
    tag.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or_default()
}

/// The length of the markup at the start of a text, in bytes; `None` if its `<` starts none.
pub(super) fn markup(html: &str) -> Option<usize> {
    element(html, true)
}

/// Like [`markup`]; within an element that is not to be translated, nested ones are not treated specially.
fn element(html: &str, is_to_be_translated: bool) -> Option<usize> {
    let to_the_end = Some(html.len());
    if html.starts_with("<!--") {
        return html.find("-->").map(|end| end + 3).or(to_the_end);
    }
    let after = html[1..].chars().next()?;
    if !after.is_ascii_alphabetic() && !matches!(after, '/' | '!' | '?') {
        return None;
    }
    let Some(end) = tag_end(html) else { return to_the_end };
    let tag = &html[..end];
    let name = name_of(&tag[1..]);
    let is = |known: &&str| known.eq_ignore_ascii_case(name);
    if name.is_empty() || tag.ends_with("/>") || VOID.iter().any(is) {
        return Some(end);
    }
    if KEPT.iter().any(is) {
        return closing(&html[end..], name).map(|length| end + length).or(to_the_end);
    }
    if is_to_be_translated && says_no(tag) {
        return closing_nested(&html[end..], name).map(|length| end + length).or(to_the_end);
    }
    Some(end)
}

/// Whether an element must not be translated (HTML 3.2.6.5, and the class that translators support).
fn says_no(tag: &str) -> bool {
    attributes(tag).any(|(name, value)| {
        name.eq_ignore_ascii_case("translate") && value.trim().eq_ignore_ascii_case("no")
            || name.eq_ignore_ascii_case("class")
                && value.split_ascii_whitespace().any(|class| class.eq_ignore_ascii_case("notranslate"))
    })
}

/// The attributes of a tag with their values, which are empty if missing.
fn attributes(tag: &str) -> impl Iterator<Item = (&str, &str)> {
    let is_between = |c: char| c.is_ascii_whitespace() || c == '/' || c == '>';
    let mut rest = tag.split_at(1 + name_of(&tag[1..]).len()).1;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(is_between);
        let length = rest.find(|c: char| is_between(c) || c == '=').unwrap_or(rest.len());
        // A `=` where a name should start is part of the name.
        let length = if length == 0 && !rest.is_empty() { 1 } else { length };
        let (name, after) = rest.split_at(length);
        let Some(value) = after.trim_start().strip_prefix('=').map(str::trim_start) else {
            rest = after;
            return (!name.is_empty()).then_some((name, ""));
        };
        let value = match value.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            Some(quote) => {
                let (value, after) = value[1..].split_once(quote).unwrap_or((&value[1..], ""));
                rest = after;
                value
            }
            None => {
                let end = value.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(value.len());
                rest = &value[end..];
                &value[..end]
            }
        };
        Some((name, value))
    })
}

/// The end of the element `name` that was opened before a text; elements of the same name may be nested.
fn closing_nested(html: &str, name: &str) -> Option<usize> {
    let mut depth = 1_usize;
    let mut at = 0;
    while let Some(found) = html[at..].find('<').map(|found| at + found) {
        let rest = &html[found..];
        if !name_of(rest.trim_start_matches(['<', '/'])).eq_ignore_ascii_case(name) {
            at = found + element(rest, false).unwrap_or(1);
            continue;
        }
        let is_end = rest.starts_with("</");
        // A paragraph ends where the next one starts.
        if !is_end && name.eq_ignore_ascii_case("p") {
            return Some(found);
        }
        at = found + tag_end(rest)?;
        depth = if is_end { depth - 1 } else { depth + usize::from(!html[found..at].ends_with("/>")) };
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// The end of the tag at the start of a text; a `>` in quotes does not end it.
fn tag_end(html: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in html.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at + 1),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

/// The end of the first `</name …>` of a text.
fn closing(html: &str, name: &str) -> Option<usize> {
    html.match_indices("</").find_map(|(at, _)| {
        let rest = html.get(at + 2..at + 2 + name.len())?;
        rest.eq_ignore_ascii_case(name).then(|| Some(at + tag_end(&html[at..])?)).flatten()
    })
}
