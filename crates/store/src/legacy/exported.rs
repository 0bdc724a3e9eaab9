//! Documents written by exports, so that they are recognised when they are imported again.

use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::record;
use crate::{StoreError, Tx, Value};
use meeshy_domain::Timestamp;

/// The newest exports, which are remembered.
const MAX_EXPORTS: i64 = 8;

record! {
    /// A document that an export wrote and that was not imported in this form.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Exported {
        /// The number of the export.
        pub export: i64,
        /// Its `_id`.
        pub id: String,
        /// The digest of the document.
        pub digest: Vec<u8>,
        /// A digest of each column of the row, as in the document.
        pub column_digests: Vec<u8>,
        /// The key of the row, as a JSON array.
        pub row_key: String,
    }
}

const COLUMNS: [&str; 6] = ["export", "collection", "id", "digest", "column_digests", "row_key"];

/// Records an export, removes the oldest if there are too many, and returns the number of the new one.
pub fn begin(tx: &mut Tx<'_>, digest: &str, now: Timestamp) -> Result<i64, StoreError> {
    let last: Option<i64> = tx.fetch_one("SELECT max(number) AS number FROM legacy_exports", &[])?;
    let number = last.unwrap_or(0) + 1;
    forget(tx, number - MAX_EXPORTS)?;
    tx.execute(
        "INSERT INTO legacy_exports (number, digest, finished_at) VALUES ($1, $2, $3)",
        &[number.into(), digest.into(), now.into()],
    )?;
    Ok(number)
}

/// Adds documents of a collection.
pub fn add(
    tx: &mut Tx<'_>,
    collection: &str,
    documents: impl IntoIterator<Item = Exported>,
) -> Result<(), StoreError> {
    let mut rows: Vec<Value> = Vec::new();
    for Exported { export, id, digest, column_digests, row_key } in documents {
        rows.extend([
            export.into(),
            collection.into(),
            id.into(),
            digest.into(),
            column_digests.into(),
            row_key.into(),
        ]);
    }
    tx.insert_rows("legacy_exported", &COLUMNS, &rows, "ON CONFLICT DO NOTHING")?;
    Ok(())
}

/// The collections with documents written by exports.
pub fn collections(tx: &mut Tx<'_>) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT DISTINCT collection FROM legacy_exported ORDER BY collection";
    tx.fetch_all(sql, &[])
}

/// All versions of some documents written by exports up to one, the oldest first.
pub fn find_all(
    tx: &mut Tx<'_>,
    collection: &str,
    ids: &[&str],
    up_to: i64,
) -> Result<Vec<Exported>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut params = vec![collection.into(), up_to.into()];
    params.extend(padded(ids.iter().map(|id| Value::from(*id))));
    let list = placeholders(3, ids.len());
    let sql = format!(
        "SELECT {} FROM legacy_exported WHERE collection = $1 AND export <= $2 AND id IN ({list}) ORDER BY export",
        Exported::columns()
    );
    tx.fetch_all(&sql, &params)
}

/// The newest version of each document of a collection that exports up to one wrote and that is not in the
/// import ledger.
pub fn missing(tx: &mut Tx<'_>, collection: &str, up_to: i64) -> Result<Vec<Exported>, StoreError> {
    let sql = format!(
        "SELECT {} FROM legacy_exported e \
         WHERE collection = $1 AND export = (SELECT max(o.export) FROM legacy_exported o \
             WHERE o.collection = e.collection AND o.id = e.id AND o.export <= $2) \
           AND NOT EXISTS (SELECT 1 FROM legacy_documents d WHERE d.collection = e.collection AND d.id = e.id) \
         ORDER BY id",
        Exported::columns()
    );
    tx.fetch_all(&sql, &[collection.into(), up_to.into()])
}

/// Removes the records of exports up to one.
pub fn forget(tx: &mut Tx<'_>, up_to: i64) -> Result<(), StoreError> {
    tx.execute("DELETE FROM legacy_exported WHERE export <= $1", &[up_to.into()])?;
    tx.execute("DELETE FROM legacy_exports WHERE number <= $1", &[up_to.into()])?;
    Ok(())
}
