//! Documents that are no rows: archived and rejected ones come out whole, and so do those that were merged into a row, as long
//! as that row is as it was imported. Once it is changed here, what was merged into it is what it was before.

use super::error::ExportError;
use super::reader::{From, PAGE, Reader, whole};
use super::rows::is_unchanged;
use super::run::Mappers;
use bson::RawDocumentBuf;
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
         WHERE d.collection = $1 AND d.outcome <> 'inserted' AND d.layout IN ({}) AND d.id > $2 ORDER BY d.id LIMIT {PAGE}",
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
            *reader.found.borrow_mut().outdated.entry(collection.into()).or_default() += 1;
            continue;
        }
        documents.push(whole(rest, collection, &id)?);
        reader.count(name, From::Archive);
    }
    Ok((documents, last))
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
