//! Finds, inserts, updates and compares one row of a mapping.

use crate::export::Filled;
use crate::import::error::ImportError;
use crate::mapping::digests::ColumnDigests;
use crate::mapping::three_way::is_changed;
use crate::mapping::{Draft, Mapper};
use meeshy_store::{Tx, Value};

/// The columns of a row, in the order of its values.
pub(super) fn column_names(mapper: &Mapper) -> Vec<&str> {
    mapper.columns().iter().map(String::as_str).collect()
}

/// Inserts a row, or returns why it cannot.
pub(super) fn insert(tx: &mut Tx<'_>, row: &Draft<'_>) -> Result<Result<(), &'static str>, ImportError> {
    let inserted = tx.insert_rows(
        row.mapper.mapping.table,
        &column_names(row.mapper),
        row.values(),
        "ON CONFLICT DO NOTHING",
    )?;
    Ok(if inserted == 1 {
        Ok(())
    } else {
        Err("new in the old system, but a row with the same key was created here")
    })
}

/// Overwrites the row with the same key, except for derived columns.
pub(super) fn upsert(tx: &mut Tx<'_>, row: &Draft<'_>) -> Result<(), ImportError> {
    upsert_where(tx, row, "")
}

/// Overwrites an older translation.
pub(super) fn upsert_newer(tx: &mut Tx<'_>, row: &Draft<'_>) -> Result<(), ImportError> {
    upsert_where(tx, row, "WHERE excluded.updated_at > translations.updated_at")
}

fn upsert_where(tx: &mut Tx<'_>, row: &Draft<'_>, unless: &str) -> Result<(), ImportError> {
    let key = row.mapper.mapping.key;
    let changes: Vec<String> = row
        .mapper
        .lasting_columns()
        .chain(row.mapper.mapping.recomputed.iter().copied())
        .filter(|column| !key.contains(column))
        .map(|column| format!("{column} = excluded.{column}"))
        .collect();
    let condition = if row.mapper.mapping.table == "read_cursors" { "WHERE user_id IS NOT NULL" } else { "" };
    let conflict =
        format!("ON CONFLICT ({}) {condition} DO UPDATE SET {} {unless}", key.join(", "), changes.join(", "));
    tx.insert_rows(row.mapper.mapping.table, &column_names(row.mapper), row.values(), &conflict)?;
    Ok(())
}

/// The current row of a document: by its id, or by its key if it may have no id yet.
pub(super) fn current<'m>(
    tx: &mut Tx<'_>,
    of: &Draft<'m>,
    filled: Filled,
    or_by_key: bool,
) -> Result<Option<Draft<'m>>, ImportError> {
    let found = find(tx, of.mapper, filled, &["id"], &[Value::from(&of.id)])?;
    if found.is_some() || !or_by_key {
        return Ok(found);
    }
    let key = of.mapper.mapping.key;
    let values: Vec<Value> = key.iter().map(|column| of.get(column).clone()).collect();
    find(tx, of.mapper, filled, key, &values)
}

/// A row by the values of some columns; `filled` columns are read as an export writes them.
pub(super) fn find<'m>(
    tx: &mut Tx<'_>,
    mapper: &'m Mapper,
    filled: Filled,
    by: &[&str],
    values: &[Value],
) -> Result<Option<Draft<'m>>, ImportError> {
    let column = |name: &&str| match filled.iter().find(|(column, _)| column == name) {
        Some((_, sql)) => format!("{sql} AS {name}"),
        None => format!("t.{name} AS {name}"),
    };
    let columns: Vec<String> = column_names(mapper).iter().map(column).collect();
    let by: Vec<String> = by.iter().map(|column| format!("t.{column}")).collect();
    let by: Vec<&str> = by.iter().map(String::as_str).collect();
    let table = mapper.mapping.table;
    let sql = format!("SELECT {} FROM {table} t WHERE {}", columns.join(", "), where_of(&by, 1));
    let found = tx.query_first(&sql, values, |row| {
        let values = mapper.columns().iter().map(|column| row.take_value(column));
        Ok(mapper.row(values.collect::<Result<_, _>>()?))
    })?;
    Ok(found)
}

/// Whether a row is unchanged since the common state, except for server-updated columns.
pub(super) fn is_unchanged(here: &Draft<'_>, row: Option<&[u8]>, columns: Option<&[u8]>) -> bool {
    if row == Some(here.row_digest().as_slice()) {
        return true;
    }
    let digests = columns.and_then(|bytes| ColumnDigests::from_bytes(bytes, here.mapper));
    digests.is_some_and(|digests| !is_changed(&digests, here))
}

/// Updates the columns of a row, and gives it the id of its document if it has none; `false` if another row
/// has one of its unique values.
pub(super) fn update(
    tx: &mut Tx<'_>,
    here: &Draft<'_>,
    there: &Draft<'_>,
    columns: &[(String, Value)],
) -> Result<bool, ImportError> {
    let mapping = there.mapper.mapping;
    let mut set: Vec<(&str, Value)> =
        columns.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    if !set.is_empty() {
        set.extend(mapping.recomputed.iter().map(|column| (*column, there.get(column).clone())));
    }
    if here.id.is_empty() {
        set.push(("id", there.id.as_str().into()));
    }
    if set.is_empty() {
        return Ok(true);
    }
    let by: &[&str] = if here.id.is_empty() { mapping.key } else { &["id"] };
    let assignments: Vec<String> =
        set.iter().zip(1..).map(|((column, _), at)| format!("{column} = ${at}")).collect();
    let sql = format!(
        "UPDATE {} SET {} WHERE {}",
        mapping.table,
        assignments.join(", "),
        where_of(by, set.len() + 1)
    );
    let mut params: Vec<Value> = set.into_iter().map(|(_, value)| value).collect();
    params.extend(by.iter().map(|column| here.get(column).clone()));
    Ok(tx.attempt(|tx| tx.execute(&sql, &params))?.is_ok())
}

/// `a = $1 AND b = $2`.
pub(super) fn where_of(columns: &[&str], from: usize) -> String {
    let conditions = columns.iter().zip(from..).map(|(column, at)| format!("{column} = ${at}"));
    conditions.collect::<Vec<_>>().join(" AND ")
}
