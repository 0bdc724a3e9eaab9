//! Addresses: where they begin and where they end.

use super::characters::{is_mark, is_word, joins, needs_no_space};
use std::ops::Range;

/// A mark of Markdown that stands further before an address, in bytes, is not looked for.
const MAX_MARKED: usize = 500;

/// A bracket that has no partner within so many bytes has none.
const MAX_IN_BRACKETS: usize = 500;

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
        if open.first().is_some_and(|&(_, opened)| at - opened > MAX_IN_BRACKETS) {
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
    let whole = &text[body..whole.min(body + host_end(&text[body..whole]))];
    let whole = whole.trim_end_matches(['.', ',', ':', ';', '!', '?', '\'', '*', '_', '~']);
    // No host ends so.
    body + if whole.contains(['/', '?', '#']) { whole } else { whole.trim_end_matches(['-', '+', '.', ':']) }
        .len()
}

/// Where the colon of an address without its scheme is that no port follows; else where the address ends.
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

/// The Markdown mark or quote that an address stands in: right before it, or before words on the same line.
fn mark_around(text: &str, start: usize) -> &str {
    let before = &text[..start];
    if let Some(last @ ('*' | '_' | '~' | '=' | '\'')) = before.chars().next_back() {
        let length = before.bytes().rev().take(3).take_while(|&byte| char::from(byte) == last).count();
        // One `=` is a part of `a=https://…`.
        if last != '=' || length > 1 {
            return &before[before.len() - length..];
        }
    }
    let from = before.len() - before.bytes().rev().take(MAX_MARKED).take_while(|&byte| byte != b'\n').count();
    let from = (from..=before.len()).find(|&at| before.is_char_boundary(at)).unwrap_or(start);
    ["**", "~~", "=="].into_iter().find(|mark| is_open(&before[from..], mark)).unwrap_or("")
}

/// Whether a mark is opened in a text and not closed again: no space stands on its inner side.
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

/// Whether the mark that stands before an address stands here again. Within a word, `_` is none.
fn closes(text: &str, at: usize, mark: &str) -> bool {
    !mark.is_empty()
        && text[at..]
            .strip_prefix(mark)
            .is_some_and(|rest| !mark.starts_with(['_', '\'']) || !rest.chars().next().is_some_and(joins))
}
