//! Documents of one name of a collection that share their id: the first that can be taken counts, or the first if none can.

use super::candidate::Candidate;
use crate::import::ids::copy_id;
use std::collections::HashMap;

/// Where a document stands among those that share its id.
pub(super) enum Place {
    /// It is the one that counts.
    Counts,
    /// It comes before that one, and goes by this id.
    Before(String),
    /// It comes after that one, and goes by this id.
    After {
        id: String,
        /// It is the same to the bit.
        is_same: bool,
    },
}

/// The documents so far of a collection that are there more than once, by name and id.
#[derive(Default)]
pub(super) struct Copies(HashMap<(String, String), Seen>);

#[derive(Default)]
struct Seen {
    /// How many came so far.
    number: u32,
    /// The digest of the one that counts, once it came.
    counts: Option<Vec<u8>>,
}

impl Copies {
    /// Forgets the collection before.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Notes the next document of an id.
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
