//! Documents without a row. Archived and rejected ones are written as they were, and so are those merged into
//! a row, as long as that row is unchanged since the import. Once it was changed here, the merged documents
//! are outdated and omitted, except that a cursor gets the value of the row. A rejected document with a row
//! here is omitted: the row is written.

use super::context::{Context, Origin, PAGE};
use super::error::ExportError;
use super::ledger::whole;
use super::rows::{Rows, is_unchanged};
use crate::mapping::{Mappers, source_of};
use bson::{RawDocument, RawDocumentBuf};
use meeshy_store::legacy::{self, Outcome};

struct Entry {
    id: String,
    rest: Option<Vec<u8>>,
    /// The document that it was merged into.
    into: Option<(String, String)>,
}

/// The next ledger-only documents of a collection under a name, after the given id.
///
/// Also returns the id of the last one, or `None` at the end.
pub(super) fn page(
    context: &Context<'_, '_>,
    mappers: &Mappers,
    collection: &str,
    name: &str,
    after: &str,
) -> Result<(Vec<RawDocumentBuf>, Option<String>), ExportError> {
    let sql = format!(
        "SELECT d.id, d.rest, d.kept_collection, d.kept_id FROM legacy_documents d \
         WHERE d.collection = $1 AND d.outcome <> 'inserted' AND d.layout IN ({}) AND d.id > $2 \
           AND NOT (d.outcome = 'rejected' AND d.column_digests IS NOT NULL) ORDER BY d.id LIMIT {PAGE}",
        context.layouts_of(name)
    );
    let page = context.tx.borrow_mut().query(&sql, &[collection.into(), after.into()], |row| {
        let into: Option<String> = row.take("kept_collection")?;
        Ok(Entry { id: row.take("id")?, rest: row.take("rest")?, into: into.zip(row.take("kept_id")?) })
    })?;
    let last = page.last().map(|kept| kept.id.clone());
    let mut documents = Vec::with_capacity(page.len());
    for Entry { id, rest, into } in page {
        let Some(rest) = rest else {
            *context.losses.borrow_mut().unkept.entry(collection.into()).or_default() += 1;
            continue;
        };
        if let Some((into, kept)) = into
            && !is_target_unchanged(context, mappers, &into, &kept)?
        {
            match cursor(context, mappers, collection, &kept, &whole(rest, collection, &id)?)? {
                Some(document) => {
                    documents.push(document);
                    context.count(name, Origin::Changed);
                }
                None => *context.losses.borrow_mut().outdated.entry(collection.into()).or_default() += 1,
            }
            continue;
        }
        documents.push(whole(rest, collection, &id)?);
        context.count(name, Origin::Archive);
    }
    Ok((documents, last))
}

/// The old system stores a read position in several collections and reads one of them. A cursor that was
/// merged into a row that moved on here gets the position of the row.
fn cursor(
    context: &Context<'_, '_>,
    mappers: &Mappers,
    collection: &str,
    kept: &str,
    raw: &RawDocument,
) -> Result<Option<RawDocumentBuf>, ExportError> {
    let Some(source) = source_of(collection) else { return Ok(None) };
    let mapping = source.shape.of(raw).filter(|mapping| mapping.table == "read_cursors");
    match mapping.and_then(|mapping| mappers.of_mapping(collection, mapping)) {
        Some(mapper) => Rows::new(source.collection, mapper).merged(context, kept, raw),
        None => Ok(None),
    }
}

/// Whether the row that a document was merged into is unchanged since the import. If there is no such row,
/// the document is a copy of one that has no row itself.
fn is_target_unchanged(
    context: &Context<'_, '_>,
    mappers: &Mappers,
    collection: &str,
    mut id: &str,
) -> Result<bool, ExportError> {
    let mut entry = legacy::find(&mut context.tx.borrow_mut(), collection, id)?;
    if let (None, Some((shared, _))) = (&entry, id.rsplit_once('@')) {
        // The first of several copies and, of those with the same id, the one that became a row.
        entry = legacy::find(&mut context.tx.borrow_mut(), collection, shared)?;
        id = shared;
    }
    let Some(entry) = entry else { return Ok(false) };
    if entry.outcome != Outcome::Inserted {
        return match entry.kept {
            Some((into, kept)) if (into.as_str(), kept.as_str()) != (collection, id) => {
                is_target_unchanged(context, mappers, &into, &kept)
            }
            _ => Ok(true),
        };
    }
    let Some(imported) = entry.row_digest else { return Ok(false) };
    is_unchanged(context, mappers.of_collection(collection), id, &imported)
}
