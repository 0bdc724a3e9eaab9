//! URLs: where they start and where they end.

use super::characters::{is_mark, is_word, joins, needs_no_space};
use std::ops::Range;

/// A Markdown mark further before a URL than this, in bytes, is not considered.
const MAX_MARK_DISTANCE: usize = 500;

/// A bracket without a partner within this many bytes has none.
const MAX_BRACKETED: usize = 500;

/// The URL whose `://` is at `colon`, if there is one, in a part of a text.
pub(super) fn with_scheme(text: &str, colon: usize, part: Range<usize>) -> Option<Range<usize>> {
    let scheme = scheme(&text[part.start..colon])?;
    let start = colon - scheme.len();
    let body = colon + "://".len();
    let first = text[body..part.end].chars().next()?;
    // Schemes other than those of the web may lack a host: `file:///etc`.
    if !(is_word(first) || first == '[' || first == '/' && !scheme.to_ascii_lowercase().starts_with("http")) {
        return None;
    }
    let end = end(text, start, body, part.end);
    (end > body).then_some(start..end)
}

/// The scheme at the end of a text. `http` counts whatever precedes it.
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

/// The URL that starts with the `www.` at `start`, unless that is within a word.
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

/// The end of the URL that starts at `start`, with its host at `body`.
pub(super) fn end(text: &str, start: usize, body: usize, limit: usize) -> usize {
    let around = mark_around(text, start);
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
        if open.first().is_some_and(|&(_, opened)| at - opened > MAX_BRACKETED) {
            break;
        }
        in_host &= !matches!(c, '/' | '?' | '#');
        end = at + c.len_utf8();
        // `Python_(消歧义)`: text in brackets may also start after the `_`.
        if !(c == '(' && before == '_') {
            before = c;
        }
    }
    let whole = open.first().map_or(end, |&(_, opened)| opened);
    let whole = &text[body..whole.min(body + host_end(&text[body..whole]))];
    let whole = whole.trim_end_matches(['.', ',', ':', ';', '!', '?', '\'', '*', '_', '~']);
    // No host ends like this.
    body + if whole.contains(['/', '?', '#']) { whole } else { whole.trim_end_matches(['-', '+', '.', ':']) }
        .len()
}

/// The position of a colon that is not followed by a port; otherwise the end of the URL (without its scheme).
fn host_end(address: &str) -> usize {
    let authority = &address[..address.find(['/', '?', '#']).unwrap_or(address.len())];
    let host = authority.rfind('@').map_or(0, |at| at + 1);
    // `[::1]:8080`
    let after = authority[host..].rfind(']').map_or(host, |bracket| host + bracket);
    let Some(colon) = authority[after..].find(':').map(|colon| after + colon) else { return address.len() };
    if authority[colon + 1..].bytes().all(|byte| byte.is_ascii_digit()) { address.len() } else { colon }
}

fn belongs(c: char, before: char, in_host: bool) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || "-._~:/?#@!$&'*+,;=%".contains(c);
    }
    if is_mark(c) || !needs_no_space(c) {
        return is_word(c);
    }
    let begins = if in_host { "/.@" } else { "/?#=&+_-:" }.contains(before);
    is_word(c) && (begins || !before.is_ascii() && needs_no_space(before))
}

/// The Markdown mark or quote around the URL: right before it, or before words on the same line.
fn mark_around(text: &str, start: usize) -> &str {
    let before = &text[..start];
    if let Some(last @ ('*' | '_' | '~' | '=' | '\'')) = before.chars().next_back() {
        let length = before.bytes().rev().take(3).take_while(|&byte| char::from(byte) == last).count();
        // A single `=` is part of `a=https://…`.
        if last != '=' || length > 1 {
            return &before[before.len() - length..];
        }
    }
    let from =
        before.len() - before.bytes().rev().take(MAX_MARK_DISTANCE).take_while(|&byte| byte != b'\n').count();
    let from = (from..=before.len()).find(|&at| before.is_char_boundary(at)).unwrap_or(start);
    ["**", "~~", "=="].into_iter().find(|mark| is_open(&before[from..], mark)).unwrap_or("")
}

/// Whether a mark is opened in a text and not closed: there is no space on its inner side.
fn is_open(text: &str, mark: &str) -> bool {
    let mut open = false;
    let mut rest = text;
    while let Some((inside, after)) = rest.split_once(mark) {
        let inner = if open { inside.chars().next_back() } else { after.chars().next() };
        open ^= inner.is_some_and(|c| !c.is_whitespace() && !mark.starts_with(c));
        rest = after;
    }
    open
}

/// Whether the mark before a URL closes here. Within a word, `_` does not.
fn closes(text: &str, at: usize, mark: &str) -> bool {
    !mark.is_empty()
        && text[at..]
            .strip_prefix(mark)
            .is_some_and(|rest| !mark.starts_with(['_', '\'']) || !rest.chars().next().is_some_and(joins))
}
