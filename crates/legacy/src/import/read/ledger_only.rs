//! Documents that become no rows and are stored whole in the ledger.

use super::candidate::{Candidate, LedgerOnly};
use super::reader::Reader;
use crate::import::ids::qualified_id;
use crate::import::step::Resolution;
use crate::mapping::Rejection;
use meeshy_store::legacy::{Entry, Outcome};

impl Reader<'_> {
    /// Stores a rejected document.
    pub(super) fn reject(&mut self, candidate: &Candidate<'_>, rejection: &Rejection) {
        self.keep(Outcome::Rejected, candidate.ledger_only(rejection.to_string()));
    }

    /// Stores a document whole, unless the import is anonymised.
    pub(super) fn keep(&mut self, outcome: Outcome, document: LedgerOnly<'_>) {
        let LedgerOnly { mut id, is_shared, name, raw, digest, note, position, kept } = document;
        if is_shared {
            id = qualified_id(&id, name);
            self.findings.qualified_ids.insert(id.clone());
        }
        if outcome == Outcome::Rejected {
            self.note_rejected(&id);
        }
        let entry = Entry {
            id,
            digest,
            outcome,
            note: Some(note),
            rest: (!self.input.options.anonymise).then(|| raw.to_vec()),
            row_digest: None,
            layout: self.output.whole_layout(name),
            instead: None,
            kept,
            column_digests: None,
        };
        self.output.push(Resolution { entry, position, row: None, raw: None, replaces: false });
    }
}
