//! The ledger ids of documents, also of those that share their id with another.

use crate::mapping::MAX_ID_LENGTH;
use crate::mapping::value::as_id;
use bson::{Bson, RawBsonRef, RawDocument};
use sha2::{Digest, Sha256};

/// The length that is kept of a long id before its digest.
const KEPT: usize = 100;

/// The ledger id of a document: its id, or its position if it has none.
pub(super) fn id_of(raw: &RawDocument, position: u64) -> String {
    let Ok(Some(value)) = raw.get("_id") else { return format!("#{position}") };
    if let Some(id) = as_id(value) {
        return id.to_hex();
    }
    match value {
        RawBsonRef::String(text) => shortened(text.replace('\0', "\u{fffd}")),
        // MongoDB considers equal numbers the same id, whatever their types.
        RawBsonRef::Int32(number) => format!("={number}"),
        RawBsonRef::Int64(number) => format!("={number}"),
        RawBsonRef::Double(number) => format!("={number}"),
        other => match Bson::try_from(other) {
            Ok(value) => shortened(format!("={value}").replace('\0', "\u{fffd}")),
            Err(_) => format!("#{position}"),
        },
    }
}

/// Whether a document has an id.
pub(super) fn has_id(raw: &RawDocument) -> bool {
    !matches!(raw.get("_id"), Ok(None))
}

/// The limit of an index of PostgreSQL.
fn shortened(id: String) -> String {
    if id.len() <= MAX_ID_LENGTH {
        return id;
    }
    let kept = id.floor_char_boundary(KEPT);
    format!("{}…{}", &id[..kept], hex::encode(&Sha256::digest(&id)[..16]))
}

/// The ledger id of a document without a row that shares its id with one under another name of the
/// collection.
pub(super) fn qualified_id(id: &str, name: &str) -> String {
    format!("{id}@{name}")
}

/// The ledger id of a copy of a document that came earlier under the same name of the collection; the second
/// one has number 2.
pub(super) fn copy_id(id: &str, name: &str, number: u32) -> String {
    format!("{id}@{name}#{number}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use bson::oid::ObjectId;
    use bson::{RawDocumentBuf, rawdoc};

    fn id(raw: RawDocumentBuf) -> String {
        id_of(&raw, 7)
    }

    #[test]
    fn an_id_is_called_the_same_however_it_is_written() {
        let hex = "68f0aa0000000000000000ff";
        assert_eq!(id(rawdoc! { "_id": ObjectId::parse_str(hex).expect("an id") }), hex);
        assert_eq!(id(rawdoc! { "_id": hex.to_uppercase() }), hex);
        assert_eq!(id(rawdoc! { "_id": "key-1" }), "key-1");
        for one in [rawdoc! { "_id": 1 }, rawdoc! { "_id": 1_i64 }, rawdoc! { "_id": 1.0 }] {
            assert_eq!(id(one), "=1");
        }
        assert_eq!(id(rawdoc! { "_id": { "a": "b" } }), r#"={ "a": "b" }"#);
        assert_eq!(id(rawdoc! { "a": 1 }), "#7");
        assert!(has_id(&rawdoc! { "_id": bson::RawBson::Null }) && !has_id(&rawdoc! { "a": 1 }));
    }

    #[test]
    fn a_long_id_is_shortened_and_stays_its_own() {
        let long = |last: &str| id(rawdoc! { "_id": "é".repeat(2_000) + last });
        assert!(long("a").len() <= MAX_ID_LENGTH);
        assert_ne!(long("a"), long("b"));
        assert_eq!(id(rawdoc! { "_id": "a\0b" }), "a\u{fffd}b");
    }
}
