//! Documents from imported rows, under their original collection names.

use super::context::{Context, Origin, PAGE};
use super::document::{self, More, Parts};
use super::error::ExportError;
use super::ledger::bson;
use super::rows::{Fetched, Rows};
use crate::mapping::{Draft, Residual};
use bson::{RawDocument, RawDocumentBuf};

/// The ledger entry of an imported row.
struct Ledger {
    rest: Option<Vec<u8>>,
    instead: Option<Vec<u8>>,
    row_digest: Option<Vec<u8>>,
    layout: i64,
}

impl<'m> Rows<'m> {
    /// The next documents of rows that were imported under a name, after the given id.
    ///
    /// Also returns the id of the last one, or `None` at the end.
    pub(super) fn imported(
        &self,
        context: &Context<'_, '_>,
        name: &str,
        after: &str,
    ) -> Result<(Vec<RawDocumentBuf>, Option<String>), ExportError> {
        let sql = format!(
            "SELECT {}, d.rest AS d_rest, d.instead AS d_instead, d.row_digest AS d_row_digest, d.layout AS d_layout \
             FROM legacy_documents d JOIN {} t ON t.id = d.id \
             WHERE d.collection = $1 AND d.outcome = 'inserted' AND d.layout IN ({}) AND d.id > $2 ORDER BY d.id LIMIT {PAGE}",
            self.columns,
            self.mapper.mapping.table,
            context.layouts_of(name)
        );
        let found = context.tx.borrow_mut().query(&sql, &[self.collection.into(), after.into()], |row| {
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
            documents.extend(self.document(context, name, found, ledger)?);
        }
        Ok((documents, last))
    }

    fn document(
        &self,
        context: &Context<'_, '_>,
        name: &str,
        found: Fetched<'m>,
        ledger: Ledger,
    ) -> Result<Option<RawDocumentBuf>, ExportError> {
        let Fetched { mut row, filled, more, is_held } = found;
        if !is_held {
            return Ok(None);
        }
        let Some(layout) = context.layout(ledger.layout) else { return Ok(None) };
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
        let parts = Parts { fields: &layout.fields, rest: &rest, instead: &instead, is_changed };
        let document = document::imported(&row, &parts, &renewed)?;
        self.note_password(context, &row, &document);
        let is_touched = is_changed || !renewed.is_empty();
        context.count(name, if is_touched { Origin::Changed } else { Origin::Unchanged });
        if is_touched {
            keep_old_password(&mut row, &document);
            context.record.borrow_mut().add(self.collection, &row, &document)?;
        }
        Ok(Some(document))
    }

    /// A document that was merged into the row of another one, with the current values of that row; `None` if
    /// the row does not exist.
    pub(super) fn merged(
        &self,
        context: &Context<'_, '_>,
        id: &str,
        raw: &RawDocument,
    ) -> Result<Option<RawDocumentBuf>, ExportError> {
        let sql = format!("SELECT {} FROM {} t WHERE t.id = $1", self.columns, self.mapper.mapping.table);
        let found = context.tx.borrow_mut().query_first(&sql, &[id.into()], |row| self.read(row))?;
        let Some(Fetched { mut row, filled, is_held: true, .. }) = found else { return Ok(None) };
        let Ok(was) = self.mapper.map_part(raw, &[]) else { return Ok(None) };
        let trace = Residual::of(&was, raw);
        let fields: Vec<String> = raw.iter().flatten().map(|(name, _)| name.as_str().to_owned()).collect();
        document::fill(&mut row, filled);
        row.set("id", was.id.as_str());
        row.id = was.id;
        let (rest, instead) = (trace.rest.unwrap_or_default(), trace.instead.unwrap_or_default());
        let parts = Parts { fields: &fields, rest: &rest, instead: &instead, is_changed: true };
        Ok(Some(document::imported(&row, &parts, &Vec::new())?))
    }
}

/// A sign-in here rehashed the same password, but the document gets the hash that the old system knows.
fn keep_old_password(row: &mut Draft<'_>, document: &RawDocument) {
    let written = document.get_str("password").ok().filter(|hash| !document::is_ours(hash));
    if let (true, Some(hash)) = (row.mapper.mapping.table == "users", written) {
        row.set("password_hash", hash);
    }
}
