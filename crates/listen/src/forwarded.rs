//! The header `Forwarded` (RFC 7239), in which each proxy says what it saw.

use axum::http::header::FORWARDED;
use axum::http::{HeaderMap, HeaderValue};

/// The entry of one proxy in `Forwarded`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Element {
    pub node: Option<String>,
    pub proto: Option<String>,
    pub host: Option<String>,
}

/// A line that is not a valid list of elements. Nothing in it is trusted: a client could have opened a quoted
/// string that swallows what the proxy appended.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed;

/// The elements of `Forwarded` over all its lines, last first; an invalid line is one malformed element.
pub fn forwarded(headers: &HeaderMap) -> impl Iterator<Item = Result<Element, Malformed>> + use<'_> {
    headers.get_all(FORWARDED).into_iter().rev().flat_map(|line| match elements(line) {
        Ok(elements) => elements.into_iter().rev().map(Ok).collect::<Vec<_>>(),
        Err(malformed) => vec![Err(malformed)],
    })
}

/// The elements of one line (RFC 7239 4).
fn elements(line: &HeaderValue) -> Result<Vec<Element>, Malformed> {
    let mut rest = line.to_str().map_err(|_| Malformed)?.trim();
    let mut elements = Vec::new();
    let mut element = None;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(',') {
            elements.extend(element.take());
            rest = after.trim_start();
            continue;
        }
        rest = rest.strip_prefix(';').unwrap_or(rest).trim_start();
        let element: &mut Element = element.get_or_insert_default();
        if rest.is_empty() || rest.starts_with([';', ',']) {
            continue;
        }
        let (name, value, after) = pair(rest)?;
        let place = match name.to_ascii_lowercase().as_str() {
            "for" => &mut element.node,
            "proto" => &mut element.proto,
            "host" => &mut element.host,
            _ => &mut None,
        };
        // "Each parameter MUST NOT occur more than once per field-value."
        if place.replace(value).is_some() {
            return Err(Malformed);
        }
        rest = after;
    }
    elements.extend(element);
    Ok(elements)
}

/// The first pair, and what follows it: nothing, or a separator.
fn pair(text: &str) -> Result<(&str, String, &str), Malformed> {
    let (name, rest) = text.split_once('=').ok_or(Malformed)?;
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err(Malformed);
    }
    let (value, rest) = match rest.strip_prefix('"') {
        Some(rest) => quoted(rest)?,
        None => {
            let end = rest.find([';', ',', ' ', '\t']).unwrap_or(rest.len());
            let (value, rest) = rest.split_at(end);
            // IPv6 addresses must be quoted, but not everybody does so.
            let is_allowed = |byte: u8| is_token(byte) || b"[]:".contains(&byte);
            if value.is_empty() || !value.bytes().all(is_allowed) {
                return Err(Malformed);
            }
            (value.to_owned(), rest)
        }
    };
    let rest = rest.trim_start();
    if rest.is_empty() || rest.starts_with([';', ',']) { Ok((name, value, rest)) } else { Err(Malformed) }
}

/// A quoted string after its opening quote (RFC 9110 5.6.4), and what follows it.
fn quoted(text: &str) -> Result<(String, &str), Malformed> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' => value.push(characters.next().ok_or(Malformed)?.1),
            character => value.push(character),
        }
    }
    Err(Malformed)
}

/// A token character (RFC 9110 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
