//! Addresses: where they begin and where they end.

use super::characters::{is_mark, is_word, joins, needs_no_space};
use std::ops::Range;

/// A bracket that has no partner within so many bytes has none.
const LONGEST_IN_BRACKETS: usize = 500;

/// The address whose `://` is at `colon`, if one is there, in a part of a text.
pub(super) fn with_scheme(text: &str, colon: usize, part: Range<usize>) -> Option<Range<usize>> {
    let scheme = scheme(&text[part.start..colon])?;
    let start = colon - scheme.len();
    let body = colon + "://".len();
    let first = text[body..part.end].chars().next()?;
    // What is no web address may have no host: `file:///etc`.
    if !(is_word(first) || first == '[' || first == '/' && !scheme.to_ascii_lowercase().starts_with("http")) {
        return None;
    }
    let end = end(text, start, body, part.end);
    (end > body).then_some(start..end)
}

/// The scheme that a text ends with. `http` counts whatever is written before it.
fn scheme(before: &str) -> Option<&str> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+.-".contains(byte);
    let length = before.bytes().rev().take_while(is_part).count();
    let word = &before[before.len() - length..];
    let ends_with = |scheme: &&&str| {
        let end = word.len().checked_sub(scheme.len()).and_then(|at| word.get(at..));
        end.is_some_and(|end| end.eq_ignore_ascii_case(scheme))
    };
    if let Some(known) = ["https", "http"].iter().find(ends_with) {
        return Some(&word[word.len() - known.len()..]);
    }
    let word = word.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    (word.len() >= 2).then_some(word)
}

/// The address that begins with the `www.` at `start`, if that is no part of another word.
pub(super) fn without_scheme(text: &str, start: usize, part: Range<usize>) -> Option<Range<usize>> {
    let before = text[..start].chars().next_back();
    if before.is_some_and(|c| joins(c) || matches!(c, '_' | '.' | '-' | '@')) {
        return None;
    }
    let body = start + "www.".len();
    text[body..part.end].chars().next().filter(|&c| is_word(c))?;
    let end = end(text, start, body, part.end);
    (end > body).then_some(start..end)
}

/// Where the address that begins at `start`, with its host at `body`, ends.
pub(super) fn end(text: &str, start: usize, body: usize, limit: usize) -> usize {
    let around = mark_before(text, start);
    let mut open: Vec<(char, usize)> = Vec::new();
    let mut end = body;
    let mut in_host = true;
    let mut before = '/';
    for (at, c) in text[body..limit].char_indices().map(|(at, c)| (body + at, c)) {
        if closes(text, at, around) {
            break;
        }
        match c {
            '(' => open.push((')', at)),
            '[' => open.push((']', at)),
            '{' => open.push(('}', at)),
            ')' | ']' | '}' if open.pop_if(|(partner, _)| *partner == c).is_none() => break,
            ')' | ']' | '}' => {}
            _ if !belongs(c, before, in_host) => break,
            _ => {}
        }
        if open.first().is_some_and(|&(_, opened)| at - opened > LONGEST_IN_BRACKETS) {
            break;
        }
        in_host &= !matches!(c, '/' | '?' | '#');
        end = at + c.len_utf8();
        // `Python_(消歧义)`: what is in brackets begins after the `_`, too.
        if !(c == '(' && before == '_') {
            before = c;
        }
    }
    let whole = open.first().map_or(end, |&(_, opened)| opened);
    body + text[body..whole].trim_end_matches(['.', ',', ':', ';', '!', '?', '\'', '*', '_', '~']).len()
}

fn belongs(c: char, before: char, in_host: bool) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || "-._~:/?#@!$&'*+,;=%".contains(c);
    }
    if is_mark(c) || !needs_no_space(c) {
        return is_word(c);
    }
    let begins = "/?#=&+_-:".contains(before) || in_host && ".@".contains(before);
    is_word(c) && (begins || !before.is_ascii() && needs_no_space(before))
}

/// The Markdown mark or quote that stands right before an address.
fn mark_before(text: &str, start: usize) -> &str {
    let before = &text[..start];
    let Some(last @ ('*' | '_' | '~' | '\'')) = before.chars().next_back() else { return "" };
    let length = before.bytes().rev().take(3).take_while(|&byte| char::from(byte) == last).count();
    &before[before.len() - length..]
}

/// Whether the mark that stands before an address stands here again. Within a word, `_` is none.
fn closes(text: &str, at: usize, mark: &str) -> bool {
    !mark.is_empty()
        && text[at..]
            .strip_prefix(mark)
            .is_some_and(|rest| !mark.starts_with(['_', '\'']) || !rest.chars().next().is_some_and(joins))
}
