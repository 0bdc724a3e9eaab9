//! Checks that come before a document is mapped.

use super::candidate::{Candidate, LedgerOnly};
use super::copies::Place;
use super::reader::Reader;
use crate::import::ids::{has_id, id_of, qualified_id};
use meeshy_store::legacy::Outcome;

impl Reader<'_> {
    /// Whether a document can be mapped: it has an id, its text is valid, and no document with its id was
    /// accepted. If not, its outcome is decided here.
    pub(super) fn admit(
        &mut self,
        collection: &str,
        candidate: &mut Candidate<'_>,
        bad_text: Option<usize>,
    ) -> bool {
        if !has_id(candidate.raw) {
            self.keep(Outcome::Rejected, candidate.ledger_only("has no `_id`".into()));
            return false;
        }
        let id = id_of(candidate.raw, candidate.position);
        if candidate.duplicates.has_copies(&id) && self.is_copy(collection, &id, candidate) {
            return false;
        }
        if let Some(at) = bad_text {
            let note = format!("contains text that is not UTF-8, at byte {at}");
            self.keep(Outcome::Rejected, candidate.ledger_only(note));
            return false;
        }
        true
    }

    /// A copy of the document that counts is merged if it is identical, and otherwise rejected. One that
    /// comes before it is mapped, and rejected for its own reason.
    fn is_copy(&mut self, collection: &str, id: &str, candidate: &mut Candidate<'_>) -> bool {
        let (copy_id, is_same) = match self.copies.note(id, candidate) {
            Place::Counts => return false,
            Place::Before(copy_id) => {
                self.findings.qualified_ids.insert(copy_id.clone());
                candidate.copy_id = Some(copy_id);
                return false;
            }
            Place::After { id, is_same } => (id, is_same),
        };
        self.findings.qualified_ids.insert(copy_id.clone());
        let (outcome, note) = match is_same {
            true => (Outcome::Merged, format!("a duplicate of {collection} {id} earlier in the dump")),
            false => (Outcome::Rejected, "a document with this id came earlier in the dump".to_owned()),
        };
        let is_qualified = candidate.duplicates.is_qualified(id, candidate.name);
        let first = if is_qualified { qualified_id(id, candidate.name) } else { id.to_owned() };
        let kept = is_same.then(|| (collection.to_owned(), first));
        let document = LedgerOnly { id: copy_id, is_shared: false, kept, ..candidate.ledger_only(note) };
        self.keep(outcome, document);
        true
    }
}
