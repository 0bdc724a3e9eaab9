//! What was imported and is not in the dump any more.

use super::aside::id_of;
use super::batch::{self, BATCH, Doomed};
use super::error::ImportError;
use super::report::Conflict;
use super::writing::Writing;
use crate::dump::Document;
use crate::mapping::{SOURCES, source_of};
use meeshy_store::legacy::{self, Entry, Outcome};
use std::collections::HashSet;

impl<'d> Writing<'_, '_, 'd> {
    /// Finds what the ledger knows of every collection and the dump has not any more, and puts all that has to go in order,
    /// parents first. `apart` are the names of documents that share their id with another.
    pub(super) fn find_all_gone(&mut self, apart: &HashSet<String>) -> Result<(), ImportError> {
        let noted = |id: String, name: &str| {
            let shared = super::aside::apart(&id, name);
            vec![if apart.contains(&shared) { shared } else { id }]
        };
        for (name, total) in legacy::count(self.tx)? {
            let count = self.counts.iter().find(|count| count.collection == name);
            if count.is_none_or(|count| count.source != total.cast_unsigned()) {
                let gone = self.find_gone(&name, &noted)?;
                self.doomed.extend(gone);
            }
        }
        let order = |name: &str| SOURCES.iter().position(|source| source.collection == name);
        self.doomed.sort_by_key(|doomed| order(&doomed.collection));
        Ok(())
    }

    /// Finds what the ledger knows of a collection and the dump has not any more; `noted` says what the ledger may call a
    /// document of an id and of a name of the collection.
    pub(super) fn find_gone(
        &mut self,
        collection: &str,
        noted: &dyn Fn(String, &str) -> Vec<String>,
    ) -> Result<Vec<Doomed<'d>>, ImportError> {
        let dump = self.given.dump;
        legacy::begin_seen(self.tx)?;
        let other_names = source_of(collection).map_or(&[][..], |source| source.other_names);
        for name in std::iter::once(collection).chain(other_names.iter().copied()) {
            let Some(dumped) = dump.collection(name) else { continue };
            let mut ids = Vec::new();
            for document in dumped.read()? {
                let Document { raw, position, .. } = document?;
                let id = id_of(&raw, position);
                ids.extend(noted(id, name).into_iter().map(Into::into));
                if ids.len() >= BATCH {
                    legacy::add_seen(self.tx, &std::mem::take(&mut ids))?;
                }
            }
            legacy::add_seen(self.tx, &ids)?;
        }
        let gone = legacy::unseen(self.tx, collection)?;
        Ok(gone.into_iter().map(|entry| self.doom(collection, entry, true)).collect())
    }

    pub(super) fn doom(&self, collection: &str, entry: Entry, is_gone: bool) -> Doomed<'d> {
        let mappings = source_of(collection).map_or(&[][..], |source| source.shape.mappings());
        let mappers = self.given.mappers.all.iter();
        let mappers =
            mappers.filter(|mapper| mappings.iter().any(|mapping| std::ptr::eq(mapper.mapping, *mapping)));
        let was_row = entry.outcome == Outcome::Inserted;
        Doomed {
            collection: collection.into(),
            id: entry.id,
            mappers: mappers.filter(|_| was_row).collect(),
            row_digest: entry.row_digest,
            is_gone,
        }
    }

    pub(super) fn remove_row(&mut self, doomed: Doomed<'d>) -> Result<(), ImportError> {
        let outcome = batch::remove(self.tx, &doomed)?;
        let Doomed { collection, id, is_gone, .. } = doomed;
        if let Err(what) = outcome {
            self.report.conflicts.push(Conflict { collection, id, what: what.into() });
        } else if is_gone {
            legacy::remove(self.tx, &collection, &id)?;
            let count = self.counts.iter_mut().find(|count| count.collection == collection);
            count.into_iter().for_each(|count| count.removed += 1);
        }
        Ok(())
    }
}
