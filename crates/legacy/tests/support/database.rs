//! Runs imports and exports, and inspects the results.

use super::documents;
use bson::Document;
use meeshy_domain::Timestamp;
use meeshy_legacy::dump::{self, Dump, Form, Source};
use meeshy_legacy::export::{self, Target};
use meeshy_legacy::import::{self, ImportError, Options, Report};
use meeshy_store::{Ending, Exclusive, Location, StoreError, Value};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// 2026-01-25, when the documents of the old database were counted.
pub const NOW: Timestamp = Timestamp::from_millis(1_769_380_000_000);

pub fn options() -> Options {
    Options { now: NOW, dry_run: false, anonymise: false, uploads: None, list: None }
}

pub fn try_import(location: &Location, dump: &Dump, options: &Options) -> Result<Report, ImportError> {
    import::run(dump, &mut Exclusive::open(location)?, options, &mut |_| {})
}

pub fn import(location: &Location, dump: &Dump) -> Report {
    try_import(location, dump, &options()).unwrap()
}

/// The counts of a collection: source, inserted, merged, archived, rejected.
pub fn counts(report: &Report, collection: &str) -> [u64; 5] {
    let count = report.collections.iter().find(|count| count.collection == collection).unwrap();
    [count.source, count.inserted, count.merged, count.archived, count.rejected]
}

/// An export in a temporary folder.
pub struct Exported {
    folder: tempfile::TempDir,
    pub report: export::Report,
    pub dump: Dump,
}

impl Exported {
    pub fn into_parts(self) -> (tempfile::TempDir, Dump) {
        (self.folder, self.dump)
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("dump")
    }

    /// The documents of a collection by id.
    pub fn documents(&self, collection: &str) -> BTreeMap<String, Document> {
        documents(&self.dump, collection)
    }

    pub fn count(&self, name: &str) -> [u64; 5] {
        let count = self.report.collections.iter().find(|count| count.name == name);
        let count = count.unwrap_or_else(|| panic!("`{name}` was not written"));
        [count.documents, count.unchanged, count.changed, count.new, count.archived]
    }

    pub fn not_held(&self, table: &str, column: &str) -> u64 {
        let found = self.report.not_held.iter().filter(|it| it.table == table && it.column == column);
        found.map(|it| it.rows).sum()
    }
}

pub fn export(location: &Location) -> Exported {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump");
    let target = Target::Path(&path, Form::Folder);
    let report = export::run(&mut Exclusive::open(location).unwrap(), target, NOW, &mut |_| {}).unwrap();
    let dump = dump::open(Source::path(&path)).unwrap();
    assert_eq!(report.digest, dump.digest().to_string());
    assert_eq!(
        report.total().documents,
        dump.collections().iter().map(dump::Collection::documents).sum::<u64>()
    );
    Exported { folder, report, dump }
}

/// Runs a statement for a change that no API makes yet.
pub fn change(location: &Location, sql: &str, params: &[Value]) {
    let mut database = Exclusive::open(location).unwrap();
    let changed =
        database.transaction::<_, StoreError>(|tx| Ok((tx.execute(sql, params)?, Ending::Commit))).unwrap();
    assert!(changed > 0, "{sql}");
}
