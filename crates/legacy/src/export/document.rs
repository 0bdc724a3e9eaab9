//! One document, from its row and its ledger entry.

use super::error::ExportError;
use crate::mapping::{Draft, is_same};
use bson::oid::ObjectId;
use bson::raw::CStr;
use bson::{RawBson, RawBsonRef, RawDocument, RawDocumentBuf};
use meeshy_store::Value;
use sha2::{Digest, Sha256};

/// The ledger entry of a document that became a row.
pub(super) struct Parts<'a> {
    /// Its fields in order.
    pub(super) fields: &'a [String],
    /// Fields whose values the row does not contain as they were.
    pub(super) rest: &'a RawDocument,
    /// The values in the row that stand for them.
    pub(super) instead: &'a RawDocument,
    /// Whether the row was changed here since.
    pub(super) is_changed: bool,
}

/// Fields without a column, with their current values.
pub(super) type More = Vec<(&'static str, RawBson)>;

/// The document of an imported row.
pub(super) fn imported(
    row: &Draft<'_>,
    parts: &Parts<'_>,
    renewed: &More,
) -> Result<RawDocumentBuf, ExportError> {
    let mut document = RawDocumentBuf::new();
    let mut rest = parts.rest.iter().flatten().peekable();
    for (at, name) in parts.fields.iter().enumerate() {
        let kept = rest.next_if(|(kept, _)| kept.as_str() == name).map(|(_, kept)| kept);
        if let Some((_, value)) = renewed.iter().find(|(renewed, _)| renewed == name) {
            if *value != RawBson::Null {
                append(&mut document, name, value.as_raw_bson_ref());
            }
            continue;
        }
        let field = row.mapper.field_index(name, at.saturating_sub(1));
        let said = row.field_value(name, field);
        match (kept, &said) {
            (Some(kept), None) => append(&mut document, name, kept),
            (Some(kept), Some(said)) => {
                let still = !parts.is_changed || is_as_it_was(row, parts, name, said);
                append(&mut document, name, if still { kept } else { said.as_raw_bson_ref() });
            }
            (None, Some(said)) => append(&mut document, name, said.as_raw_bson_ref()),
            (None, None) if field.is_some() => return Err(misfit(row, name)),
            // An anonymised import stores nothing besides the rows.
            (None, None) => {}
        }
    }
    if parts.is_changed {
        append_changes(&mut document, row, parts);
    }
    Ok(document)
}

/// Whether the row still has its values from the import.
fn is_as_it_was(row: &Draft<'_>, parts: &Parts<'_>, name: &str, said: &RawBson) -> bool {
    let was = |name: &str| parts.instead.get(name).ok().flatten().unwrap_or(RawBsonRef::Null);
    if is_same(was(name), said.as_raw_bson_ref()) {
        return true;
    }
    // Signing in here rehashes the same password; a new password has a new date.
    let is_hashed_anew = name == "password" && matches!(said, RawBson::String(hash) if is_ours(hash));
    let changed = row.field_value("lastPasswordChange", row.mapper.field_index("lastPasswordChange", 0));
    is_hashed_anew && changed.is_some_and(|now| is_same(was("lastPasswordChange"), now.as_raw_bson_ref()))
}

/// Whether only Meeshy can verify a password hash: the old system only supports bcrypt.
pub(super) fn is_ours(hash: &str) -> bool {
    hash.starts_with("$argon2")
}

/// Values of a changed row that the document lacked: fields first set by an update come last.
fn append_changes(document: &mut RawDocumentBuf, row: &Draft<'_>, parts: &Parts<'_>) {
    let mut told = vec![false; row.values().len()];
    for name in parts.fields {
        if let Some(field) = row.mapper.field_index(name, 0) {
            told[row.mapper.column_index(field)] = true;
        }
    }
    let mut more = RawDocumentBuf::new();
    row.append_unnamed(&told, &mut more);
    for (name, value) in more.iter().flatten() {
        let was = parts.instead.get(name).ok().flatten();
        if was.is_none_or(|was| !is_same(was, value)) {
            document.append(name, value);
        }
    }
    for implied in row.mapper.mapping.implied {
        let is_told = parts.fields.iter().any(|name| name == implied.name);
        if let (false, Some(said)) = (is_told, (implied.value)(row)) {
            append(document, implied.name, said.as_raw_bson_ref());
        }
    }
}

/// The document of a row that was written here. A column is written under every name it had, so that each
/// version of the old system finds it.
pub(super) fn new(row: &Draft<'_>, more: &More) -> Result<RawDocumentBuf, ExportError> {
    let mut document = RawDocumentBuf::new();
    match row.field_value("_id", None) {
        Some(id) if !row.id.is_empty() => append(&mut document, "_id", id.as_raw_bson_ref()),
        _ => append(&mut document, "_id", RawBsonRef::ObjectId(made_id(row))),
    }
    for (index, field) in row.mapper.mapping.fields.iter().enumerate() {
        let said = row.field_value(field.name, Some(index)).ok_or_else(|| misfit(row, field.name))?;
        if said != RawBson::Null {
            append(&mut document, field.name, said.as_raw_bson_ref());
        }
    }
    for implied in row.mapper.mapping.implied {
        if let Some(said) = (implied.value)(row) {
            append(&mut document, implied.name, said.as_raw_bson_ref());
        }
    }
    for (name, value) in more.iter().filter(|(_, value)| *value != RawBson::Null) {
        append(&mut document, name, value.as_raw_bson_ref());
    }
    Ok(document)
}

/// An id for a row that has none because its key identifies it: derived from the key and the time of the row.
fn made_id(row: &Draft<'_>) -> ObjectId {
    let mapping = row.mapper.mapping;
    let mut hash = Sha256::new().chain_update(mapping.table);
    for column in mapping.key {
        hash.update([0]);
        hash.update(row.text(column).unwrap_or_default());
    }
    let digest = hash.finalize();
    let since = ["created_at", "mentioned_at", "read_at"].into_iter().find_map(|column| row.int(column));
    let seconds = u32::try_from(since.unwrap_or_default() / 1_000).unwrap_or_default();
    let mut bytes = [0; 12];
    bytes[..4].copy_from_slice(&seconds.to_be_bytes());
    bytes[4..].copy_from_slice(&digest[..8]);
    ObjectId::from_bytes(bytes)
}

fn append(document: &mut RawDocumentBuf, name: &str, value: RawBsonRef<'_>) {
    // A name comes from a document or a mapping, and neither contains U+0000.
    if let Ok(name) = <&CStr>::try_from(name) {
        document.append(name, value);
    }
}

fn misfit(row: &Draft<'_>, field: &str) -> ExportError {
    let id = match (&row.id, row.mapper.mapping.key) {
        (id, _) if !id.is_empty() => id.clone(),
        (_, key) => key.iter().map(|column| row.text(column).unwrap_or("-")).collect::<Vec<_>>().join(" "),
    };
    ExportError::Misfit { table: row.mapper.mapping.table, id, field: field.into() }
}

/// Sets columns for which a row has another value; `None` leaves a column as it is.
pub(super) fn fill(row: &mut Draft<'_>, filled: impl IntoIterator<Item = (&'static str, Value)>) {
    for (column, value) in filled {
        row.set(column, value);
    }
}
