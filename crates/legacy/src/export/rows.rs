//! Documents out of rows: those that were imported, under the name that they had, and those that were written here.

use super::document::{self, More, Origin};
use super::error::ExportError;
use super::reader::{From, PAGE, Reader, bson};
use super::run::Mappers;
use super::special::{self, Special};
use crate::mapping::to_bson::to_bson;
use crate::mapping::translations::has_inside;
use crate::mapping::{Draft, Mapper, Residual, row_digest};
use bson::{RawBson, RawDocument, RawDocumentBuf};
use meeshy_store::{Row, StoreError, Value};

/// The rows of one table that are documents of one collection.
pub(super) struct Rows<'m> {
    collection: &'static str,
    mapper: &'m Mapper,
    special: &'static Special,
    /// What a query selects of each row.
    columns: String,
}

/// A row as it was read.
struct Found<'m> {
    row: Draft<'m>,
    /// What columns say to the old system, if this row was changed.
    filled: Vec<(&'static str, Value)>,
    /// Fields that no column is, and whether an imported document gets them.
    more: Vec<(&'static str, RawBson, bool)>,
    is_held: bool,
}

/// The ledger's part of a row that was imported.
struct Ledger {
    rest: Option<Vec<u8>>,
    instead: Option<Vec<u8>>,
    row_digest: Option<Vec<u8>>,
    layout: i64,
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

    /// The next documents of rows that were imported under a name, after the one of an id.
    ///
    /// Answers also with the id of the last one, or none if there is no more.
    pub(super) fn imported(
        &self,
        reader: &Reader<'_, '_>,
        name: &str,
        after: &str,
    ) -> Result<(Vec<RawDocumentBuf>, Option<String>), ExportError> {
        let sql = format!(
            "SELECT {}, d.rest AS d_rest, d.instead AS d_instead, d.row_digest AS d_row_digest, d.layout AS d_layout \
             FROM legacy_documents d JOIN {} t ON t.id = d.id \
             WHERE d.collection = $1 AND d.outcome = 'inserted' AND d.layout IN ({}) AND d.id > $2 ORDER BY d.id LIMIT {PAGE}",
            self.columns,
            self.mapper.mapping.table,
            reader.layouts_of(name)
        );
        let found = reader.tx.borrow_mut().query(&sql, &[self.collection.into(), after.into()], |row| {
            let ledger = Ledger {
                rest: row.take("d_rest")?,
                instead: row.take("d_instead")?,
                row_digest: row.take("d_row_digest")?,
                layout: row.take("d_layout")?,
            };
            Ok((self.read(row)?, ledger))
        })?;
        let last = found.last().map(|(found, _)| found.row.id.clone());
        let mut documents = Vec::with_capacity(found.len());
        for (found, ledger) in found {
            documents.extend(self.document(reader, name, found, ledger)?);
        }
        Ok((documents, last))
    }

    fn document(
        &self,
        reader: &Reader<'_, '_>,
        name: &str,
        found: Found<'m>,
        ledger: Ledger,
    ) -> Result<Option<RawDocumentBuf>, ExportError> {
        let Found { mut row, filled, more, is_held } = found;
        if !is_held {
            return Ok(None);
        }
        let Some(layout) = reader.layout(ledger.layout) else { return Ok(None) };
        let is_changed = ledger.row_digest.as_deref() != Some(row.row_digest().as_slice());
        let renewed: More = more
            .into_iter()
            .filter(|(field, _, renews)| *renews && layout.fields.iter().any(|name| name == field))
            .map(|(field, value, _)| (field, value))
            .collect();
        if is_changed {
            document::fill(&mut row, filled);
        }
        let rest = bson(ledger.rest, self.collection, &row.id)?;
        let instead = bson(ledger.instead, self.collection, &row.id)?;
        let origin = Origin { fields: &layout.fields, rest: &rest, instead: &instead, is_changed };
        let document = document::imported(&row, &origin, &renewed)?;
        self.look_at_password(reader, &row, &document);
        let is_touched = is_changed || !renewed.is_empty();
        reader.count(name, if is_touched { From::Changed } else { From::Unchanged });
        if is_touched {
            keep_old_password(&mut row, &document);
            reader.record.borrow_mut().add(self.collection, &row, &document)?;
        }
        Ok(Some(document))
    }

    /// The next documents of rows that were written here, after the one of a key.
    ///
    /// Answers also with the key of the last one, or none if there is no more.
    pub(super) fn new_ones(
        &self,
        reader: &Reader<'_, '_>,
        name: &str,
        mappers: &Mappers,
        after: &[Value],
        collections: &[&str],
    ) -> Result<(Vec<RawDocumentBuf>, Option<Vec<Value>>), ExportError> {
        let (found, last) = self.written_here(reader, mappers, after, collections)?;
        let mut documents = Vec::with_capacity(found.len());
        for Found { mut row, filled, more, .. } in found {
            document::fill(&mut row, filled);
            let more = more.into_iter().map(|(field, value, _)| (field, value)).collect();
            let document = document::new(&row, &more)?;
            self.look_at_password(reader, &row, &document);
            reader.count(name, From::New);
            reader.record.borrow_mut().add(self.collection, &row, &document)?;
            documents.push(document);
        }
        Ok((documents, last))
    }

    /// A document that was merged into the row of another, as that row says it now; nothing if there is no such row.
    pub(super) fn merged(
        &self,
        reader: &Reader<'_, '_>,
        id: &str,
        raw: &RawDocument,
    ) -> Result<Option<RawDocumentBuf>, ExportError> {
        let sql = format!("SELECT {} FROM {} t WHERE t.id = $1", self.columns, self.mapper.mapping.table);
        let found = reader.tx.borrow_mut().query_first(&sql, &[id.into()], |row| self.read(row))?;
        let Some(Found { mut row, filled, is_held: true, .. }) = found else { return Ok(None) };
        let Ok(was) = self.mapper.map_part(raw, &[]) else { return Ok(None) };
        let trace = Residual::of(&was, raw);
        let fields: Vec<String> = raw.iter().flatten().map(|(name, _)| name.as_str().to_owned()).collect();
        document::fill(&mut row, filled);
        row.set("id", was.id.as_str());
        row.id = was.id;
        let (rest, instead) = (trace.rest.unwrap_or_default(), trace.instead.unwrap_or_default());
        let origin = Origin { fields: &fields, rest: &rest, instead: &instead, is_changed: true };
        Ok(Some(document::imported(&row, &origin, &Vec::new())?))
    }

    /// Whether there are rows that were written here.
    pub(super) fn has_new_ones(
        &self,
        reader: &Reader<'_, '_>,
        mappers: &Mappers,
        collections: &[&str],
    ) -> Result<bool, ExportError> {
        let mut after = Vec::new();
        loop {
            let (found, last) = self.written_here(reader, mappers, &after, collections)?;
            if !found.is_empty() {
                return Ok(true);
            }
            let Some(last) = last else { return Ok(false) };
            after = last;
        }
    }

    /// Some rows that were written here, and the key of the last one that was looked at.
    fn written_here(
        &self,
        reader: &Reader<'_, '_>,
        mappers: &Mappers,
        after: &[Value],
        collections: &[&str],
    ) -> Result<(Vec<Found<'m>>, Option<Vec<Value>>), ExportError> {
        let inside = if self.collection == "MessageTranslation" {
            "(SELECT o.rest FROM legacy_documents o WHERE o.collection = 'Message' AND o.id = t.message_id)"
        } else {
            "NULL"
        };
        let sql = format!(
            "SELECT {}, {inside} AS inside, {} AS unread_digest {} ORDER BY {} LIMIT {PAGE}",
            self.columns,
            self.unread_digest(),
            self.new_rows(collections, !after.is_empty()),
            self.key()
        );
        let found = reader.tx.borrow_mut().query(&sql, after, |row| {
            let inside: Option<Vec<u8>> = row.take("inside")?;
            let unread_digest: Option<Vec<u8>> = row.take("unread_digest")?;
            Ok((self.read(row)?, inside, unread_digest))
        })?;
        let key = |row: &Draft<'_>| {
            self.mapper.mapping.key.iter().map(|column| row.get(column).clone()).collect::<Vec<_>>()
        };
        let last = found.last().map(|(found, ..)| key(&found.row));
        let mut written = Vec::with_capacity(found.len());
        for (found, inside, unread_digest) in found {
            if let (Some(unread), Some(imported)) = (self.special.unread, unread_digest)
                && is_unchanged(reader, &mappers.of(unread), &found.row.id, &imported)?
            {
                continue;
            }
            let inside = bson(inside, "Message", found.row.text("message_id").unwrap_or_default())?;
            // The message says it itself.
            let language = found.row.text("language").unwrap_or_default();
            if !has_inside(&inside, language, found.row.get("content")) {
                written.push(found);
            }
        }
        Ok((written, last))
    }

    /// SQL of the digest of a row that a collection brought which the old code does not read.
    fn unread_digest(&self) -> String {
        let of = |unread| {
            format!(
                "(SELECT o.row_digest FROM legacy_documents o WHERE o.collection = '{unread}' AND o.id = t.id \
                   AND o.outcome = 'inserted')"
            )
        };
        self.special.unread.map_or_else(|| "NULL".to_owned(), of)
    }

    /// The rows that no import brought, from a key on if need be, and those of which it brought only what the old code does not
    /// read.
    fn new_rows(&self, collections: &[&str], is_after: bool) -> String {
        let read = collections.iter().filter(|name| Some(**name) != self.special.unread);
        let collections: Vec<String> = read.map(|name| format!("'{name}'")).collect();
        let without_another = self.special.unread.map_or_else(String::new, |unread| {
            format!(
                "AND coalesce(t.id, '') NOT IN (SELECT o.kept_id FROM legacy_documents o WHERE o.collection IN ({}) \
                   AND o.outcome = 'merged' AND o.kept_collection = '{unread}')",
                collections.join(", ")
            )
        });
        let after = if is_after {
            let places: Vec<String> =
                (1..=self.mapper.mapping.key.len()).map(|at| format!("${at}")).collect();
            format!("AND ({}) > ({})", self.key(), places.join(", "))
        } else {
            String::new()
        };
        format!(
            "FROM {} t WHERE ({}) AND ({}) AND NOT EXISTS (SELECT 1 FROM legacy_documents d \
               WHERE d.collection IN ({}) AND d.id = t.id AND d.outcome = 'inserted') {without_another} {after}",
            self.mapper.mapping.table,
            self.special.held,
            self.special.needed,
            collections.join(", ")
        )
    }

    fn key(&self) -> String {
        let key = self.mapper.mapping.key.iter();
        key.map(|column| format!("t.{column}")).collect::<Vec<_>>().join(", ")
    }

    fn read(&self, row: &mut Row) -> Result<Found<'m>, StoreError> {
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
        Ok(Found { row: self.mapper.row(values), filled, more, is_held: is_held == Some(true) })
    }

    /// Notes who has a password that the old system cannot check.
    fn look_at_password(&self, reader: &Reader<'_, '_>, row: &Draft<'_>, document: &RawDocument) {
        if self.collection == "User" && document.get_str("password").is_ok_and(document::is_ours) {
            let name = row.text("username").unwrap_or_default().to_owned();
            reader.found.borrow_mut().new_passwords.push(name);
        }
    }
}

/// Who only signed in here has another hash of the same password, and the document the one that the old system knows.
fn keep_old_password(row: &mut Draft<'_>, document: &RawDocument) {
    let written = document.get_str("password").ok().filter(|hash| !document::is_ours(hash));
    if let (true, Some(hash)) = (row.mapper.mapping.table == "users", written) {
        row.set("password_hash", hash);
    }
}

/// Whether the row that a document became is as it was imported.
pub(super) fn is_unchanged(
    reader: &Reader<'_, '_>,
    mappers: &[&Mapper],
    id: &str,
    imported: &[u8],
) -> Result<bool, ExportError> {
    for mapper in mappers {
        let columns: Vec<&str> = mapper.lasting_columns().collect();
        let sql = format!("SELECT {} FROM {} WHERE id = $1", columns.join(", "), mapper.mapping.table);
        let digest = reader.tx.borrow_mut().query_first(&sql, &[id.into()], |row| {
            let values = columns.iter().map(|column| row.take_value(column));
            Ok(row_digest(values.collect::<Result<Vec<Value>, _>>()?.iter()))
        })?;
        if let Some(digest) = digest {
            return Ok(digest == imported);
        }
    }
    Ok(false)
}
