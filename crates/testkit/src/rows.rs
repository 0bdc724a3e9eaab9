//! The contents of a database as text, the same for both kinds.

use crate::eventually_blocking;
use meeshy_store::{Ending, Exclusive, Location, StoreError, Tx, Value};

/// Runs a read-only transaction on a database that is not in use. A store that was just dropped releases it a
/// moment later.
///
/// # Panics
/// If it cannot be opened or read.
pub fn read<T>(location: &Location, read: impl FnOnce(&mut Tx<'_>) -> Result<T, StoreError>) -> T {
    let mut database = Exclusive::open(location);
    eventually_blocking("the folder is released", || {
        if matches!(database, Err(StoreError::InUse(_))) {
            database = Exclusive::open(location);
        }
        !matches!(database, Err(StoreError::InUse(_)))
    });
    let mut database = database.expect("the database opens");
    database.transaction::<_, StoreError>(|tx| Ok((read(tx)?, Ending::Undo))).expect("the database is read")
}

/// The rows of a query, each as its values.
///
/// # Errors
/// If the database fails.
pub fn values(tx: &mut Tx<'_>, sql: &str, columns: &[&str]) -> Result<Vec<Vec<Value>>, StoreError> {
    tx.query(sql, &[], |row| columns.iter().map(|column| row.take_value(column)).collect())
}

/// The rows of a query, each as a line.
///
/// # Errors
/// If the database fails.
pub fn lines(tx: &mut Tx<'_>, sql: &str, columns: &[&str]) -> Result<Vec<String>, StoreError> {
    let rows = values(tx, sql, columns)?;
    Ok(rows.iter().map(|row| row.iter().map(shown).collect::<Vec<_>>().join(" | ")).collect())
}

/// A value as text, the same for both databases.
#[must_use]
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

/// Every row of every table except `but`, sorted.
///
/// # Panics
/// As [`read`].
#[must_use]
pub fn all(location: &Location, but: &[&str]) -> Vec<String> {
    let (tables, columns) = catalogue(location);
    read(location, |tx| {
        let mut all = Vec::new();
        for table in lines(tx, tables, &["it"])? {
            if but.contains(&table.as_str()) {
                continue;
            }
            let columns = lines(tx, &columns.replace("TABLE", &table), &["it"])?;
            let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
            let sql = format!("SELECT {} FROM {table}", columns.join(", "));
            let rows = lines(tx, &sql, &columns)?;
            all.extend(rows.into_iter().map(|line| format!("{table} {line}")));
        }
        all.sort_unstable();
        Ok(all)
    })
}

/// The queries for the names of all tables, and of the columns of `TABLE`.
fn catalogue(location: &Location) -> (&'static str, &'static str) {
    match location {
        Location::Folder(_) => (
            "SELECT name AS it FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'search_grams%'",
            "SELECT name AS it FROM pragma_table_info('TABLE')",
        ),
        Location::Postgres { .. } => (
            "SELECT tablename::text AS it FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'search_grams'",
            "SELECT column_name::text AS it FROM information_schema.columns WHERE table_schema = current_schema() \
             AND table_name = 'TABLE' ORDER BY ordinal_position",
        ),
    }
}
