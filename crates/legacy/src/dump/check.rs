//! Validates documents, down to the last value.
//!
//! `bson` parses a raw document lazily and recursively, which is right for valid ones. Untrusted documents
//! are validated here first, once and without recursion, so that nothing can fail on them later.

use super::error::{Flaw, MAX_DEPTH};

/// The size of the smallest document: its length and its terminator.
pub(super) const MIN_BYTES: usize = 5;
/// MongoDB's limit.
pub(super) const MAX_BYTES: usize = 16 * 1024 * 1024;

/// Whether a document can have this length.
pub(super) fn length(stated: i32) -> Result<usize, Flaw> {
    match usize::try_from(stated) {
        Ok(length) if (MIN_BYTES..=MAX_BYTES).contains(&length) => Ok(length),
        _ => Err(Flaw::Length(stated)),
    }
}

/// Validates the structure of a whole document: types, lengths, ends.
///
/// Returns the position of the first string that is not UTF-8, if there is one: the structure is then valid,
/// but the document cannot be imported. Positions count from the start of the document.
///
/// # Errors
/// The flaw in the structure, and its position.
pub(crate) fn document(bytes: &[u8]) -> Result<Option<usize>, (usize, Flaw)> {
    let mut walk = Walk { bytes, at: 0, ends: [0; MAX_DEPTH], depth: 0, bad_text: None };
    walk.run().map_err(|flaw| (walk.at, flaw))?;
    Ok(walk.bad_text)
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The end of each open document, after its terminator.
    ends: [usize; MAX_DEPTH],
    depth: usize,
    /// The position of the first string that is not UTF-8.
    bad_text: Option<usize>,
}

