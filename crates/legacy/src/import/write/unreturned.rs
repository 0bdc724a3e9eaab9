//! Rows that exports brought to the old system, and that are gone there since.

use super::deletions::REFERENCED;
use super::report_builder::ReportBuilder;
use super::returned::Returned;
use super::rows;
use crate::export::filled;
use crate::import::context::Input;
use crate::import::error::ImportError;
use crate::import::report::Conflict;
use meeshy_store::legacy::exported::{self, Exported};
use meeshy_store::{Tx, Value};

/// Removes them where another one of the same collection shows that they were there; then forgets those exports, for what came
/// back is in the ledger of imports now.
pub(super) fn delete(
    tx: &mut Tx<'_>,
    input: Input<'_>,
    returned: &Returned,
    report: &mut ReportBuilder<'_>,
) -> Result<(), ImportError> {
    for collection in exported::collections(tx)? {
        let is_evident = returned.evident.contains(&collection);
        for row in exported::missing(tx, &collection, returned.up_to)? {
            match try_to_delete(tx, input, &collection, &row, is_evident)? {
                Ok(true) => report.removed(&collection),
                Ok(false) => {}
                Err(what) => {
                    let (collection, id) = (collection.clone(), row.id);
                    report.conflict(Conflict { collection, id, column: None, what: what.into() })?;
                }
            }
        }
    }
    exported::forget(tx, returned.up_to)?;
    Ok(())
}

/// Removes a row, or says why it stays. Says whether there was one.
fn try_to_delete(
    tx: &mut Tx<'_>,
    input: Input<'_>,
    collection: &str,
    row: &Exported,
    is_evident: bool,
) -> Result<Result<bool, &'static str>, ImportError> {
    let key: Vec<Value> = serde_json::from_str::<Vec<String>>(&row.row_key)
        .map_err(|error| ImportError::DoesNotAddUp(error.to_string()))?
        .into_iter()
        .map(Value::from)
        .collect();
    let mut mappers = input.mappers.of_collection(collection);
    let found = mappers.try_fold(None, |found, mapper| match found {
        None if mapper.mapping.key.len() == key.len() => {
            let filled = filled(collection, mapper.mapping.table);
            rows::find(tx, mapper, filled, mapper.mapping.key, &key)
        }
        found => Ok(found),
    })?;
    let Some(here) = found else { return Ok(Ok(false)) };
    if !is_evident {
        return Ok(Err(
            "exported and not in the dump, like all that this collection got by the export; left as it is here",
        ));
    }
    if here.mapper.mapping.parent.is_some() {
        return Ok(Err("not in the dump, but others may refer to it; left as it is here"));
    }
    if !rows::is_unchanged(&here, None, Some(&row.column_digests)) {
        return Ok(Err("gone there, but changed here; left as it is here"));
    }
    let mapping = here.mapper.mapping;
    let sql = format!("DELETE FROM {} WHERE {}", mapping.table, rows::where_of(mapping.key, 1));
    if tx.attempt(|tx| tx.execute(&sql, &key))?.is_err() {
        return Ok(Err(REFERENCED));
    }
    Ok(Ok(true))
}
