//! The import ledger: the outcome of every document of the old system.

pub mod derived;
pub mod exported;
pub mod indexes;
pub mod layouts;

use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::record;
use crate::{FromValue, StoreError, Tx, Value};
use meeshy_domain::Timestamp;

/// The outcome of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It became a row.
    Inserted,
    /// It was merged into another document that says the same.
    Merged,
    /// It is stored whole, without a row.
    Archived,
    /// It was rejected, and is stored whole.
    Rejected,
}

impl Outcome {
    /// Every outcome, in the order of reports.
    pub const ALL: [Self; 4] = [Self::Inserted, Self::Merged, Self::Archived, Self::Rejected];

    /// The name in the database and in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Inserted => "inserted",
            Self::Merged => "merged",
            Self::Archived => "archived",
            Self::Rejected => "rejected",
        }
    }
}

impl FromValue for Outcome {
    fn from_value(value: Value) -> Result<Self, String> {
        let name = String::from_value(value)?;
        let found = Self::ALL.into_iter().find(|outcome| outcome.name() == name);
        found.ok_or_else(|| format!("`{name}` is not an outcome of a document"))
    }
}

record! {
    /// An entry of the ledger.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Entry {
        /// The `_id`, or `#` and the position of a document without one.
        pub id: String,
        /// The digest of the document's bytes.
        pub digest: Vec<u8>,
        /// The outcome.
        pub outcome: Outcome,
        /// The reason, or a remark.
        pub note: Option<String>,
        /// BSON of the fields that are in no row.
        pub rest: Option<Vec<u8>>,
        /// The digest of the row that it became.
        pub row_digest: Option<Vec<u8>>,
        /// The number of its layout.
        pub layout: i64,
        /// BSON of the values in the row that stand for fields in `rest` or for missing ones.
        pub instead: Option<Vec<u8>>,
        /// The collection and id of the document that it was merged into.
        pub kept: Option<(String, String)> = "kept_collection, kept_id",
        /// A digest of each column of the row that it became.
        pub column_digests: Option<Vec<u8>>,
    }
}

impl Entry {
    /// Whether it has a row: it became one, or it was rejected and belongs to a row that an export wrote.
    #[must_use]
    pub fn has_row(&self) -> bool {
        self.outcome == Outcome::Inserted || self.column_digests.is_some()
    }
}

const COLUMNS: [&str; 12] = [
    "collection",
    "id",
    "digest",
    "outcome",
    "note",
    "rest",
    "row_digest",
    "layout",
    "instead",
    "kept_collection",
    "kept_id",
    "column_digests",
];
/// The entries read by [`read`]. Inserts or replaces entries of the ledger.
pub fn put(
    tx: &mut Tx<'_>,
    collection: &str,
    entries: impl IntoIterator<Item = Entry>,
) -> Result<(), StoreError> {
    write(
        tx,
        collection,
        entries,
        "ON CONFLICT (collection, id) DO UPDATE SET digest = excluded.digest, outcome = excluded.outcome, \
           note = excluded.note, rest = excluded.rest, row_digest = excluded.row_digest, layout = excluded.layout, \
           instead = excluded.instead, kept_collection = excluded.kept_collection, kept_id = excluded.kept_id, \
           column_digests = excluded.column_digests",
    )
}

/// Adds new entries to the ledger.
pub fn add(
    tx: &mut Tx<'_>,
    collection: &str,
    entries: impl IntoIterator<Item = Entry>,
) -> Result<(), StoreError> {
    write(tx, collection, entries, "")
}

fn write(
    tx: &mut Tx<'_>,
    collection: &str,
    entries: impl IntoIterator<Item = Entry>,
    conflict: &str,
) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for entry in entries {
        let (kept_collection, kept_id) = entry.kept.unzip();
        rows.extend([
            collection.into(),
            entry.id.into(),
            entry.digest.into(),
            entry.outcome.name().into(),
            entry.note.into(),
            entry.rest.into(),
            Value::from(entry.row_digest),
            entry.layout.into(),
            entry.instead.into(),
            kept_collection.into(),
            kept_id.into(),
            entry.column_digests.into(),
        ]);
    }
    tx.insert_rows("legacy_documents", &COLUMNS, &rows, conflict)?;
    Ok(())
}

/// The entries of some documents, without the fields that are in no row.
pub fn find_all(tx: &mut Tx<'_>, collection: &str, ids: &[&str]) -> Result<Vec<Entry>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut params = vec![collection.into()];
    params.extend(padded(ids.iter().map(|id| Value::from(*id))));
    let list = placeholders(2, ids.len());
    tx.fetch_all(
        &format!(
            "SELECT id, digest, outcome, note, NULL, row_digest, layout, NULL, NULL, NULL, column_digests \
             FROM legacy_documents WHERE collection = $1 AND id IN ({list})"
        ),
        &params,
    )
}

