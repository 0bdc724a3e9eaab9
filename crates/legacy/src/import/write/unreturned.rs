//! Rows that exports brought to the old system and that were deleted there since.

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

/// Removes them if another one of the same collection shows that they were there. Then removes the records of
/// those exports, because what came back is in the import ledger now.
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

/// Removes a row, or returns why it stays. Returns whether it existed.
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
            "exported but not in the dump, like everything that the export added to this collection; kept",
        ));
    }
    if here.mapper.mapping.parent.is_some() {
        return Ok(Err("not in the dump, but possibly still referenced; kept"));
    }
    if !rows::is_unchanged(&here, None, Some(&row.column_digests)) {
        return Ok(Err("deleted in the old system, but changed here; kept"));
    }
    let mapping = here.mapper.mapping;
    let sql = format!("DELETE FROM {} WHERE {}", mapping.table, rows::where_of(mapping.key, 1));
    if tx.attempt(|tx| tx.execute(&sql, &key))?.is_err() {
        return Ok(Err(REFERENCED));
    }
    Ok(Ok(true))
}
