//! Exported data that comes back in a dump.
//!
//! An export records in the ledger what it wrote. A dump shows that the old system has loaded it by a
//! document that only this export can have brought. Until that is known, nothing counts as changed or deleted
//! because of the export.

use crate::dump::{Document, Dump};
use crate::import::context::BATCH_SIZE;
use crate::import::error::ImportError;
use crate::import::ids::id_of;
use crate::mapping::names_of;
use meeshy_store::legacy::exported::{self, Exported};
use meeshy_store::{Tx, legacy};
use std::collections::{HashMap, HashSet};

/// The exports that a dump descends from.
pub(super) struct Returned {
    /// The newest of them.
    pub(super) up_to: i64,
    /// The collections with a document in the dump that only an export can have brought.
    pub(super) evident: HashSet<String>,
}

impl Returned {
    /// Finds the newest export that a dump descends from.
    pub(super) fn find(tx: &mut Tx<'_>, dump: &Dump) -> Result<Option<Self>, ImportError> {
        let mut returned = Self { up_to: 0, evident: HashSet::new() };
        for collection in exported::collections(tx)? {
            for dumped in names_of(&collection).filter_map(|name| dump.collection(name)) {
                let mut batch = Vec::with_capacity(BATCH_SIZE);
                for document in dumped.read()? {
                    let Document { raw, position, digest, .. } = document?;
                    batch.push((id_of(&raw, position), digest.as_bytes()[..16].to_vec()));
                    if batch.len() == BATCH_SIZE {
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

    /// What the newest of these exports wrote for some documents.
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
