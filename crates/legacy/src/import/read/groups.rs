//! Documents with the same unique key, deferred until all of them are there, and then merged.

use crate::mapping::Draft;
use meeshy_store::Value;
use std::collections::BTreeMap;

/// A document that waits for others of its group.
pub(super) struct Deferred<'m> {
    /// The model and the name of the collection in the dump.
    pub(super) collection: &'static str,
    pub(super) name: String,
    pub(super) draft: Draft<'m>,
    pub(super) raw: Vec<u8>,
    pub(super) digest: Vec<u8>,
    pub(super) position: u64,
}

/// The unique key of a document, if another one may have the same.
pub(super) fn merge_key_of(draft: &Draft<'_>) -> Option<String> {
    let mapping = draft.mapper.mapping;
    if mapping.merge_key.is_empty() || !(mapping.has_merge_key)(draft) {
        return None;
    }
    let mut key = String::from(mapping.table);
    for column in mapping.merge_key {
        key.push('\u{1f}');
        match draft.get(column) {
            Value::Text(text) => key.push_str(text),
            Value::Int(number) => key.push_str(&number.to_string()),
            _ => {}
        }
    }
    Some(key)
}

/// A document that others were merged into.
pub(super) struct Group<'m> {
    pub(super) kept: Deferred<'m>,
    pub(super) merged: Vec<Deferred<'m>>,
}

/// Merges documents of one id, then those of one key, group by group.
pub(super) fn merge(deferred: Vec<Deferred<'_>>) -> impl Iterator<Item = Group<'_>> {
    let mut by_id: BTreeMap<(&'static str, String), Vec<Deferred<'_>>> = BTreeMap::new();
    for document in deferred {
        by_id.entry((document.collection, document.draft.id.clone())).or_default().push(document);
    }
    let mut by_key: BTreeMap<String, Vec<Group<'_>>> = BTreeMap::new();
    for ((collection, id), mut same) in by_id {
        // One id under two names of a collection: the one changed last is the current one.
        same.sort_by_key(|document| document.draft.int("updated_at"));
        let Some(kept) = same.pop() else { continue };
        let key = merge_key_of(&kept.draft).unwrap_or_else(|| format!("{collection} {id}"));
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

/// The time of a document's values.
fn since(draft: &Draft<'_>) -> Option<i64> {
    draft.int("joined_at").or(draft.int("created_at"))
}
