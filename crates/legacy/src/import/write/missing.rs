//! Documents that were imported and are no longer in the dump.

use super::deletions::{Cause, Deletion};
use crate::dump::Document;
use crate::import::context::{BATCH_SIZE, Input};
use crate::import::duplicates::Duplicates;
use crate::import::error::ImportError;
use crate::import::ids::{copy_id, id_of, qualified_id};
use crate::import::report::Count;
use crate::mapping::{SOURCES, names_of};
use meeshy_store::{Tx, legacy};
use std::collections::{HashMap, HashSet};

/// The possible ledger ids of the documents of a collection, in the order of the dump.
pub(super) struct LedgerIds<'a> {
    ambiguous: Ambiguous<'a>,
    /// How many documents of an id have come so far under a name, if there are several.
    numbers: HashMap<String, u32>,
}

enum Ambiguous<'a> {
    /// Duplicates whose ledger ids are not known yet.
    Before(&'a Duplicates),
    /// The ledger ids of documents that share their id.
    After(&'a HashSet<String>),
}

impl<'a> LedgerIds<'a> {
    /// Before the documents are read.
    pub(super) fn before(duplicates: &'a Duplicates) -> Self {
        Self { ambiguous: Ambiguous::Before(duplicates), numbers: HashMap::new() }
    }

    /// After all documents are read.
    fn after(qualified: &'a HashSet<String>) -> Self {
        Self { ambiguous: Ambiguous::After(qualified), numbers: HashMap::new() }
    }

    /// The possible ledger ids of the next document of an id.
    fn of(&mut self, id: String, name: &str) -> Vec<String> {
        let has_copies = match self.ambiguous {
            Ambiguous::Before(duplicates) => duplicates.has_copies(&id),
            // The one that counts has no number, and may be the first.
            Ambiguous::After(known) => {
                !known.is_empty() && [1, 2].iter().any(|number| known.contains(&copy_id(&id, name, *number)))
            }
        };
        if has_copies {
            let number = self.numbers.entry(qualified_id(&id, name)).or_default();
            *number += 1;
            let copy = copy_id(&id, name, *number);
            match self.ambiguous {
                Ambiguous::Before(_) => return vec![copy, qualified_id(&id, name), id],
                Ambiguous::After(known) if known.contains(&copy) => return vec![copy],
                Ambiguous::After(_) => {}
            }
        }
        match self.ambiguous {
            Ambiguous::Before(duplicates) if duplicates.has_id(&id) => vec![qualified_id(&id, name), id],
            Ambiguous::After(known) if !known.is_empty() && known.contains(&qualified_id(&id, name)) => {
                vec![qualified_id(&id, name)]
            }
            _ => vec![id],
        }
    }
}

/// The ledger entries of every collection that are no longer in the dump. `qualified` are the names of
/// documents that share their id with another.
pub(super) fn find_all<'d>(
    tx: &mut Tx<'_>,
    input: Input<'d>,
    counts: &[Count],
    qualified: &HashSet<String>,
) -> Result<Vec<Deletion<'d>>, ImportError> {
    let mut all = Vec::new();
    for (name, total) in legacy::count(tx)? {
        let count = counts.iter().find(|count| count.collection == name);
        if count.is_none_or(|count| count.source != total.cast_unsigned()) {
            all.extend(find(tx, input, &name, &mut LedgerIds::after(qualified))?);
        }
    }
    Ok(all)
}

/// The ledger entries of a collection that are no longer in the dump.
pub(super) fn find<'d>(
    tx: &mut Tx<'_>,
    input: Input<'d>,
    collection: &str,
    ledger_ids: &mut LedgerIds<'_>,
) -> Result<Vec<Deletion<'d>>, ImportError> {
    legacy::begin_seen(tx)?;
    for name in names_of(collection) {
        let Some(dumped) = input.dump.collection(name) else { continue };
        let mut ids = Vec::new();
        for document in dumped.read()? {
            let Document { raw, position, .. } = document?;
            let id = id_of(&raw, position);
            ids.extend(ledger_ids.of(id, name).into_iter().map(Into::into));
            if ids.len() >= BATCH_SIZE {
                legacy::add_seen(tx, &std::mem::take(&mut ids))?;
            }
        }
        legacy::add_seen(tx, &ids)?;
    }
    let missing = legacy::unseen(tx, collection)?;
    Ok(missing.into_iter().map(|entry| Deletion::new(input, collection, entry, Cause::Gone)).collect())
}

/// Sorts deletions, parents first.
pub(super) fn sort(deletions: &mut [Deletion<'_>]) {
    deletions
        .sort_by_key(|deletion| SOURCES.iter().position(|source| source.collection == deletion.collection));
}
