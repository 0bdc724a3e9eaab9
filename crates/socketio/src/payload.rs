//! Payloads: the bodies of polling, which contain several packets.

use crate::packet::Outgoing;
use crate::version::Version;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

/// Separates the packets of a payload in version 4.
const SEPARATOR: char = '\u{1e}';

/// The response to a poll.
pub(crate) fn response<'a>(version: Version, packets: impl IntoIterator<Item = &'a Outgoing>) -> Response {
    let texts: Vec<_> = packets.into_iter().map(Outgoing::text).collect();
    let body = match version {
        Version::V4 => texts.join(&SEPARATOR.to_string()),
        Version::V3 => texts.iter().map(|text| format!("{}:{text}", units(text))).collect(),
    };
    ([(CONTENT_TYPE, "text/plain; charset=UTF-8")], body).into_response()
}

/// The packets of a payload; `None` if it is malformed.
pub(crate) fn split(version: Version, body: &str) -> Option<Vec<&str>> {
    if version == Version::V4 {
        return Some(body.split(SEPARATOR).collect());
    }
    let (mut packets, mut rest) = (Vec::new(), body);
    while !rest.is_empty() {
        let (length, after) = rest.split_once(':')?;
        let length: usize = length.parse().ok()?;
        let mut counted = 0;
        let end = after.char_indices().find(|(_, c)| {
            let is_end = counted >= length;
            counted += c.len_utf16();
            is_end
        });
        let (packet, after) = after.split_at(end.map_or(after.len(), |(at, _)| at));
        if units(packet) != length {
            return None;
        }
        packets.push(packet);
        rest = after;
    }
    Some(packets)
}

/// Version 3 counts UTF-16 code units, as JavaScript does.
fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn version_3_has_length_prefixes() {
        assert_eq!(split(Version::V3, "2:40"), Some(vec!["40"]));
        assert_eq!(split(Version::V3, "3:4é😀"), None);
        assert_eq!(split(Version::V3, "4:4é😀1:2"), Some(vec!["4é😀", "2"]));
        for none in ["x", "40", "3:40", "1:4x", ":", "-1:4", "99999999999999999999:4"] {
            assert_eq!(split(Version::V3, none), None, "{none}");
        }
        assert_eq!(split(Version::V4, "40\u{1e}2"), Some(vec!["40", "2"]));
    }

    proptest! {
        #[test]
        fn payloads_round_trip(texts in proptest::collection::vec("4\\PC{0,20}", 1..5)) {
            let body: String = texts.iter().map(|text| format!("{}:{text}", units(text))).collect();
            prop_assert_eq!(split(Version::V3, &body).unwrap(), texts);
        }

        #[test]
        fn no_input_panics(body in "\\PC{0,30}", length in 0_usize..40) {
            let _ = split(Version::V3, &body);
            let _ = split(Version::V3, &format!("{length}:{body}"));
        }
    }
}
