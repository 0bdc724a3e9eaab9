//! The layouts of documents, numbered in the order in which they were met.

use super::error::ImportError;
use meeshy_store::Tx;
use meeshy_store::legacy::layouts::{self, Layout};
use std::collections::HashMap;

/// The fields of a document that is kept whole.
const WHOLE: &str = "[]";

/// The number of each name of a collection and list of fields.
pub(super) struct Layouts(HashMap<String, HashMap<String, i64>>);

impl Layouts {
    /// Those of earlier imports, and one for what is kept whole of each collection of the dump.
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

    /// The number of the layout of what is kept whole of a collection of the dump.
    pub(super) fn whole(&self, name: &str) -> i64 {
        self.find(name, WHOLE).unwrap_or_default()
    }

    /// A new layout.
    pub(super) fn add(&mut self, name: &str, fields: &str) -> Layout {
        let last: usize = self.0.values().map(HashMap::len).sum();
        let number = i64::try_from(last).unwrap_or(i64::MAX).saturating_add(1);
        self.0.entry(name.into()).or_default().insert(fields.into(), number);
        Layout { number, name: name.into(), fields: fields.into() }
    }

    pub(super) fn find(&self, name: &str, fields: &str) -> Option<i64> {
        self.0.get(name)?.get(fields).copied()
    }
}
