//! Documents of one collection name that share their id: the first valid one counts, or the first if none is
//! valid.

use super::candidate::Candidate;
use crate::import::ids::copy_id;
use std::collections::HashMap;

/// The position of a document among those that share its id.
pub(super) enum Place {
    /// It is the one that counts.
    Counts,
    /// It comes before that one, and has this ledger id.
    Before(String),
    /// It comes after that one, and has this ledger id.
    After {
        id: String,
        /// It is identical.
        is_same: bool,
    },
}

/// The documents so far of a collection that occur more than once, by name and id.
#[derive(Default)]
pub(super) struct Copies(HashMap<(String, String), Seen>);

#[derive(Default)]
struct Seen {
    /// How many have come so far.
    number: u32,
    /// The digest of the one that counts, once it has come.
    counts: Option<Vec<u8>>,
}

impl Copies {
    /// Clears the previous collection.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Records the next document of an id.
    pub(super) fn note(&mut self, id: &str, candidate: &Candidate<'_>) -> Place {
        let seen = self.0.entry((candidate.name.to_owned(), id.to_owned())).or_default();
        seen.number += 1;
        if seen.number == candidate.duplicates.chosen(candidate.name, id) {
            seen.counts = Some(candidate.digest.clone());
            return Place::Counts;
        }
        let id = copy_id(id, candidate.name, seen.number);
        match &seen.counts {
            None => Place::Before(id),
            Some(counts) => Place::After { id, is_same: *counts == candidate.digest },
        }
    }
}
