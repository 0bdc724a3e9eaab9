//! Documents that are no rows: archived and rejected ones come out whole, and so do those that were merged into a row, as long
//! as that row is as it was imported. Once it is changed here, what was merged into it is what it was before, and left out; but a
//! cursor says what the row says. One that was rejected and has a row here is left out: the row is written.

use super::error::ExportError;
use super::reader::{From, PAGE, Reader, whole};
use super::rows::{Rows, is_unchanged};
use super::run::Mappers;
use crate::mapping::{Mapping, source_of};
use bson::{RawDocument, RawDocumentBuf};
use meeshy_store::legacy::{self, Outcome};

struct Kept {
    id: String,
    rest: Option<Vec<u8>>,
    /// The document that it was merged into.
    into: Option<(String, String)>,
}

/// The next documents of a collection that are kept whole under a name, after the one of an id.
///
/// Answers also with the id of the last one, or none if there is no more.
pub(super) fn page(
    reader: &Reader<'_, '_>,
    mappers: &Mappers,
    collection: &str,
    name: &str,
    after: &str,
) -> Result<(Vec<RawDocumentBuf>, Option<String>), ExportError> {
    let sql = format!(
        "SELECT d.id, d.rest, d.kept_collection, d.kept_id FROM legacy_documents d \
         WHERE d.collection = $1 AND d.outcome <> 'inserted' AND d.layout IN ({}) AND d.id > $2 \
           AND NOT (d.outcome = 'rejected' AND d.column_digests IS NOT NULL) ORDER BY d.id LIMIT {PAGE}",
        reader.layouts_of(name)
    );
    let page = reader.tx.borrow_mut().query(&sql, &[collection.into(), after.into()], |row| {
        let into: Option<String> = row.take("kept_collection")?;
        Ok(Kept { id: row.take("id")?, rest: row.take("rest")?, into: into.zip(row.take("kept_id")?) })
    })?;
    let last = page.last().map(|kept| kept.id.clone());
    let mut documents = Vec::with_capacity(page.len());
    for Kept { id, rest, into } in page {
        let Some(rest) = rest else {
            *reader.found.borrow_mut().unkept.entry(collection.into()).or_default() += 1;
            continue;
        };
        if let Some((into, kept)) = into
            && !holds(reader, mappers, &into, &kept)?
        {
            match cursor(reader, mappers, collection, &kept, &whole(rest, collection, &id)?)? {
                Some(document) => {
                    documents.push(document);
                    reader.count(name, From::Changed);
                }
                None => *reader.found.borrow_mut().outdated.entry(collection.into()).or_default() += 1,
            }
            continue;
        }
        documents.push(whole(rest, collection, &id)?);
        reader.count(name, From::Archive);
    }
    Ok((documents, last))
}

/// How far somebody has read is in several collections at times, and the old system reads one of them: a cursor that was merged
/// into a row that was moved here says what that row says.
fn cursor(
    reader: &Reader<'_, '_>,
    mappers: &Mappers,
    collection: &str,
    kept: &str,
    raw: &RawDocument,
) -> Result<Option<RawDocumentBuf>, ExportError> {
    let Some(source) = source_of(collection) else { return Ok(None) };
    let mapping = source.shape.of(raw).filter(|mapping| mapping.table == "read_cursors");
    let of =
        |mapping: &Mapping| mappers.of(collection).into_iter().find(|it| std::ptr::eq(it.mapping, mapping));
    match mapping.and_then(of) {
        Some(mapper) => Rows::new(source.collection, mapper).merged(reader, kept, raw),
        None => Ok(None),
    }
}

/// Whether the row that a document was merged into is as it was imported. Where that is no row, the document is a copy of one
/// that was set aside itself.
fn holds(
    reader: &Reader<'_, '_>,
    mappers: &Mappers,
    collection: &str,
    mut id: &str,
) -> Result<bool, ExportError> {
    let mut entry = legacy::find(&mut reader.tx.borrow_mut(), collection, id)?;
    if let (None, Some((shared, _))) = (&entry, id.rsplit_once('@')) {
        // The first of several copies, and of those that share its id the one that became a row.
        entry = legacy::find(&mut reader.tx.borrow_mut(), collection, shared)?;
        id = shared;
    }
    let Some(entry) = entry else { return Ok(false) };
    if entry.outcome != Outcome::Inserted {
        return match entry.kept {
            Some((into, kept)) if (into.as_str(), kept.as_str()) != (collection, id) => {
                holds(reader, mappers, &into, &kept)
            }
            _ => Ok(true),
        };
    }
    let Some(imported) = entry.row_digest else { return Ok(false) };
    is_unchanged(reader, &mappers.of(collection), id, &imported)
}
