//! Documents from rows that were written here.

use super::context::{Context, Origin, PAGE};
use super::document;
use super::error::ExportError;
use super::ledger::bson;
use super::rows::{Fetched, Rows, is_unchanged};
use crate::mapping::translations::has_inside;
use crate::mapping::{Draft, Mappers};
use bson::RawDocumentBuf;
use meeshy_store::Value;

impl<'m> Rows<'m> {
    /// The next documents of rows that were written here, after the given key.
    ///
    /// Also returns the key of the last one, or `None` at the end.
    pub(super) fn new_ones(
        &self,
        context: &Context<'_, '_>,
        name: &str,
        mappers: &Mappers,
        after: &[Value],
        collections: &[&str],
    ) -> Result<(Vec<RawDocumentBuf>, Option<Vec<Value>>), ExportError> {
        let (found, last) = self.written_here(context, mappers, after, collections)?;
        let mut documents = Vec::with_capacity(found.len());
        for Fetched { mut row, filled, more, .. } in found {
            document::fill(&mut row, filled);
            let more = more.into_iter().map(|(field, value, _)| (field, value)).collect();
            let document = document::new(&row, &more)?;
            self.note_password(context, &row, &document);
            context.count(name, Origin::New);
            context.record.borrow_mut().add(self.collection, &row, &document)?;
            documents.push(document);
        }
        Ok((documents, last))
    }

    /// Whether there are rows that were written here.
    pub(super) fn has_new_ones(
        &self,
        context: &Context<'_, '_>,
        mappers: &Mappers,
        collections: &[&str],
    ) -> Result<bool, ExportError> {
        let mut after = Vec::new();
        loop {
            let (found, last) = self.written_here(context, mappers, &after, collections)?;
            if !found.is_empty() {
                return Ok(true);
            }
            let Some(last) = last else { return Ok(false) };
            after = last;
        }
    }

    /// Some rows that were written here, and the key of the last one visited.
    fn written_here(
        &self,
        context: &Context<'_, '_>,
        mappers: &Mappers,
        after: &[Value],
        collections: &[&str],
    ) -> Result<(Vec<Fetched<'m>>, Option<Vec<Value>>), ExportError> {
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
        let found = context.tx.borrow_mut().query(&sql, after, |row| {
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
                && is_unchanged(context, mappers.of_collection(unread), &found.row.id, &imported)?
            {
                continue;
            }
            let inside = bson(inside, "Message", found.row.text("message_id").unwrap_or_default())?;
            // The message contains it itself.
            let language = found.row.text("language").unwrap_or_default();
            if !has_inside(&inside, language, found.row.get("content")) {
                written.push(found);
            }
        }
        Ok((written, last))
    }

    /// SQL of the digest of a row that came from a collection that the old code does not read.
    fn unread_digest(&self) -> String {
        let of = |unread| {
            format!(
                "(SELECT o.row_digest FROM legacy_documents o WHERE o.collection = '{unread}' AND o.id = t.id \
                   AND o.outcome = 'inserted')"
            )
        };
        self.special.unread.map_or_else(|| "NULL".to_owned(), of)
    }

    /// The rows that no import brought, from a key on, and those imported only from a collection that the old
    /// code does not read.
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
}
