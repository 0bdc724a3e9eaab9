//! Imports, exports, and looks at what came of them.

use bson::{Bson, Document, RawDocumentBuf};
use meeshy_domain::Timestamp;
use meeshy_legacy::corpus::Corpus;
use meeshy_legacy::dump::{self, Dump, Form, Outgoing, Source};
use meeshy_legacy::export::{self, Report, Target};
use meeshy_legacy::import::{self, Options};
use meeshy_store::{Alone, Ending, Location, StoreError, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// 2026-01-25, when the old database was counted.
pub const NOW: Timestamp = Timestamp::from_millis(1_769_380_000_000);

pub fn write_corpus(corpus: &Corpus, path: &Path) -> Dump {
    dump::write(path, Form::Folder, "meeshy", corpus.outgoing()).unwrap();
    dump::open(Source::path(path)).unwrap()
}

/// A dump of some collections, in a folder that is there as long as it.
pub struct Small {
    _folder: tempfile::TempDir,
    pub dump: Dump,
}

pub fn small(collections: &[(&str, Vec<Document>)]) -> Small {
    let folder = tempfile::tempdir().unwrap();
    let outgoing = collections.iter().map(|(name, documents)| Outgoing {
        name: (*name).to_owned(),
        indexes: Vec::new(),
        documents: Box::new(
            documents.clone().into_iter().map(|it| Ok(RawDocumentBuf::try_from(it).unwrap())),
        ),
    });
    let path = folder.path().join("dump");
    dump::write(&path, Form::Folder, "meeshy", outgoing.collect()).unwrap();
    let dump = dump::open(Source::path(&path)).unwrap();
    Small { _folder: folder, dump }
}

pub fn import(location: &Location, dump: &Dump) -> import::Report {
    let options = Options { now: NOW, dry_run: false, anonymise: false, uploads: None };
    import::run(dump, &mut Alone::open(location).unwrap(), &options, &mut |_| {}).unwrap()
}

/// An export, in a folder that is there as long as it.
pub struct Exported {
    folder: tempfile::TempDir,
    pub report: Report,
    pub dump: Dump,
}

impl Exported {
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("dump")
    }

    /// The documents of a collection by their ids.
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
    let report = export::run(&mut Alone::open(location).unwrap(), target, &mut |_| {}).unwrap();
    let dump = dump::open(Source::path(&path)).unwrap();
    assert_eq!(report.digest, dump.digest().to_string());
    assert_eq!(
        report.total().documents,
        dump.collections().iter().map(dump::Collection::documents).sum::<u64>()
    );
    Exported { folder, report, dump }
}

pub fn documents(dump: &Dump, collection: &str) -> BTreeMap<String, Document> {
    let Some(collection) = dump.collection(collection) else { return BTreeMap::new() };
    let read = collection.read().unwrap();
    read.map(|it| {
        let document: Document = it.unwrap().raw.try_into().unwrap();
        let id = match document.get("_id").unwrap() {
            Bson::ObjectId(id) => id.to_hex(),
            other => other.to_string(),
        };
        (id, document)
    })
    .collect()
}

/// Collections that two dumps do not have alike, with the first few documents that differ.
pub fn differences(one: &Dump, other: &Dump) -> Vec<String> {
    let names = |dump: &Dump| {
        dump.collections().iter().map(|it| (it.name().to_owned(), it.documents())).collect::<Vec<_>>()
    };
    let mut differences = Vec::new();
    if names(one) != names(other) {
        differences.push(format!("{:?}\n{:?}", names(one), names(other)));
    }
    for collection in one.collections() {
        let name = collection.name();
        if other.collection(name).is_some_and(|other| other.digest() == collection.digest()) {
            continue;
        }
        let (before, after) = (documents(one, name), documents(other, name));
        let differ = before.iter().filter(|(id, document)| after.get(*id) != Some(*document));
        for (id, document) in differ.take(3) {
            differences.push(format!("{name} {id}\n{document:?}\n{:?}", after.get(id)));
        }
        for (id, document) in after.iter().filter(|(id, _)| !before.contains_key(*id)).take(3) {
            differences.push(format!("{name} {id}: only afterwards\n{document:?}"));
        }
    }
    differences
}

/// Every row of every table but the ones named, as text.
pub fn all_rows(location: &Location, but: &[&str]) -> Vec<String> {
    let mut all = Vec::new();
    for (table, columns) in tables(location) {
        if but.contains(&table.as_str()) {
            continue;
        }
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        let sql = format!("SELECT {} FROM {table}", columns.join(", "));
        all.extend(lines(location, &sql, &columns).into_iter().map(|line| format!("{table} {line}")));
    }
    all.sort_unstable();
    all
}

/// The rows of a query, as text.
pub fn lines(location: &Location, sql: &str, columns: &[&str]) -> Vec<String> {
    let rows = rows(location, sql, columns);
    rows.iter().map(|row| row.iter().map(shown).collect::<Vec<_>>().join(" | ")).collect()
}

/// The tables and their columns, as the first of both databases says, for they are the same.
fn tables(location: &Location) -> Vec<(String, Vec<String>)> {
    let (tables, columns) = match location {
        Location::Folder(_) => (
            "SELECT name AS it FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
            "SELECT name AS it FROM pragma_table_info('TABLE')",
        ),
        Location::Postgres { .. } => (
            "SELECT tablename::text AS it FROM pg_tables WHERE schemaname = current_schema()",
            "SELECT column_name::text AS it FROM information_schema.columns WHERE table_schema = current_schema() \
             AND table_name = 'TABLE' ORDER BY ordinal_position",
        ),
    };
    let texts = |sql: &str| rows(location, sql, &["it"]).iter().map(|row| shown(&row[0])).collect::<Vec<_>>();
    let named = texts(tables).into_iter().map(|table| {
        let columns = texts(&columns.replace("TABLE", &table));
        (table, columns)
    });
    named.collect()
}

/// The rows of a query, each as its values.
pub fn rows(location: &Location, sql: &str, columns: &[&str]) -> Vec<Vec<Value>> {
    let mut database = Alone::open(location).unwrap();
    let read = database.transaction::<_, StoreError>(|tx| {
        let rows = tx.query(sql, &[], |row| {
            columns.iter().map(|column| row.take_value(column)).collect::<Result<Vec<_>, _>>()
        })?;
        Ok((rows, Ending::Undo))
    });
    read.unwrap()
}

/// Changes something, as no story of Meeshy's own does yet.
pub fn change(location: &Location, sql: &str, params: &[Value]) {
    let mut database = Alone::open(location).unwrap();
    let changed =
        database.transaction::<_, StoreError>(|tx| Ok((tx.execute(sql, params)?, Ending::Commit))).unwrap();
    assert!(changed > 0, "{sql}");
}

/// A value, the same for both databases.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(on) => i64::from(*on).to_string(),
        Value::Int(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Bytes(bytes) => format!("{bytes:?}"),
    }
}
