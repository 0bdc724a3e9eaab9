//! Mentions: `@` and an ASCII name of letters, digits, `_`, `-` and inner dots.

use super::characters::{is_mark, joins};
use super::email;
use std::ops::Range;

/// The mention that starts with the `@` at `at`, unless that is within a word, in a part of a text.
pub(super) fn at(text: &str, at: usize, part: Range<usize>) -> Option<Range<usize>> {
    let before = text[..at].trim_end_matches('_');
    if before.chars().next_back().is_some_and(joins) {
        return None;
    }
    let rest = &text[at + 1..part.end];
    let name = &rest[..name_end(rest)];
    // A name within Markdown's `_` ends before the same `_`.
    let name = if before.len() < at { name.trim_end_matches('_') } else { name };
    let goes_on =
        rest[name.len()..].chars().next().is_some_and(|c| !c.is_ascii() && (joins(c) || is_mark(c)));
    // `@lena@example.social` is a user of another server.
    let is_elsewhere =
        rest[name.len()..].strip_prefix('@').is_some_and(|host| email::host_end(host).is_some());
    let is_name = name.contains(|c: char| c.is_ascii_alphanumeric()) && !goes_on && !is_elsewhere;
    is_name.then(|| at..at + 1 + name.len())
}

fn name_end(text: &str) -> usize {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let bytes = text.as_bytes();
    let is_part = |(at, &byte): (usize, &u8)| {
        is_letter(byte)
            || byte == b'-' && at > 0
            || byte == b'.' && at > 0 && bytes.get(at + 1).is_some_and(|&next| is_letter(next))
    };
    bytes.iter().enumerate().position(|part| !is_part(part)).unwrap_or(bytes.len())
}

/// The possible names of a mention: a dot or a trailing hyphen may belong to the sentence.
pub(super) fn names(name: &str) -> impl Iterator<Item = &str> {
    let first = name.split('.').next().unwrap_or(name);
    let all = [name, first, name.trim_end_matches('-'), first.trim_end_matches('-')];
    (0..all.len()).filter(move |&at| !all[..at].contains(&all[at])).map(move |at| all[at])
}
