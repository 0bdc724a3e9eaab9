//! Rows to remove because their documents have disappeared or no longer become rows.

use super::report_builder::ReportBuilder;
use super::rows;
use crate::import::context::Input;
use crate::import::error::ImportError;
use crate::import::report::Conflict;
use crate::mapping::Mapper;
use crate::mapping::field::Parent;
use meeshy_store::legacy::{self, Entry};
use meeshy_store::{Tx, Value};
use std::collections::HashSet;

/// The reason why a row stays though its document has disappeared.
pub(super) const REFERENCED: &str = "deleted in the old system, but still referenced here; kept";

/// A document whose row is to be removed.
pub(super) struct Deletion<'m> {
    pub(super) collection: String,
    pub(super) id: String,
    /// What the row may have been created from.
    mappers: Vec<&'m Mapper>,
    /// The digest of the row as it was imported.
    row_digest: Option<Vec<u8>>,
    /// The digests of its columns.
    column_digests: Option<Vec<u8>>,
    cause: Cause,
}

/// Why a row is to be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// The document has disappeared, and so has its entry.
    Gone,
    /// The document is in the archive now.
    Archived,
    /// The document was merged into that of another row, which has the same key.
    Merged,
}

impl<'m> Deletion<'m> {
    /// The row of a ledger entry, if it has one.
    pub(super) fn new(input: Input<'m>, collection: &str, entry: Entry, cause: Cause) -> Self {
        let has_row = entry.has_row();
        Self {
            collection: collection.into(),
            id: entry.id,
            mappers: input.mappers.of_collection(collection).filter(|_| has_row).collect(),
            row_digest: entry.row_digest,
            column_digests: entry.column_digests,
            cause,
        }
    }

    /// Removes the row, and reports it if it stays. `referenced` are rows that retained rows refer to.
    pub(super) fn delete(
        self,
        tx: &mut Tx<'_>,
        referenced: &HashSet<(Parent, String)>,
        report: &mut ReportBuilder<'_>,
    ) -> Result<(), ImportError> {
        match self.try_to_delete(tx, referenced, report)? {
            Some(conflict) => report.conflict(conflict),
            None => Ok(()),
        }
    }

    /// Removes the row, or says why it stays.
    pub(super) fn try_to_delete(
        self,
        tx: &mut Tx<'_>,
        referenced: &HashSet<(Parent, String)>,
        report: &mut ReportBuilder<'_>,
    ) -> Result<Option<Conflict>, ImportError> {
        let mut parents = self.mappers.iter().filter_map(|mapper| mapper.mapping.parent);
        let is_referenced = parents.any(|parent| referenced.contains(&(parent, self.id.clone())));
        let outcome = if is_referenced { Err(REFERENCED) } else { self.remove_rows(tx)? };
        let Self { collection, id, cause, .. } = self;
        let is_removed = match outcome {
            Ok(is_removed) => is_removed,
            Err(what) => return Ok(Some(Conflict { collection, id, column: None, what: what.into() })),
        };
        if cause == Cause::Gone {
            legacy::remove(tx, &collection, &id)?;
        }
        if cause == Cause::Gone || (cause == Cause::Archived && is_removed) {
            report.removed(&collection);
        }
        Ok(None)
    }

    /// Removes the row, unless it was changed here or something here refers to it. Returns whether it
    /// existed.
    fn remove_rows(&self, tx: &mut Tx<'_>) -> Result<Result<bool, &'static str>, ImportError> {
        let mut is_removed = false;
        for mapper in &self.mappers {
            let Some(here) = rows::find(tx, mapper, &[], &["id"], &[Value::from(&self.id)])? else {
                continue;
            };
            if !rows::is_unchanged(&here, self.row_digest.as_deref(), self.column_digests.as_deref()) {
                return Ok(Err("deleted in the old system, but changed here; kept"));
            }
            let sql = format!("DELETE FROM {} WHERE id = $1", mapper.mapping.table);
            let removed = tx.attempt(|tx| tx.execute(&sql, &[self.id.as_str().into()]))?;
            if removed.is_err() {
                return Ok(Err(REFERENCED));
            }
            is_removed = true;
        }
        Ok(Ok(is_removed))
    }
}
