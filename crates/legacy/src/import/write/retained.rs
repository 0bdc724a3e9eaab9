//! Rows that stay although their documents were rejected: a rejected document is not a deletion.

use crate::import::context::BATCH_SIZE;
use crate::import::error::ImportError;
use crate::import::step::RetainedRow;
use crate::mapping::field::Parent;
use crate::mapping::{Mappers, Mapping};
use meeshy_store::{Tx, Value, legacy};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Which of some documents have a row here.
pub(super) fn rows(
    tx: &mut Tx<'_>,
    mapping: &Mapping,
    ids: &[String],
) -> Result<Vec<RetainedRow>, ImportError> {
    let is_message = mapping.parent == Some(Parent::Message);
    let columns: &[&str] = if is_message { &["id", "conversation_id"] } else { &["id"] };
    let mut found = Vec::new();
    for some in ids.chunks(BATCH_SIZE) {
        for values in legacy::rows(tx, mapping.table, columns, some)? {
            let mut texts = values.into_iter().map(text);
            if let Some(id) = texts.next().flatten() {
                found.push(RetainedRow { id, conversation: texts.next().flatten() });
            }
        }
    }
    Ok(found)
}

/// The rows that retained rows refer to, which therefore have to stay as well. `retained` are their ids by
/// collection.
pub(super) fn referenced(
    tx: &mut Tx<'_>,
    mappers: &Mappers,
    retained: &HashMap<String, Vec<String>>,
) -> Result<HashSet<(Parent, String)>, ImportError> {
    let mut all = HashSet::new();
    for (collection, ids) in retained {
        for mapper in mappers.of_collection(collection) {
            // A column may have two fields.
            let references: BTreeMap<_, _> = mapper
                .mapping
                .fields
                .iter()
                .filter_map(|field| Some((field.column_name(), field.reference?.to)))
                .collect();
            let columns: Vec<&str> = references.keys().map(AsRef::as_ref).collect();
            for some in ids.chunks(BATCH_SIZE).filter(|_| !columns.is_empty()) {
                for values in legacy::rows(tx, mapper.mapping.table, &columns, some)? {
                    let named = references.values().zip(values);
                    all.extend(named.filter_map(|(parent, value)| Some((*parent, text(value)?))));
                }
            }
        }
    }
    Ok(all)
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}