impl Walk<'_> {
    fn run(&mut self) -> Result<(), Flaw> {
        if self.enter(self.bytes.len())? != self.bytes.len() {
            return Err(Flaw::Terminator);
        }
        while self.depth > 0 {
            let terminator = self.ends[self.depth - 1] - 1;
            if self.at == terminator {
                self.at += 1;
                self.depth -= 1;
                continue;
            }
            let kind = self.bytes[self.at];
            if kind == 0 {
                return Err(Flaw::Terminator);
            }
            self.at += 1;
            self.name()?;
            self.value(kind)?;
        }
        Ok(())
    }

    /// Enters a document, which must end before `limit`, and returns its end.
    fn enter(&mut self, limit: usize) -> Result<usize, Flaw> {
        let length = length(i32::from_le_bytes(self.peek(limit)?))?;
        let end = self.at + length;
        if end > limit {
            return Err(Flaw::Overrun);
        }
        if self.bytes[end - 1] != 0 {
            return Err(Flaw::Terminator);
        }
        *self.ends.get_mut(self.depth).ok_or(Flaw::Depth)? = end;
        self.depth += 1;
        self.at += 4;
        Ok(end)
    }

    /// The position of the innermost document's terminator, which values must not reach.
    fn limit(&self) -> usize {
        self.ends[self.depth - 1] - 1
    }

    fn value(&mut self, kind: u8) -> Result<(), Flaw> {
        match kind {
            0x06 | 0x0A | 0x7F | 0xFF => Ok(()),
            0x08 => match self.take(1)? {
                [0 | 1] => Ok(()),
                other => Err(Flaw::Boolean(other[0])),
            },
            0x10 => self.skip(4),
            0x01 | 0x09 | 0x11 | 0x12 => self.skip(8),
            0x07 => self.skip(12),
            0x13 => self.skip(16),
            0x02 | 0x0D | 0x0E => self.text(),
            0x03 | 0x04 => self.enter(self.limit()).map(drop),
            0x05 => self.binary(),
            0x0B => self.name().and_then(|()| self.name()),
            0x0C => self.text().and_then(|()| self.skip(12)),
            0x0F => self.code_with_scope(),
            unknown => Err(Flaw::Type(unknown)),
        }
    }

    /// A length, a string of this length, and a zero byte that is counted.
    fn text(&mut self) -> Result<(), Flaw> {
        let length = self.length()?;
        let begin = self.at;
        match self.take(length)?.split_last() {
            None => Err(Flaw::ValueLength(0)),
            Some((0, _)) => {
                self.check_utf8(begin, begin + length - 1);
                Ok(())
            }
            Some(_) => Err(Flaw::Text),
        }
    }

    fn binary(&mut self) -> Result<(), Flaw> {
        let length = self.length()?;
        if self.take(1)? != [0x02] {
            return self.skip(length);
        }
        // The old subtype repeats its length inside.
        let stated = self.number()?;
        match usize::try_from(stated) {
            Ok(inner) if inner + 4 == length => self.skip(inner),
            _ => Err(Flaw::ValueLength(stated)),
        }
    }

    /// A total length, a string and a document, which is validated like any other.
    fn code_with_scope(&mut self) -> Result<(), Flaw> {
        let start = self.at;
        let stated = self.number()?;
        self.text()?;
        let end = self.enter(self.limit())?;
        if usize::try_from(stated).ok() != Some(end - start) {
            return Err(Flaw::ValueLength(stated));
        }
        Ok(())
    }

    /// A string up to a zero byte.
    fn name(&mut self) -> Result<(), Flaw> {
        let rest = &self.bytes[self.at..self.limit()];
        let length = rest.iter().position(|byte| *byte == 0).ok_or(Flaw::Overrun)?;
        self.check_utf8(self.at, self.at + length);
        self.at += length + 1;
        Ok(())
    }

    fn check_utf8(&mut self, begin: usize, end: usize) {
        if self.bad_text.is_none() && std::str::from_utf8(&self.bytes[begin..end]).is_err() {
            self.bad_text = Some(begin);
        }
    }

    fn length(&mut self) -> Result<usize, Flaw> {
        let stated = self.number()?;
        usize::try_from(stated).map_err(|_| Flaw::ValueLength(stated))
    }

    fn number(&mut self) -> Result<i32, Flaw> {
        let number = i32::from_le_bytes(self.peek(self.limit())?);
        self.at += 4;
        Ok(number)
    }

    fn peek(&self, limit: usize) -> Result<[u8; 4], Flaw> {
        self.bytes[self.at..limit].first_chunk().copied().ok_or(Flaw::Overrun)
    }

    fn skip(&mut self, length: usize) -> Result<(), Flaw> {
        self.take(length).map(drop)
    }

    fn take(&mut self, length: usize) -> Result<&[u8], Flaw> {
        let taken = self.bytes[self.at..self.limit()].get(..length).ok_or(Flaw::Overrun)?;
        self.at += length;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bson::{Document, RawDocument, rawdoc};
    use proptest::prelude::*;

    fn sound() -> Vec<u8> {
        let inner = rawdoc! { "b": [1, "zwei", 3.5, { "c": true }], "d": bson::DateTime::MAX };
        rawdoc! { "_id": bson::oid::ObjectId::from_bytes([7; 12]), "a": inner, "e": 7_i64, "f": "fünf" }
            .into_bytes()
    }

    #[test]
    fn a_valid_document_passes() {
        assert_eq!(document(&sound()), Ok(None));
        assert_eq!(document(&[5, 0, 0, 0, 0]), Ok(None));
        assert_eq!(document(&[5, 0, 0, 0, 1]), Err((0, Flaw::Terminator)));
        assert_eq!(document(&[6, 0, 0, 0, 0]), Err((0, Flaw::Overrun)));
        assert_eq!(document(&[]), Err((0, Flaw::Overrun)));
    }

    #[test]
    fn invalid_utf8_is_found_in_a_valid_structure() {
        let find =
            |bytes: &[u8], text: &[u8]| bytes.windows(text.len()).position(|it| it == text).expect("there");
        for (text, at) in [(&b"zwei"[..], 1), (b"_id", 0), (b"f\xC3\xBCnf", 1)] {
            let mut bytes = sound();
            let begin = find(&bytes, text);
            bytes[begin + at] = 0xFF;
            assert_eq!(document(&bytes), Ok(Some(begin)));
        }
    }

    proptest! {
        /// `bson` can parse the last value of every document that passes.
        #[test]
        fn bson_can_parse_what_passes(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
            let mut bytes = sound();
            for (place, byte) in changes {
                let at = place.index(bytes.len());
                bytes[at] = byte;
            }
            if document(&bytes) == Ok(None) {
                let raw = RawDocument::from_bytes(&bytes).expect("a document");
                prop_assert!(Document::try_from(raw).is_ok());
            }
        }

        #[test]
        fn no_input_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = document(&bytes);
        }
    }
}
