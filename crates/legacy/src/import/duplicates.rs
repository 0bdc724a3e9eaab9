//! Documents of a collection that occur more than once, by id or by what they say something of.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

/// What occurs more than once in a collection, under all of its names.
#[derive(Default)]
pub(super) struct Duplicates {
    /// What documents say something of.
    keys: Repeats,
    /// Ids under several names of the collection.
    ids: Repeats,
    /// Ids of documents that are there twice under one name.
    copies: Repeats,
    /// The names of the collection so far.
    names: Vec<String>,
    /// Under the name at hand: how many documents of an id came that cannot be taken, as long as none came that can.
    refused: HashMap<u64, u32>,
    /// Of several documents with one name and id, the number of the one that counts, where that is not the first.
    chosen: HashMap<(String, String), u32>,
    /// Where there are several names: for each id the first of them under which it is, or none if a document of it can be taken.
    homes: HashMap<u64, Option<usize>>,
    has_several_names: bool,
}

impl Duplicates {
    /// Of a collection that has one name or several.
    pub(super) fn of(has_several_names: bool) -> Self {
        Self { has_several_names, ..Self::default() }
    }

    /// Begins with the documents of the next name of the collection.
    pub(super) fn begin_name(&mut self, name: &str) {
        self.copies.forget_singles();
        self.refused = HashMap::new();
        self.names.push(name.to_owned());
    }

    /// Notes an id, and says whether its document may be the one that counts: whether none before it under the same name can be
    /// taken.
    pub(super) fn note_id(&mut self, id: &str) -> bool {
        if self.copies.note(id) {
            return self.refused.contains_key(&self.copies.hash(id));
        }
        self.ids.note(id);
        true
    }

    /// Notes whether a document can be taken that may be the one that counts.
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

    /// Notes what a document says something of.
    pub(super) fn note_merge_key(&mut self, key: &str) {
        self.keys.note(key);
    }

    /// Whether documents say something of it more than once.
    pub(super) fn has_merge_key(&self, key: &str) -> bool {
        self.keys.has(key)
    }

    /// Whether documents of this id are there under several names of the collection.
    pub(super) fn has_id(&self, id: &str) -> bool {
        self.ids.has(id)
    }

    /// Whether a document that is set aside goes by its id and the name of its collection: whether the id alone is that of
    /// another.
    pub(super) fn is_qualified(&self, id: &str, name: &str) -> bool {
        let home = || self.homes.get(&self.copies.hash(id)).copied().flatten();
        self.has_id(id) && home().is_none_or(|home| self.names.get(home).is_none_or(|first| first != name))
    }

    /// Whether a document of this id is there twice under one name.
    pub(super) fn has_copies(&self, id: &str) -> bool {
        self.copies.has(id)
    }

    /// Which of several documents with one name and id counts: the first that can be taken, or the first if none can.
    pub(super) fn chosen(&self, name: &str, id: &str) -> u32 {
        if self.chosen.is_empty() {
            return 1;
        }
        self.chosen.get(&(name.to_owned(), id.to_owned())).copied().unwrap_or(1)
    }

    /// Forgets what occurred once.
    pub(super) fn finish(&mut self) {
        self.refused = HashMap::new();
        [&mut self.keys, &mut self.ids, &mut self.copies].into_iter().for_each(Repeats::forget_singles);
    }
}

/// What was noted more than once, in 8 bytes for each that is noted: two may share them, which costs nothing but a closer look.
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