/// The whole entry of a document.
pub fn find(tx: &mut Tx<'_>, collection: &str, id: &str) -> Result<Option<Entry>, StoreError> {
    tx.fetch_optional(
        &format!("SELECT {} FROM legacy_documents WHERE collection = $1 AND id = $2", Entry::columns()),
        &[collection.into(), id.into()],
    )
}

/// Removes an entry from the ledger.
pub fn remove(tx: &mut Tx<'_>, collection: &str, id: &str) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM legacy_documents WHERE collection = $1 AND id = $2",
        &[collection.into(), id.into()],
    )?;
    Ok(())
}

/// Records why a later version of a document was rejected; its row and the rest of its entry stay. `base` are
/// the digests of the columns of the row as an export wrote it, if the document came from there.
pub fn keep(
    tx: &mut Tx<'_>,
    collection: &str,
    id: &str,
    note: Option<&str>,
    base: Option<&[u8]>,
) -> Result<(), StoreError> {
    let mut params: Vec<Value> = vec![collection.into(), id.into(), note.map(str::to_owned).into()];
    let mut base_too = "";
    if let Some(base) = base {
        params.push(base.to_vec().into());
        base_too = ", row_digest = NULL, column_digests = $4";
    }
    tx.execute(
        &format!("UPDATE legacy_documents SET note = $3{base_too} WHERE collection = $1 AND id = $2"),
        &params,
    )?;
    Ok(())
}

/// The values of some columns of a table in the rows with some ids.
pub fn rows(
    tx: &mut Tx<'_>,
    table: &str,
    columns: &[&str],
    ids: &[String],
) -> Result<Vec<Vec<Value>>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let params = padded(ids.iter().map(Value::from));
    let sql =
        format!("SELECT {} FROM {table} WHERE id IN ({})", columns.join(", "), placeholders(1, ids.len()));
    tx.query(&sql, &params, |row| columns.iter().map(|column| row.take_value(column)).collect())
}

/// The number of documents per collection.
pub fn count(tx: &mut Tx<'_>) -> Result<Vec<(String, i64)>, StoreError> {
    tx.fetch_all(
        "SELECT collection, count(*) AS total FROM legacy_documents GROUP BY collection ORDER BY collection",
        &[],
    )
}

/// Begins the list of the documents of one collection in a dump.
pub fn begin_seen(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.execute("CREATE TEMPORARY TABLE IF NOT EXISTS legacy_seen (id TEXT PRIMARY KEY)", &[])?;
    tx.execute("DELETE FROM legacy_seen", &[])?;
    Ok(())
}

/// Adds documents to the list.
pub fn add_seen(tx: &mut Tx<'_>, ids: &[Value]) -> Result<(), StoreError> {
    tx.insert_rows("legacy_seen", &["id"], ids, "ON CONFLICT DO NOTHING")?;
    Ok(())
}

/// The entries of documents that are not on the list.
pub fn unseen(tx: &mut Tx<'_>, collection: &str) -> Result<Vec<Entry>, StoreError> {
    tx.fetch_all(
        &format!(
            "SELECT {} FROM legacy_documents d WHERE collection = $1 \
               AND NOT EXISTS (SELECT 1 FROM legacy_seen s WHERE s.id = d.id)",
            Entry::columns()
        ),
        &[collection.into()],
    )
}

record! {
    /// A finished import.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Import {
        /// The digest of the dump.
        pub digest: String,
        /// Its report, as JSON.
        pub report: String,
        /// When it finished.
        pub finished_at: Timestamp,
    }
}

/// The newest import.
pub fn newest_import(tx: &mut Tx<'_>) -> Result<Option<Import>, StoreError> {
    tx.fetch_optional(
        &format!("SELECT {} FROM legacy_imports ORDER BY number DESC LIMIT 1", Import::columns()),
        &[],
    )
}

/// Records that an import has finished.
pub fn insert_import(tx: &mut Tx<'_>, import: &Import) -> Result<(), StoreError> {
    let last: Option<i64> = tx.fetch_one("SELECT max(number) AS number FROM legacy_imports", &[])?;
    tx.execute(
        "INSERT INTO legacy_imports (number, digest, report, finished_at) VALUES ($1, $2, $3, $4)",
        &[
            (last.unwrap_or(0) + 1).into(),
            (&import.digest).into(),
            (&import.report).into(),
            import.finished_at.into(),
        ],
    )?;
    Ok(())
}
