//! Documents of a collection that occur more than once, by id or by unique key.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

/// What occurs more than once in a collection, under all of its names.
#[derive(Default)]
pub(super) struct Duplicates {
    /// Unique keys.
    keys: Repeats,
    /// Ids under several names of the collection.
    ids: Repeats,
    /// Ids that occur twice under one name.
    copies: Repeats,
    /// The number of names of the collection so far.
    names: Vec<String>,
    /// Under the current name, the number of invalid documents per id, while no valid one has come.
    refused: HashMap<u64, u32>,
    /// Of several documents with one name and id, the number of the one that counts, if it is not the first.
    chosen: HashMap<(String, String), u32>,
    /// With several names, the first name of each id, or `None` if one of its documents is valid.
    homes: HashMap<u64, Option<usize>>,
    has_several_names: bool,
}

impl Duplicates {
    /// For a collection with one or several names.
    pub(super) fn of(has_several_names: bool) -> Self {
        Self { has_several_names, ..Self::default() }
    }

    /// Starts the documents of the next name of the collection.
    pub(super) fn begin_name(&mut self, name: &str) {
        self.copies.forget_singles();
        self.refused = HashMap::new();
        self.names.push(name.to_owned());
    }

    /// Records an id; returns whether its document may be the one that counts: whether none before it under
    /// the same name is valid.
    pub(super) fn note_id(&mut self, id: &str) -> bool {
        if self.copies.note(id) {
            return self.refused.contains_key(&self.copies.hash(id));
        }
        self.ids.note(id);
        true
    }

    /// Records whether a document that may be the one that counts is valid.
    pub(super) fn note_outcome(&mut self, id: &str, can_be_taken: bool) {
        let hash = self.copies.hash(id);
        if !can_be_taken {
            *self.refused.entry(hash).or_default() += 1;
        } else if let (Some(before), Some(name)) = (self.refused.remove(&hash), self.names.last()) {
            self.chosen.insert((name.clone(), id.to_owned()), before + 1);
        }
        if self.has_several_names {
            let name = self.names.len().saturating_sub(1);
            let home = self.homes.entry(hash).or_insert(Some(name));
            *home = home.filter(|_| !can_be_taken);
        }
    }

    /// Records the unique key of a document.
    pub(super) fn note_merge_key(&mut self, key: &str) {
        self.keys.note(key);
    }

    /// Whether several documents have this unique key.
    pub(super) fn has_merge_key(&self, key: &str) -> bool {
        self.keys.has(key)
    }

    /// Whether this id occurs under several names of the collection.
    pub(super) fn has_id(&self, id: &str) -> bool {
        self.ids.has(id)
    }

    /// Whether a ledger-only document is identified by its id and collection name, because the id alone
    /// belongs to another one.
    pub(super) fn is_qualified(&self, id: &str, name: &str) -> bool {
        let home = || self.homes.get(&self.copies.hash(id)).copied().flatten();
        self.has_id(id) && home().is_none_or(|home| self.names.get(home).is_none_or(|first| first != name))
    }

    /// Whether this id occurs twice under one name.
    pub(super) fn has_copies(&self, id: &str) -> bool {
        self.copies.has(id)
    }

    /// Which of several documents with one name and id counts: the first valid one, or the first if none is
    /// valid.
    pub(super) fn chosen(&self, name: &str, id: &str) -> u32 {
        if self.chosen.is_empty() {
            return 1;
        }
        self.chosen.get(&(name.to_owned(), id.to_owned())).copied().unwrap_or(1)
    }

    /// Drops everything that occurred only once.
    pub(super) fn finish(&mut self) {
        self.refused = HashMap::new();
        [&mut self.keys, &mut self.ids, &mut self.copies].into_iter().for_each(Repeats::forget_singles);
    }
}

/// Values that were added more than once, in 8 bytes each. A hash collision only costs a closer look.
#[derive(Default)]
struct Repeats {
    state: RandomState,
    seen: HashSet<u64>,
    again: HashSet<u64>,
}

impl Repeats {
    fn hash(&self, what: &str) -> u64 {
        self.state.hash_one(what)
    }

    fn note(&mut self, what: &str) -> bool {
        let hash = self.hash(what);
        let is_again = !self.seen.insert(hash);
        if is_again {
            self.again.insert(hash);
        }
        is_again
    }

    fn has(&self, what: &str) -> bool {
        !self.again.is_empty() && self.again.contains(&self.hash(what))
    }

    fn forget_singles(&mut self) {
        self.seen = HashSet::new();
    }
}
