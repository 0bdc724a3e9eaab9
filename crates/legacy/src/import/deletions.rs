//! What was imported and is not in the dump any more.

use super::batch::{self, BATCH, Doomed, REFERRED_TO, Why};
use super::error::ImportError;
use super::groups::Repeated;
use super::ids::{apart, copy, id_of};
use super::report::Conflict;
use super::writing::Writing;
use crate::dump::Document;
use crate::mapping::{SOURCES, source_of};
use meeshy_store::legacy::{self, Entry};
use std::collections::{HashMap, HashSet};

/// What the ledger may call the documents of a collection, asked one after the other in the order of the dump.
pub(super) struct Names<'a> {
    known: IdIndex<'a>,
    /// How many of an id came so far under a name, where there are several.
    numbers: HashMap<String, u32>,
}

enum IdIndex<'a> {
    /// What occurs more than once; which of those is called how is not known yet.
    Before(&'a Repeated),
    /// What the ledger calls those that share their id.
    After(&'a HashSet<String>),
}

impl<'a> Names<'a> {
    /// Before the documents are taken.
    pub(super) fn before(repeated: &'a Repeated) -> Self {
        Self { known: IdIndex::Before(repeated), numbers: HashMap::new() }
    }

    /// When all documents are taken.
    fn after(apart: &'a HashSet<String>) -> Self {
        Self { known: IdIndex::After(apart), numbers: HashMap::new() }
    }

    fn of(&mut self, id: String, name: &str) -> Vec<String> {
        let has_copies = match self.known {
            IdIndex::Before(repeated) => repeated.has_copies(&id),
            // The one that counts has no number, and may be the first.
            IdIndex::After(known) => {
                !known.is_empty() && [1, 2].iter().any(|number| known.contains(&copy(&id, name, *number)))
            }
        };
        if has_copies {
            let number = self.numbers.entry(apart(&id, name)).or_default();
            *number += 1;
            let copy = copy(&id, name, *number);
            match self.known {
                IdIndex::Before(_) => return vec![copy, apart(&id, name), id],
                IdIndex::After(known) if known.contains(&copy) => return vec![copy],
                IdIndex::After(_) => {}
            }
        }
        match self.known {
            IdIndex::Before(repeated) if repeated.has_id(&id) => vec![apart(&id, name), id],
            IdIndex::After(known) if !known.is_empty() && known.contains(&apart(&id, name)) => {
                vec![apart(&id, name)]
            }
            _ => vec![id],
        }
    }
}

impl<'d> Writing<'_, '_, 'd> {
    /// Finds what the ledger knows of every collection and the dump has not any more, and puts all that has to go in order,
    /// parents first. `apart` are the names of documents that share their id with another.
    pub(super) fn find_all_gone(&mut self, apart: &HashSet<String>) -> Result<(), ImportError> {
        for (name, total) in legacy::count(self.tx)? {
            let count = self.counts.iter().find(|count| count.collection == name);
            if count.is_none_or(|count| count.source != total.cast_unsigned()) {
                let gone = self.find_gone(&name, &mut Names::after(apart))?;
                self.doomed.extend(gone);
            }
        }
        let order = |name: &str| SOURCES.iter().position(|source| source.collection == name);
        self.doomed.sort_by_key(|doomed| order(&doomed.collection));
        Ok(())
    }

    /// Finds what the ledger knows of a collection and the dump has not any more.
    pub(super) fn find_gone(
        &mut self,
        collection: &str,
        names: &mut Names<'_>,
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
                ids.extend(names.of(id, name).into_iter().map(Into::into));
                if ids.len() >= BATCH {
                    legacy::add_seen(self.tx, &std::mem::take(&mut ids))?;
                }
            }
            legacy::add_seen(self.tx, &ids)?;
        }
        let gone = legacy::unseen(self.tx, collection)?;
        Ok(gone.into_iter().map(|entry| self.doom(collection, entry, Why::Gone)).collect())
    }

    pub(super) fn doom(&self, collection: &str, entry: Entry, why: Why) -> Doomed<'d> {
        let mappings = source_of(collection).map_or(&[][..], |source| source.shape.mappings());
        let mappers = self.given.mappers.of_mappings(mappings);
        let has_row = entry.has_row();
        Doomed {
            collection: collection.into(),
            id: entry.id,
            mappers: mappers.filter(|_| has_row).collect(),
            row_digest: entry.row_digest,
            column_digests: entry.column_digests,
            why,
        }
    }

    /// Removes a row, and reports it if it stays.
    pub(super) fn remove_row(&mut self, doomed: Doomed<'d>) -> Result<(), ImportError> {
        match self.try_to_remove(doomed)? {
            Some(conflict) => self.conflict(conflict),
            None => Ok(()),
        }
    }

    /// Removes a row, or says why it stays.
    pub(super) fn try_to_remove(&mut self, doomed: Doomed<'d>) -> Result<Option<Conflict>, ImportError> {
        let mut parents = doomed.mappers.iter().filter_map(|mapper| mapper.mapping.parent);
        let is_referred_to = parents.any(|parent| self.referred_to.contains(&(parent, doomed.id.clone())));
        let outcome = if is_referred_to { Err(REFERRED_TO) } else { batch::remove(self.tx, &doomed)? };
        let Doomed { collection, id, why, .. } = doomed;
        let is_removed = match outcome {
            Ok(is_removed) => is_removed,
            Err(what) => return Ok(Some(Conflict { collection, id, column: None, what: what.into() })),
        };
        if why == Why::Gone {
            legacy::remove(self.tx, &collection, &id)?;
        }
        if why == Why::Gone || (why == Why::Archived && is_removed) {
            let count = self.counts.iter_mut().find(|count| count.collection == collection);
            count.into_iter().for_each(|count| count.removed += 1);
        }
        Ok(None)
    }
}
