//! Documents, and parts of them, that the ledger keeps.

use super::error::ExportError;
use crate::dump::check;
use bson::RawDocumentBuf;

/// BSON that the ledger keeps; an empty document where it keeps none.
pub(super) fn bson(
    bytes: Option<Vec<u8>>,
    collection: &str,
    id: &str,
) -> Result<RawDocumentBuf, ExportError> {
    let Some(bytes) = bytes else { return Ok(RawDocumentBuf::new()) };
    let document = RawDocumentBuf::from_bytes(bytes).map_err(|error| damaged(collection, id, error))?;
    // Its elements are only looked at when it is their turn; one that is damaged must not be passed over.
    document
        .iter()
        .try_for_each(|element| element.map(drop))
        .map_err(|error| damaged(collection, id, error))?;
    Ok(document)
}

/// A whole document that the ledger keeps. Its text need not be UTF-8: for that it may have been rejected.
pub(super) fn whole(bytes: Vec<u8>, collection: &str, id: &str) -> Result<RawDocumentBuf, ExportError> {
    check::document(&bytes).map_err(|(_, flaw)| damaged(collection, id, flaw))?;
    RawDocumentBuf::from_bytes(bytes).map_err(|error| damaged(collection, id, error))
}

pub(super) fn damaged(collection: &str, id: &str, reason: impl ToString) -> ExportError {
    ExportError::Damaged { collection: collection.into(), id: id.into(), reason: reason.to_string() }
}
