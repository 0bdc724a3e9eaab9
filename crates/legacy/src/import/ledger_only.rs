//! Documents that become no rows, kept whole.

use super::batch::Settled;
use super::ids::{apart, id_of};
use super::reading::{Passing, Reading};
use crate::mapping::Rejection;
use meeshy_store::legacy::{Entry, Outcome};

/// A document that is kept whole.
pub(super) struct LedgerOnly<'a> {
    pub(super) id: String,
    /// The id alone is that of another document, under another name of the collection.
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

impl Passing<'_> {
    pub(super) fn aside(&self, note: String) -> LedgerOnly<'_> {
        let (id, is_shared) = match &self.copy {
            Some(copy) => (copy.clone(), false),
            None => {
                let id = id_of(self.raw, self.position);
                let is_shared = self.repeated.is_apart(&id, self.name);
                (id, is_shared)
            }
        };
        let digest = self.digest.clone();
        LedgerOnly {
            id,
            is_shared,
            name: self.name,
            raw: self.raw.as_bytes(),
            digest,
            note,
            position: self.position,
            kept: None,
        }
    }
}

impl Reading<'_> {
    pub(super) fn reject(&mut self, passing: &Passing<'_>, rejection: &Rejection) {
        self.ledger_only(Outcome::Rejected, passing.aside(rejection.to_string()));
    }

    /// Keeps a document whole, unless people are to be made up.
    pub(super) fn ledger_only(&mut self, outcome: Outcome, aside: LedgerOnly<'_>) {
        let LedgerOnly { id, is_shared, name, raw, digest, note, position, kept } = aside;
        let id = if is_shared {
            let id = apart(&id, name);
            self.apart.insert(id.clone());
            id
        } else {
            id
        };
        if outcome == Outcome::Rejected {
            self.note_rejected(&id);
        }
        let rest = (!self.given.options.anonymise).then(|| raw.to_vec());
        let layout = self.layouts.whole(name);
        let entry = Entry {
            id,
            digest,
            outcome,
            note: Some(note),
            rest,
            row_digest: None,
            layout,
            instead: None,
            kept,
            column_digests: None,
        };
        self.pending.push(Settled { entry, position, row: None, raw: None, replaces: false });
    }
}
