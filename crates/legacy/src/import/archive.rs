//! Looks up documents in the ledger.

use super::error::ImportError;
use crate::mapping::value;
use bson::{Document, RawBsonRef, RawDocument, RawDocumentBuf, Utf8Lossy};
use meeshy_store::legacy::{self, Entry};
use meeshy_store::{Ending, Exclusive};
use serde::Serialize;
use serde_json::Value as Json;

/// The outcome of a document.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Found {
    /// Its model.
    pub collection: String,
    /// Its `_id`.
    pub id: String,
    /// The outcome: `inserted`, `merged`, `archived` or `rejected`.
    pub outcome: &'static str,
    /// The reason, or a remark.
    pub note: Option<String>,
    /// The fields that are in no row: the whole document, unless it was inserted.
    pub rest: Option<Json>,
}

/// The outcome of a document, if it was ever in an import.
///
/// # Errors
/// When the database cannot be read.
pub fn find(database: &mut Exclusive, collection: &str, id: &str) -> Result<Option<Found>, ImportError> {
    let collection = crate::mapping::source_of(collection).map_or(collection, |source| source.collection);
    let entry =
        database.transaction::<_, ImportError>(|tx| Ok((legacy::find(tx, collection, id)?, Ending::Undo)))?;
    Ok(entry.map(|Entry { id, outcome, note, rest, .. }| Found {
        collection: collection.to_owned(),
        id,
        outcome: outcome.name(),
        note,
        rest: rest.and_then(|bytes| to_json(&bytes)),
    }))
}

fn to_json(bytes: &[u8]) -> Option<Json> {
    let document = RawDocument::from_bytes(bytes).ok()?;
    value::to_json(RawBsonRef::Document(document), &mut true).or_else(|| {
        // Text that is not UTF-8.
        let Utf8Lossy(document) = Utf8Lossy::<Document>::try_from(document).ok()?;
        let document = RawDocumentBuf::try_from(&document).ok()?;
        value::to_json(RawBsonRef::Document(&document), &mut true)
    })
}
