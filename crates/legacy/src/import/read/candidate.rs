//! A document whose outcome is not known yet.

use crate::dump::Document;
use crate::import::duplicates::Duplicates;
use crate::import::ids::id_of;
use bson::RawDocument;

/// A document whose outcome is not known yet.
pub(super) struct Candidate<'a> {
    /// The name of its collection in the dump.
    pub(super) name: &'a str,
    pub(super) raw: &'a RawDocument,
    pub(super) digest: Vec<u8>,
    pub(super) position: u64,
    /// What occurs more than once in its collection.
    pub(super) duplicates: &'a Duplicates,
    /// Its ledger id, if another document with its id counts.
    pub(super) copy_id: Option<String>,
}

/// A document that is stored whole in the ledger and becomes no row.
pub(super) struct LedgerOnly<'a> {
    pub(super) id: String,
    /// The id alone belongs to another document, under another name of the collection.
    pub(super) is_shared: bool,
    /// The name of its collection in the dump.
    pub(super) name: &'a str,
    pub(super) raw: &'a [u8],
    pub(super) digest: Vec<u8>,
    pub(super) note: String,
    pub(super) position: u64,
    /// The collection and id of the document that it was merged into.
    pub(super) kept: Option<(String, String)>,
}

impl<'a> Candidate<'a> {
    /// A document of a collection that the dump has under a name.
    pub(super) fn new(name: &'a str, document: &'a Document, duplicates: &'a Duplicates) -> Self {
        let Document { raw, digest, position, .. } = document;
        let digest = digest.as_bytes()[..16].to_vec();
        Self { name, raw, digest, position: *position, duplicates, copy_id: None }
    }

    /// The same, to be stored in the ledger with a remark.
    pub(super) fn ledger_only(&self, note: String) -> LedgerOnly<'a> {
        let (id, is_shared) = match &self.copy_id {
            Some(copy) => (copy.clone(), false),
            None => {
                let id = id_of(self.raw, self.position);
                let is_shared = self.duplicates.is_qualified(&id, self.name);
                (id, is_shared)
            }
        };
        LedgerOnly {
            id,
            is_shared,
            name: self.name,
            raw: self.raw.as_bytes(),
            digest: self.digest.clone(),
            note,
            position: self.position,
            kept: None,
        }
    }
}
