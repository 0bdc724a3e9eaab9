//! Accounts that their owners have deleted here: neither an import nor an export brings anything of them back.
//!
//! The rows are removed by the store. Documents that became no row (rejected, merged and archived ones) are stored whole and
//! name nobody in a column, so they are read.

use crate::mapping::source_of;
use crate::mapping::value::as_id;
use bson::oid::ObjectId;
use bson::{RawDocument, RawDocumentBuf};
use meeshy_store::{StoreError, Tx, Value, deleted_accounts};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Documents read at a time.
const PAGE: i64 = 500;

/// Removes what is left or has come back of all deleted accounts.
pub(crate) fn remove(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let deleted = deleted_accounts::remove_all(tx)?;
    let ids: HashSet<ObjectId> =
        deleted.iter().filter_map(|user| ObjectId::parse_str(user.to_string()).ok()).collect();
    if ids.is_empty() {
        return Ok(());
    }
    for (collection, fields) in personal_fields() {
        forget_whole_documents(tx, collection, |document| names(document, &fields, &ids))?;
    }
    Ok(())
}

/// The fields of each collection that say whose a document is.
fn personal_fields() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let mut all: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (collection, table, column) in deleted_accounts::personal_collections() {
        let mappings = source_of(collection).map_or(&[][..], |source| source.shape.mappings());
        let fields = mappings.iter().filter(|mapping| mapping.table == table).flat_map(|it| it.fields);
        let of_column = fields.filter(|field| field.column_name() == column).map(|field| field.name);
        let own = (column == "id").then_some("_id");
        all.entry(collection).or_default().extend(of_column.chain(own));
    }
    all
}

fn forget_whole_documents(
    tx: &mut Tx<'_>,
    collection: &str,
    is_personal: impl Fn(&RawDocument) -> bool,
) -> Result<(), StoreError> {
    let mut after = String::new();
    loop {
        let page: Vec<(String, Vec<u8>)> = tx.fetch_all(
            "SELECT id, rest FROM legacy_documents WHERE collection = $1 AND outcome <> 'inserted' AND rest IS NOT NULL \
               AND id > $2 ORDER BY id LIMIT $3",
            &[collection.into(), Value::from(&after), PAGE.into()],
        )?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after.clone_from(last);
        let is_personal =
            |bytes: Vec<u8>| RawDocumentBuf::from_bytes(bytes).is_ok_and(|document| is_personal(&document));
        let personal = page.into_iter().filter_map(|(id, rest)| is_personal(rest).then_some(id));
        deleted_accounts::forget_documents(tx, collection, &personal.collect::<Vec<_>>())?;
    }
}

/// Whether one of some fields names one of some users. What cannot be read may do so anywhere.
fn names(document: &RawDocument, fields: &BTreeSet<&str>, users: &HashSet<ObjectId>) -> bool {
    document.iter().any(|element| match element {
        Ok((name, value)) => {
            fields.contains(name.as_str()) && as_id(value).is_some_and(|id| users.contains(&id))
        }
        Err(_) => {
            document.as_bytes().array_windows().any(|bytes| users.contains(&ObjectId::from_bytes(*bytes)))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::SOURCES;

    #[test]
    fn every_personal_collection_says_whose_its_documents_are() {
        for (collection, table, column) in deleted_accounts::personal_collections() {
            let source = SOURCES.iter().find(|source| source.collection == collection);
            let mappings = source.unwrap_or_else(|| panic!("{collection} is unknown")).shape.mappings();
            let mapping = mappings.iter().find(|mapping| mapping.table == table);
            let mapping = mapping.unwrap_or_else(|| panic!("{collection} does not become {table}"));
            let has_field = mapping.fields.iter().any(|field| field.column_name() == column);
            assert!(column == "id" || has_field, "{collection} has no field for {column}");
        }
        assert!(personal_fields().values().all(|fields| !fields.is_empty()));
    }
}
