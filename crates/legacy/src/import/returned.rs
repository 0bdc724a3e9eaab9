//! What exports wrote and comes back with a dump.
//!
//! An export leaves in the ledger what it wrote. Whether the old system ever loaded it, the dump tells: it has a document that
//! only this export can have brought. Before that is known, nothing is taken for changed or gone because of it.

use super::batch::{BATCH, REFERRED_TO};
use super::change::{find, is_as_it_was};
use super::error::ImportError;
use super::ids::id_of;
use super::report::Conflict;
use super::writing::Writing;
use crate::dump::{Document, Dump};
use crate::export::filled;
use crate::mapping::source_of;
use meeshy_store::legacy::exported::{self, Exported};
use meeshy_store::{Tx, Value, legacy};
use std::collections::{HashMap, HashSet};

/// The exports that a dump descends from.
pub(super) struct Returned {
    /// The newest of them.
    up_to: i64,
    /// The collections of which the dump has a document that only an export can have brought.
    evident: HashSet<String>,
}

impl Returned {
    /// Finds the newest export that a dump descends from.
    pub(super) fn find(tx: &mut Tx<'_>, dump: &Dump) -> Result<Option<Self>, ImportError> {
        let mut returned = Self { up_to: 0, evident: HashSet::new() };
        for collection in exported::collections(tx)? {
            let other_names = source_of(&collection).map_or(&[][..], |source| source.other_names);
            let names = std::iter::once(collection.as_str()).chain(other_names.iter().copied());
            for dumped in names.filter_map(|name| dump.collection(name)) {
                let mut batch = Vec::with_capacity(BATCH);
                for document in dumped.read()? {
                    let Document { raw, position, digest, .. } = document?;
                    batch.push((id_of(&raw, position), digest.as_bytes()[..16].to_vec()));
                    if batch.len() == BATCH {
                        returned.look(tx, &collection, &std::mem::take(&mut batch))?;
                    }
                }
                returned.look(tx, &collection, &batch)?;
            }
        }
        Ok((returned.up_to > 0).then_some(returned))
    }

    fn look(
        &mut self,
        tx: &mut Tx<'_>,
        collection: &str,
        batch: &[(String, Vec<u8>)],
    ) -> Result<(), ImportError> {
        let ids: Vec<&str> = batch.iter().map(|(id, _)| id.as_str()).collect();
        let versions = exported::find_all(tx, collection, &ids, i64::MAX)?;
        if versions.is_empty() {
            return Ok(());
        }
        let known: HashMap<String, Vec<u8>> = legacy::find_all(tx, collection, &ids)?
            .into_iter()
            .map(|entry| (entry.id, entry.digest))
            .collect();
        for (id, digest) in batch {
            let imported = known.get(id);
            if imported == Some(digest) {
                continue;
            }
            let mut of_it = versions.iter().filter(|version| version.id == *id);
            let first = of_it.clone().next();
            let same = of_it.find(|version| version.digest == *digest);
            if let Some(found) = same.or(first.filter(|_| imported.is_none())) {
                self.up_to = self.up_to.max(found.export);
                self.evident.insert(collection.to_owned());
            }
        }
        Ok(())
    }

    /// What the newest of these exports wrote of some documents.
    pub(super) fn of(
        &self,
        tx: &mut Tx<'_>,
        collection: &str,
        ids: &[&str],
    ) -> Result<HashMap<String, Exported>, ImportError> {
        let versions = exported::find_all(tx, collection, ids, self.up_to)?;
        Ok(versions.into_iter().map(|version| (version.id.clone(), version)).collect())
    }
}

impl Writing<'_, '_, '_> {
    /// Removes the rows that exports brought to the old system and that are gone there since, where another one of the same
    /// collection shows that they were there; then forgets those exports, for what came back is in the ledger of imports now.
    pub(super) fn remove_what_is_gone(&mut self, returned: &Returned) -> Result<(), ImportError> {
        for collection in exported::collections(self.tx)? {
            let is_evident = returned.evident.contains(&collection);
            for gone in exported::missing(self.tx, &collection, returned.up_to)? {
                if let Err(what) = self.remove_gone(&collection, &gone, is_evident)? {
                    let (collection, id) = (collection.clone(), gone.id);
                    self.conflict(Conflict { collection, id, column: None, what: what.into() })?;
                }
            }
        }
        exported::forget(self.tx, returned.up_to)?;
        Ok(())
    }

    fn remove_gone(
        &mut self,
        collection: &str,
        gone: &Exported,
        is_evident: bool,
    ) -> Result<Result<(), &'static str>, ImportError> {
        let key: Vec<Value> = serde_json::from_str::<Vec<String>>(&gone.row_key)
            .map_err(|error| ImportError::DoesNotAddUp(error.to_string()))?
            .into_iter()
            .map(Value::from)
            .collect();
        let mappings = source_of(collection).map_or(&[][..], |source| source.shape.mappings());
        let given = self.given;
        let found = given.mappers.of_mappings(mappings).try_fold(None, |found, mapper| match found {
            None if mapper.mapping.key.len() == key.len() => {
                let filled = filled(collection, mapper.mapping.table);
                find(self.tx, mapper, filled, mapper.mapping.key, &key)
            }
            found => Ok(found),
        })?;
        let Some(here) = found else { return Ok(Ok(())) };
        if !is_evident {
            return Ok(Err(
                "exported and not in the dump, like all that this collection got by the export; left as it is here",
            ));
        }
        if here.mapper.mapping.parent.is_some() {
            return Ok(Err("not in the dump, but others may refer to it; left as it is here"));
        }
        if !is_as_it_was(&here, None, Some(&gone.column_digests)) {
            return Ok(Err("gone there, but changed here; left as it is here"));
        }
        let columns = here.mapper.mapping.key.iter().zip(1..);
        let by: Vec<String> = columns.map(|(column, at)| format!("{column} = ${at}")).collect();
        let sql = format!("DELETE FROM {} WHERE {}", here.mapper.mapping.table, by.join(" AND "));
        if self.tx.attempt(|tx| tx.execute(&sql, &key))?.is_err() {
            return Ok(Err(REFERRED_TO));
        }
        let count = self.counts.iter_mut().find(|count| count.collection == collection);
        count.into_iter().for_each(|count| count.removed += 1);
        Ok(Ok(()))
    }
}
