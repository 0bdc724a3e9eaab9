//! The shared state of an export: the transaction, the layouts and the counts.

use super::error::ExportError;
use super::ledger::damaged;
use super::loss::Losses;
use super::record::Record;
use super::report::Count;
use super::target::Progress;
use meeshy_store::Tx;
use meeshy_store::legacy::layouts;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

/// Documents read at a time.
pub(super) const PAGE: usize = 500;

/// The layout of a document.
pub(super) struct Layout {
    /// The name of its collection in the dump.
    pub(super) name: String,
    /// Its fields in order.
    pub(super) fields: Vec<String>,
}

/// The origin of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Unchanged,
    Changed,
    New,
    Archive,
}

/// The state shared by all collections.
pub(super) struct Context<'r, 't> {
    pub(super) tx: RefCell<&'r mut Tx<'t>>,
    pub(super) losses: RefCell<Losses>,
    pub(super) record: RefCell<Record>,
    layouts: HashMap<i64, Layout>,
    counts: RefCell<BTreeMap<String, Count>>,
    progress: RefCell<&'r mut dyn FnMut(Progress<'_>)>,
}

impl<'r, 't> Context<'r, 't> {
    pub(super) fn begin(
        tx: &'r mut Tx<'t>,
        progress: &'r mut dyn FnMut(Progress<'_>),
    ) -> Result<Self, ExportError> {
        let mut all = HashMap::new();
        for layouts::Layout { number, name, fields } in layouts::all(tx)? {
            let fields = serde_json::from_str(&fields)
                .map_err(|error| damaged("legacy_layouts", &number.to_string(), error))?;
            all.insert(number, Layout { name, fields });
        }
        Ok(Self {
            tx: RefCell::new(tx),
            losses: RefCell::default(),
            record: RefCell::new(Record::begin()?),
            layouts: all,
            counts: RefCell::default(),
            progress: RefCell::new(progress),
        })
    }

    pub(super) fn layout(&self, number: i64) -> Option<&Layout> {
        self.layouts.get(&number)
    }

    /// The layouts of the documents under a name, as the list for `IN (…)`.
    ///
    /// The query names the layouts by number so that the database can estimate how many documents match. It
    /// then reads one page in order instead of all documents for each page.
    pub(super) fn layouts_of(&self, name: &str) -> String {
        let ours = self.layouts.iter().filter(|(_, layout)| layout.name == name);
        let mut numbers: Vec<String> = ours.map(|(number, _)| number.to_string()).collect();
        numbers.sort_unstable();
        numbers.join(", ")
    }

    /// The names of the collections in the dumps.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.layouts.values().map(|layout| layout.name.as_str())
    }

    pub(super) fn count(&self, name: &str, origin: Origin) {
        let mut counts = self.counts.borrow_mut();
        if !counts.contains_key(name) {
            counts.insert(name.to_owned(), Count { name: name.to_owned(), ..Count::default() });
        }
        let Some(count) = counts.get_mut(name) else { return };
        count.documents += 1;
        match origin {
            Origin::Unchanged => count.unchanged += 1,
            Origin::Changed => count.changed += 1,
            Origin::New => count.new += 1,
            Origin::Archive => count.archived += 1,
        }
    }

    pub(super) fn tell(&self, progress: Progress<'_>) {
        (self.progress.borrow_mut())(progress);
    }

    /// The counts of the collections, and the data that the old format cannot represent, once everything is
    /// written.
    pub(super) fn finish(self) -> (BTreeMap<String, Count>, Losses, Record, &'r mut Tx<'t>) {
        (self.counts.into_inner(), self.losses.into_inner(), self.record.into_inner(), self.tx.into_inner())
    }
}
