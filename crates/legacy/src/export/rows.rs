//! Rows as an export reads them, with their values for the old system.

use super::context::Context;
use super::document;
use super::error::ExportError;
use super::special::{self, Special};
use crate::mapping::digests::row_digest;
use crate::mapping::to_bson::to_bson;
use crate::mapping::{Draft, Mapper};
use bson::{RawBson, RawDocument};
use meeshy_store::{Row, StoreError, Value};

/// The rows of one table that belong to one collection.
pub(super) struct Rows<'m> {
    pub(super) collection: &'static str,
    pub(super) mapper: &'m Mapper,
    pub(super) special: &'static Special,
    /// The columns that a query selects.
    pub(super) columns: String,
}

/// A row as it was read.
pub(super) struct Fetched<'m> {
    pub(super) row: Draft<'m>,
    /// The values of columns for the old system, if this row was changed.
    pub(super) filled: Vec<(&'static str, Value)>,
    /// Fields without a column, and whether imported documents get them.
    pub(super) more: Vec<(&'static str, RawBson, bool)>,
    pub(super) is_held: bool,
}

impl<'m> Rows<'m> {
    pub(super) fn new(collection: &'static str, mapper: &'m Mapper) -> Self {
        let special = special::of(collection, mapper.mapping.table);
        let mut columns: Vec<String> =
            mapper.columns().iter().map(|column| format!("t.{column} AS {column}")).collect();
        for (at, (_, sql)) in special.filled.iter().enumerate() {
            columns.push(format!("{sql} AS filled_{at}"));
        }
        for (at, more) in special.more.iter().enumerate() {
            columns.push(format!("{} AS more_{at}, ({}) AS renews_{at}", more.sql, more.renews));
        }
        columns.push(format!("({}) AS is_held", special.held));
        Self { collection, mapper, special, columns: columns.join(", ") }
    }

    /// A row of a query that selects `columns`.
    pub(super) fn read(&self, row: &mut Row) -> Result<Fetched<'m>, StoreError> {
        let columns = self.mapper.columns().iter();
        let values = columns.map(|column| row.take_value(column)).collect::<Result<Vec<_>, _>>()?;
        let mut filled = Vec::with_capacity(self.special.filled.len());
        for (at, (column, _)) in self.special.filled.iter().enumerate() {
            filled.push((*column, row.take_value(&format!("filled_{at}"))?));
        }
        let mut more = Vec::with_capacity(self.special.more.len());
        for (at, special) in self.special.more.iter().enumerate() {
            let value = row.take_value(&format!("more_{at}"))?;
            let value = to_bson(special.field.kind, &value).ok_or_else(|| {
                StoreError::Statement(format!("`{}` cannot be {value:?}", special.field.name))
            })?;
            more.push((special.field.name, value, row.take(&format!("renews_{at}"))?));
        }
        let is_held: Option<bool> = row.take("is_held")?;
        Ok(Fetched { row: self.mapper.row(values), filled, more, is_held: is_held == Some(true) })
    }

    /// Records a user whose password the old system cannot verify.
    pub(super) fn note_password(&self, context: &Context<'_, '_>, row: &Draft<'_>, document: &RawDocument) {
        if self.collection == "User" && document.get_str("password").is_ok_and(document::is_ours) {
            let name = row.text("username").unwrap_or_default().to_owned();
            context.losses.borrow_mut().new_passwords.push(name);
        }
    }
}

/// Whether a document's row is unchanged since the import.
pub(super) fn is_unchanged<'a>(
    context: &Context<'_, '_>,
    mappers: impl Iterator<Item = &'a Mapper>,
    id: &str,
    imported: &[u8],
) -> Result<bool, ExportError> {
    for mapper in mappers {
        let columns: Vec<&str> = mapper.lasting_columns().collect();
        let sql = format!("SELECT {} FROM {} WHERE id = $1", columns.join(", "), mapper.mapping.table);
        let digest = context.tx.borrow_mut().query_first(&sql, &[id.into()], |row| {
            let values = columns.iter().map(|column| row.take_value(column));
            Ok(row_digest(values.collect::<Result<Vec<Value>, _>>()?.iter()))
        })?;
        if let Some(digest) = digest {
            return Ok(digest == imported);
        }
    }
    Ok(false)
}
