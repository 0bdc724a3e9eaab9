//! The layouts of documents, numbered in order of appearance.

use super::error::ImportError;
use crate::dump::Dump;
use meeshy_store::Tx;
use meeshy_store::legacy::layouts::{self, Layout};
use std::collections::{BTreeSet, HashMap};

/// The fields of a document that is stored whole.
const WHOLE: &str = "[]";

/// The number of each collection name and list of fields.
pub(super) struct Layouts(HashMap<String, HashMap<String, i64>>);

impl Layouts {
    /// The layouts of earlier imports, and one for the documents of each collection of the dump that are
    /// stored whole.
    pub(super) fn begin<'n>(
        tx: &mut Tx<'_>,
        names: impl Iterator<Item = &'n str>,
    ) -> Result<Self, ImportError> {
        let mut all = Self(HashMap::new());
        for Layout { number, name, fields } in layouts::all(tx)? {
            all.0.entry(name).or_default().insert(fields, number);
        }
        for name in names {
            if all.find(name, WHOLE).is_none() {
                layouts::insert(tx, &all.add(name, WHOLE))?;
            }
        }
        Ok(all)
    }

    /// The number of the layout for documents of a collection that are stored whole.
    pub(super) fn whole(&self, name: &str) -> i64 {
        self.find(name, WHOLE).unwrap_or_default()
    }

    /// A new layout.
    pub(super) fn add(&mut self, name: &str, fields: &str) -> Layout {
        let last = self.0.values().flat_map(HashMap::values).max();
        let number = last.map_or(1, |last| last + 1);
        self.0.entry(name.into()).or_default().insert(fields.into(), number);
        Layout { number, name: name.into(), fields: fields.into() }
    }

    pub(super) fn find(&self, name: &str, fields: &str) -> Option<i64> {
        self.0.get(name)?.get(fields).copied()
    }
}

/// Removes the collections that are no longer in the dump, unless one of their documents is still here.
pub(super) fn forget(tx: &mut Tx<'_>, dump: &Dump) -> Result<(), ImportError> {
    let names: BTreeSet<String> = layouts::all(tx)?.into_iter().map(|layout| layout.name).collect();
    for name in names.iter().filter(|name| dump.collection(name).is_none()) {
        layouts::remove_unused(tx, name)?;
    }
    Ok(())
}
