//! Documents and parts of documents stored in the ledger.

use super::error::ExportError;
use crate::dump::check;
use bson::RawDocumentBuf;

/// BSON stored in the ledger; an empty document if there is none.
pub(super) fn bson(
    bytes: Option<Vec<u8>>,
    collection: &str,
    id: &str,
) -> Result<RawDocumentBuf, ExportError> {
    let Some(bytes) = bytes else { return Ok(RawDocumentBuf::new()) };
    let document = RawDocumentBuf::from_bytes(bytes).map_err(|error| damaged(collection, id, error))?;
    // Elements are parsed lazily; a damaged one must not be skipped.
    document
        .iter()
        .try_for_each(|element| element.map(drop))
        .map_err(|error| damaged(collection, id, error))?;
    Ok(document)
}

/// A whole document stored in the ledger. Its text need not be UTF-8, which may be why it was rejected.
pub(super) fn whole(bytes: Vec<u8>, collection: &str, id: &str) -> Result<RawDocumentBuf, ExportError> {
    check::document(&bytes).map_err(|(_, flaw)| damaged(collection, id, flaw))?;
    RawDocumentBuf::from_bytes(bytes).map_err(|error| damaged(collection, id, error))
}

pub(super) fn damaged(collection: &str, id: &str, reason: impl ToString) -> ExportError {
    ExportError::Damaged { collection: collection.into(), id: id.into(), reason: reason.to_string() }
}
