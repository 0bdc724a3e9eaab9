//! Properties of all documents of a collection, collected during the first read.

/// An `_id` that is an ObjectId and the first field, as MongoDB writes it: type and name, before the twelve
/// bytes.
const OBJECT_ID: &[u8] = b"\x07_id\0";
/// Its position: after the length of the document.
const FIRST_FIELD: usize = 4;

/// Properties of all documents of a collection.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Nature {
    /// The last ObjectId, as long as they are strictly increasing.
    last: [u8; 12],
    is_out_of_order: bool,
    has_bad_text: bool,
}

impl Nature {
    pub(super) fn note(&mut self, document: &[u8], bad_text: Option<usize>) {
        self.has_bad_text |= bad_text.is_some();
        let field = document.get(FIRST_FIELD..).and_then(|rest| rest.strip_prefix(OBJECT_ID));
        match field.and_then(|rest| rest.first_chunk()) {
            Some(id) if *id > self.last => self.last = *id,
            _ => self.is_out_of_order = true,
        }
    }

    /// Whether the `_id`s are strictly increasing ObjectIds, so that there are no duplicates.
    pub(super) fn is_in_order(&self) -> bool {
        !self.is_out_of_order
    }

    /// Whether a document contains a string that is not UTF-8.
    pub(super) fn has_bad_text(&self) -> bool {
        self.has_bad_text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bson::oid::ObjectId;
    use bson::{RawDocumentBuf, rawdoc};

    fn is_in_order(documents: &[RawDocumentBuf]) -> bool {
        let mut nature = Nature::default();
        documents.iter().for_each(|document| nature.note(document.as_bytes(), None));
        nature.is_in_order()
    }

    #[test]
    fn only_increasing_object_ids_are_in_order() {
        let id = |byte| rawdoc! { "_id": ObjectId::from_bytes([byte; 12]), "a": 1 };
        assert!(is_in_order(&[id(1), id(2), id(200)]));
        assert!(!is_in_order(&[id(1), id(1)]));
        assert!(!is_in_order(&[id(2), id(1)]));
        assert!(!is_in_order(&[id(1), rawdoc! { "a": 1 }]));
        assert!(!is_in_order(&[rawdoc! { "a": 1, "_id": ObjectId::from_bytes([1; 12]) }]));
        assert!(!is_in_order(&[rawdoc! { "_id": "text" }]));
        assert!(!is_in_order(&[rawdoc! {}]));
    }
}
