//! Small dumps, imports of them, and looks at what came of them.

use bson::oid::ObjectId;
use bson::{Document, RawDocumentBuf, doc};
use meeshy_domain::Timestamp;
use meeshy_legacy::dump::{self, Dump, Form, Outgoing, Source};
use meeshy_legacy::import::{self, ImportError, Options, Report};
use meeshy_legacy::mapping::{Mapper, SOURCES};
use meeshy_store::{Alone, Ending, Location, StoreError, Value};
use std::path::Path;

/// 2026-01-25, when the old database was counted.
pub const NOW: Timestamp = Timestamp::from_millis(1_769_380_000_000);

/// A dump of some collections, and the folder it lies in.
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

/// The id of a noun and a number: `id('u', 1)`.
pub fn id(noun: char, number: u8) -> ObjectId {
    ObjectId::from_bytes([0x68, 0xf0, 0, number, noun as u8, 0, 0, 0, 0, 0, 0, number])
}

/// When a thing with such an id was made.
pub fn made(number: u8) -> bson::DateTime {
    bson::DateTime::from_millis(id('x', number).timestamp().timestamp_millis())
}

pub fn user(number: u8, name: &str) -> Document {
    doc! {
        "_id": id('u', number), "username": name, "firstName": name, "lastName": "Test", "bio": "",
        "email": format!("{name}@example.org"), "password": "$2b$10$0000000000000000000000",
        "systemLanguage": "fr", "role": "USER", "isActive": true, "createdAt": made(number), "updatedAt": made(number),
    }
}

pub fn conversation(number: u8) -> Document {
    doc! {
        "_id": id('c', number), "identifier": format!("mshy_{number}"), "type": "group", "isActive": true,
        "createdAt": made(number), "updatedAt": made(number),
    }
}

pub fn message(number: u8, conversation: u8, sender: u8) -> Document {
    doc! {
        "_id": id('m', number), "conversationId": id('c', conversation), "senderId": id('u', sender),
        "content": format!("message {number}"), "originalLanguage": "fr", "messageType": "text", "isEdited": false,
        "isDeleted": false, "createdAt": made(number), "updatedAt": made(number),
    }
}

pub fn options() -> Options {
    Options { now: NOW, dry_run: false, anonymise: false, uploads: None }
}

pub fn try_import(location: &Location, dump: &Dump, options: &Options) -> Result<Report, ImportError> {
    import::run(dump, &mut Alone::open(location)?, options, &mut |_| {})
}

pub fn import(location: &Location, dump: &Dump) -> Report {
    try_import(location, dump, &options()).unwrap()
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

/// The only value of a query, as text.
pub fn one(location: &Location, sql: &str) -> String {
    let rows = rows(location, sql, &["it"]);
    let [row] = rows.as_slice() else { panic!("{sql}: {} rows", rows.len()) };
    shown(&row[0])
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

/// Everything that an import can write, as text, one line a row.
pub fn everything(location: &Location) -> Vec<String> {
    let mut lines = Vec::new();
    for mapping in SOURCES.iter().flat_map(|source| source.shape.mappings()) {
        let mapper = Mapper::new(mapping);
        let columns: Vec<&str> = mapper.columns().iter().map(String::as_str).collect();
        let sql = format!("SELECT {} FROM {}", columns.join(", "), mapping.table);
        let table = mapping.table;
        lines.extend(
            rows(location, &sql, &columns)
                .iter()
                .map(|row| format!("{table} {}", row.iter().map(shown).collect::<Vec<_>>().join(" | "))),
        );
    }
    let derived = [
        ("read_cursors", "conversation_id, user_id, read_sequence"),
        ("conversations", "id, last_sequence, member_count, direct_key"),
        ("messages", "id, reaction_count, reaction_summary"),
        ("legacy_documents", "collection, id, digest, outcome, note, rest, row_digest"),
    ];
    for (table, columns) in derived {
        let columns: Vec<&str> = columns.split(", ").collect();
        let sql = format!("SELECT {} FROM {table}", columns.join(", "));
        lines.extend(
            rows(location, &sql, &columns)
                .iter()
                .map(|row| format!("{table}+ {}", row.iter().map(shown).collect::<Vec<_>>().join(" | "))),
        );
    }
    lines.sort_unstable();
    lines
}

/// The counts of a collection: source, inserted, merged, archived, rejected.
pub fn counts(report: &Report, collection: &str) -> [u64; 5] {
    let count = report.collections.iter().find(|count| count.collection == collection).unwrap();
    [count.source, count.inserted, count.merged, count.archived, count.rejected]
}

pub fn write_corpus(corpus: &meeshy_legacy::corpus::Corpus, path: &Path, form: Form) -> Dump {
    dump::write(path, form, "meeshy", corpus.outgoing()).unwrap();
    dump::open(Source::path(path)).unwrap()
}
