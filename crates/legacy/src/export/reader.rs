//! What all collections of an export share: the transaction, the layouts, and what was counted.

use super::error::ExportError;
use super::record::Record;
use super::report::Count;
use super::run::Progress;
use crate::dump::check;
use bson::RawDocumentBuf;
use meeshy_store::Tx;
use meeshy_store::legacy::layouts;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

/// Documents that are read at a time.
pub(super) const PAGE: usize = 500;

/// How a document was laid out.
pub(super) struct Layout {
    /// The name of its collection in the dump.
    pub(super) name: String,
    /// Its fields in their order.
    pub(super) fields: Vec<String>,
}

/// Where a document comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum From {
    Unchanged,
    Changed,
    New,
    Archive,
}

/// What was found that the old shapes cannot hold, while documents were written.
#[derive(Default)]
pub(super) struct Found {
    /// People whose passwords the old system cannot check.
    pub(super) new_passwords: Vec<String>,
    /// Documents that were merged into rows that were changed or removed here.
    pub(super) outdated: BTreeMap<String, u64>,
    /// Documents that an anonymised import did not keep.
    pub(super) unkept: BTreeMap<String, u64>,
}

/// What all collections share.
pub(super) struct Reader<'r, 't> {
    pub(super) tx: RefCell<&'r mut Tx<'t>>,
    pub(super) found: RefCell<Found>,
    pub(super) record: RefCell<Record>,
    layouts: HashMap<i64, Layout>,
    counts: RefCell<BTreeMap<String, Count>>,
    progress: RefCell<&'r mut dyn FnMut(Progress<'_>)>,
}

impl<'r, 't> Reader<'r, 't> {
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
            found: RefCell::default(),
            record: RefCell::new(Record::begin()?),
            layouts: all,
            counts: RefCell::default(),
            progress: RefCell::new(progress),
        })
    }

    pub(super) fn layout(&self, number: i64) -> Option<&Layout> {
        self.layouts.get(&number)
    }

    /// The layouts that documents have under a name, as the list of an `IN (…)`.
    ///
    /// The database is told their numbers and not the name, so that it can tell how many documents have them, and reads a page
    /// of those in their order instead of all of them for each page.
    pub(super) fn layouts_of(&self, name: &str) -> String {
        let ours = self.layouts.iter().filter(|(_, layout)| layout.name == name);
        let mut numbers: Vec<String> = ours.map(|(number, _)| number.to_string()).collect();
        numbers.sort_unstable();
        numbers.join(", ")
    }

    /// The names that collections had in the dumps.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.layouts.values().map(|layout| layout.name.as_str())
    }

    pub(super) fn count(&self, name: &str, from: From) {
        let mut counts = self.counts.borrow_mut();
        if !counts.contains_key(name) {
            counts.insert(name.to_owned(), Count { name: name.to_owned(), ..Count::default() });
        }
        let Some(count) = counts.get_mut(name) else { return };
        count.documents += 1;
        match from {
            From::Unchanged => count.unchanged += 1,
            From::Changed => count.changed += 1,
            From::New => count.new += 1,
            From::Archive => count.archived += 1,
        }
    }

    pub(super) fn tell(&self, progress: Progress<'_>) {
        (self.progress.borrow_mut())(progress);
    }

    /// The counts of collections, and what was found, once all is written.
    pub(super) fn finish(self) -> (BTreeMap<String, Count>, Found, Record, &'r mut Tx<'t>) {
        (self.counts.into_inner(), self.found.into_inner(), self.record.into_inner(), self.tx.into_inner())
    }
}

/// BSON that the ledger keeps; an empty document where it keeps none.
pub(super) fn bson(
    bytes: Option<Vec<u8>>,
    collection: &str,
    id: &str,
) -> Result<RawDocumentBuf, ExportError> {
    let Some(bytes) = bytes else { return Ok(RawDocumentBuf::new()) };
    let document = RawDocumentBuf::from_bytes(bytes).map_err(|error| damaged(collection, id, error))?;
    // Its elements are only looked at when it is their turn; one that is damaged must not be passed over.
    document
        .iter()
        .try_for_each(|element| element.map(drop))
        .map_err(|error| damaged(collection, id, error))?;
    Ok(document)
}

/// A whole document that the ledger keeps. Its text need not be UTF-8: for that it may have been rejected.
pub(super) fn whole(bytes: Vec<u8>, collection: &str, id: &str) -> Result<RawDocumentBuf, ExportError> {
    check::document(&bytes).map_err(|(_, flaw)| damaged(collection, id, flaw))?;
    RawDocumentBuf::from_bytes(bytes).map_err(|error| damaged(collection, id, error))
}

fn damaged(collection: &str, id: &str, reason: impl ToString) -> ExportError {
    ExportError::Damaged { collection: collection.into(), id: id.into(), reason: reason.to_string() }
}
