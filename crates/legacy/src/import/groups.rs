//! Documents that say the same of the same thing, kept back until all of them are there.

use crate::mapping::Draft;
use meeshy_store::Value;
use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, RandomState};

/// A document that is kept back.
pub(super) struct Held<'m> {
    /// The model and the name of the collection in the dump.
    pub(super) collection: &'static str,
    pub(super) name: String,
    pub(super) draft: Draft<'m>,
    pub(super) raw: Vec<u8>,
    pub(super) digest: Vec<u8>,
    pub(super) position: u64,
}

/// What occurs more than once in a collection, under all of its names.
#[derive(Default)]
pub(super) struct Repeated {
    /// What documents say something of.
    keys: Twice,
    /// Ids under several names of the collection.
    ids: Twice,
    /// Ids of documents that are there twice under one name.
    copies: Twice,
}

impl Repeated {
    /// Begins with the documents of the next name of the collection.
    pub(super) fn begin_name(&mut self) {
        self.copies.forget_singles();
    }

    /// Notes an id, and says whether it was there before under the same name.
    pub(super) fn note_id(&mut self, id: &str) -> bool {
        let is_copy = self.copies.note(id);
        if !is_copy {
            self.ids.note(id);
        }
        is_copy
    }

    pub(super) fn note_key(&mut self, key: &str) {
        self.keys.note(key);
    }

    /// Whether documents say something of it more than once.
    pub(super) fn has_key(&self, key: &str) -> bool {
        self.keys.has(key)
    }

    /// Whether documents of this id are there under several names of the collection.
    pub(super) fn has_id(&self, id: &str) -> bool {
        self.ids.has(id)
    }

    /// Whether a document of this id is there twice under one name.
    pub(super) fn has_copies(&self, id: &str) -> bool {
        self.copies.has(id)
    }

    /// Forgets what occurred once.
    pub(super) fn done(&mut self) {
        [&mut self.keys, &mut self.ids, &mut self.copies].into_iter().for_each(Twice::forget_singles);
    }
}

/// What was noted more than once, in 8 bytes for each that is noted: two may share them, which costs nothing but a closer look.
#[derive(Default)]
struct Twice {
    state: RandomState,
    seen: HashSet<u64>,
    again: HashSet<u64>,
}

impl Twice {
    fn note(&mut self, what: &str) -> bool {
        let hash = self.state.hash_one(what);
        let is_again = !self.seen.insert(hash);
        if is_again {
            self.again.insert(hash);
        }
        is_again
    }

    fn has(&self, what: &str) -> bool {
        !self.again.is_empty() && self.again.contains(&self.state.hash_one(what))
    }

    fn forget_singles(&mut self) {
        self.seen = HashSet::new();
    }
}

/// What a document says something of, if another may say the same.
pub(super) fn key_of(draft: &Draft<'_>) -> Option<String> {
    let mapping = draft.mapper.mapping;
    if mapping.unique.is_empty() || !(mapping.is_unique)(draft) {
        return None;
    }
    let mut key = String::from(mapping.table);
    for column in mapping.unique {
        key.push('\u{1f}');
        match draft.get(column) {
            Value::Text(text) => key.push_str(text),
            Value::Int(number) => key.push_str(&number.to_string()),
            _ => {}
        }
    }
    Some(key)
}

/// One document that others were merged into.
pub(super) struct Group<'m> {
    pub(super) kept: Held<'m>,
    pub(super) merged: Vec<Held<'m>>,
}

/// Merges documents of one id, then those of one key, one group after the other.
pub(super) fn merge(held: Vec<Held<'_>>) -> impl Iterator<Item = Group<'_>> {
    let mut by_id: BTreeMap<(&'static str, String), Vec<Held<'_>>> = BTreeMap::new();
    for held in held {
        by_id.entry((held.collection, held.draft.id.clone())).or_default().push(held);
    }
    let mut by_key: BTreeMap<String, Vec<Group<'_>>> = BTreeMap::new();
    for ((collection, id), mut same) in by_id {
        // One id under two names of a collection: what was changed last is what it is now.
        same.sort_by_key(|held| held.draft.int("updated_at"));
        let Some(kept) = same.pop() else { continue };
        let key = key_of(&kept.draft).unwrap_or_else(|| format!("{collection} {id}"));
        by_key.entry(key).or_default().push(Group { kept, merged: same });
    }
    by_key.into_values().filter_map(merge_key)
}

fn merge_key(mut groups: Vec<Group<'_>>) -> Option<Group<'_>> {
    groups.sort_by_key(|group| (since(&group.kept.draft), group.kept.draft.id.clone()));
    let mut groups = groups.into_iter();
    let Group { mut kept, mut merged } = groups.next()?;
    for Group { kept: mut other, merged: others } in groups {
        let merge = kept.draft.mapper.mapping.merge;
        let mut draft = kept.draft.clone();
        merge(&mut draft, &other.draft);
        if draft.id != kept.draft.id {
            std::mem::swap(&mut kept, &mut other);
        }
        kept.draft = draft;
        merged.push(other);
        merged.extend(others);
    }
    Some(Group { kept, merged })
}

/// Since when a document says what it says.
fn since(draft: &Draft<'_>) -> Option<i64> {
    draft.int("joined_at").or(draft.int("created_at"))
}
