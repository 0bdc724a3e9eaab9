//! Documents that become no rows, kept whole.

use super::batch::Settled;
use super::reading::{Passing, Reading, id_of};
use crate::mapping::Rejection;
use meeshy_store::legacy::{Entry, Outcome};

/// A document that is kept whole.
pub(super) struct Aside<'a> {
    pub(super) id: String,
    /// The name of its collection in the dump.
    pub(super) name: &'a str,
    pub(super) raw: &'a [u8],
    pub(super) digest: Vec<u8>,
    pub(super) note: String,
    /// The collection and id of the document that it was merged into.
    pub(super) kept: Option<(String, String)>,
}

impl Passing<'_> {
    pub(super) fn aside(&self, note: String) -> Aside<'_> {
        let id = id_of(self.raw).unwrap_or_else(|| format!("#{}", self.position));
        let digest = self.digest.clone();
        Aside { id, name: self.name, raw: self.raw.as_bytes(), digest, note, kept: None }
    }
}

impl Reading<'_> {
    pub(super) fn reject(&mut self, passing: &Passing<'_>, rejection: &Rejection) {
        self.put_aside(Outcome::Rejected, passing.aside(rejection.to_string()));
    }

    /// Keeps a document whole, unless people are to be made up.
    pub(super) fn put_aside(&mut self, outcome: Outcome, aside: Aside<'_>) {
        let Aside { id, name, raw, digest, note, kept } = aside;
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
        };
        self.pending.push(Settled { entry, row: None, raw: None, replaces: false });
    }
}
