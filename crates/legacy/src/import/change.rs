//! A row that a document changes, column by column, where it was perhaps changed here as well.

use super::batch::{names, upsert};
use super::error::ImportError;
use super::returned::Returned;
use super::run::Mappers;
use super::stale::Stale;
use crate::export::{Filled, filled};
use crate::mapping::columns::{ColumnDigests, Decision, Side, decide, is_changed};
use crate::mapping::{Draft, Mapper};
use meeshy_domain::Timestamp;
use meeshy_store::legacy::exported::Exported;
use meeshy_store::legacy::{Entry, Outcome};
use meeshy_store::{Tx, Value};
use std::collections::HashMap;

/// Where changes of both sides meet.
pub(super) struct Meeting<'a> {
    /// Of which collection.
    pub(super) collection: &'a str,
    pub(super) mappers: &'a Mappers,
    /// The exports that the dump descends from.
    pub(super) returned: Option<&'a Returned>,
    pub(super) now: Timestamp,
}

impl Meeting<'_> {
    /// What the newest of these exports wrote of some documents.
    pub(super) fn returned_of(
        &self,
        tx: &mut Tx<'_>,
        collection: &str,
        ids: &[&str],
    ) -> Result<HashMap<String, Exported>, ImportError> {
        self.returned.map_or_else(|| Ok(HashMap::new()), |returned| returned.of(tx, collection, ids))
    }
}

/// What both sides had before they went apart.
pub(super) struct Base<'a> {
    /// The digest of the document.
    document: &'a [u8],
    /// The digest of the row, if an import brought it.
    row: Option<&'a [u8]>,
    /// The digests of its columns.
    columns: Option<&'a [u8]>,
    /// The row may have no id yet: an export wrote it.
    is_returned: bool,
}

impl<'a> Base<'a> {
    /// What an export wrote, or else what the last import brought.
    pub(super) fn of(prior: Option<&'a Entry>, returned: Option<&'a Exported>) -> Option<Self> {
        if let Some(Exported { digest, column_digests, .. }) = returned {
            return Some(Self {
                document: digest,
                row: None,
                columns: Some(column_digests),
                is_returned: true,
            });
        }
        let Entry { digest, row_digest, column_digests, outcome, .. } = prior?;
        let (row, columns) = (row_digest.as_deref(), column_digests.as_deref());
        // One that was rejected has a row only where an export wrote it.
        Some(Self { document: digest, row, columns, is_returned: *outcome != Outcome::Inserted })
    }

    /// Whether a row is still as both sides had it.
    pub(super) fn is_of(
        &self,
        tx: &mut Tx<'_>,
        collection: &str,
        mapper: &Mapper,
        id: &str,
    ) -> Result<bool, ImportError> {
        let filled = if self.is_returned { filled(collection, mapper.mapping.table) } else { &[] };
        let here = find(tx, mapper, filled, &["id"], &[id.into()])?;
        Ok(here.is_some_and(|here| is_as_it_was(&here, self.row, self.columns)))
    }
}

/// A change there that met a change here.
pub(super) struct Met {
    /// The column; none for the whole row.
    pub(super) column: Option<String>,
    pub(super) what: &'static str,
}

impl Met {
    fn row(what: &'static str) -> Vec<Self> {
        vec![Self { column: None, what }]
    }

    fn column((column, side): (String, Side)) -> Self {
        let what = match side {
            Side::Here => "changed there and here; left as it is here",
            Side::There => "changed there and here; the one there is newer and was taken",
        };
        Self { column: Some(column), what }
    }
}

/// Brings a row to what its document says now; `entry` is the document's, `base` what both sides had.
///
/// Answers what was changed on both sides.
pub(super) fn change(
    tx: &mut Tx<'_>,
    there: &Draft<'_>,
    entry: &Entry,
    base: &Base<'_>,
    meeting: &Meeting<'_>,
) -> Result<Vec<Met>, ImportError> {
    let is_message = there.mapper.mapping.table == "messages";
    let is_same_row = base.row.is_some() && base.row == entry.row_digest.as_deref();
    if is_same_row && !is_message {
        return Ok(Vec::new());
    }
    let Some(here) = current(tx, there, &[], base.is_returned)? else {
        let is_as_it_was = base.document == entry.digest;
        let what = "changed there, but removed here; it stays removed";
        return Ok(if is_as_it_was { Vec::new() } else { Met::row(what) });
    };
    let stale = if is_message { Some(Stale::look(tx, there, meeting)?) } else { None };
    let before = here.clone();
    // What an export wrote in place of columns that the old system wants and that are empty here.
    let filled = if base.is_returned { filled(meeting.collection, there.mapper.mapping.table) } else { &[] };
    let told = match filled {
        [] => None,
        filled => current(tx, there, filled, true)?,
    };
    let told = told.as_ref().unwrap_or(&here);
    let digests = base.columns.and_then(|bytes| ColumnDigests::from_bytes(bytes, there.mapper));
    let is_as_it_was_told =
        base.is_returned && digests.as_ref().is_some_and(|digests| !is_changed(digests, told));
    let met = if is_same_row {
        // Only the translations inside of a message are others.
        Vec::new()
    } else if base.row == Some(here.row_digest().as_slice()) {
        upsert(tx, there)?;
        Vec::new()
    } else if there.mapper.mapping.table == "read_cursors" && !is_as_it_was_told {
        move_cursor(tx, &here, there)?;
        Vec::new()
    } else {
        let Some(digests) = digests else {
            return Ok(Met::row("changed there and here; left as it is here"));
        };
        let Decision { mut taken, conflicts } = decide(&digests, told, there);
        // Where the document says what was written in place of a column, the column says it from now on.
        let same = filled.iter().filter(|(column, _)| told.get(column) == there.get(column));
        let empty = same.filter(|(column, _)| here.get(column) != there.get(column));
        taken.extend(empty.map(|(column, _)| ((*column).to_owned(), there.get(column).clone())));
        if !apply(tx, &here, there, &taken)? {
            return Ok(Met::row(
                "changed there, but another row here has a value that only one can have; left as it is here",
            ));
        }
        conflicts.into_iter().map(Met::column).collect()
    };
    follow(tx, &before, there, stale, meeting.now)?;
    Ok(met)
}

/// What follows from a text or a password that is another now.
fn follow(
    tx: &mut Tx<'_>,
    before: &Draft<'_>,
    there: &Draft<'_>,
    stale: Option<Stale>,
    now: Timestamp,
) -> Result<(), ImportError> {
    let id = Value::from(&there.id);
    if let Some(stale) = stale {
        let Some(after) = current(tx, there, &[], false)? else { return Ok(()) };
        if after.get("content") == there.get("content") {
            stale.remove(tx)?;
        }
        if after.get("content") != before.get("content") {
            // Its history begins anew, with the translations that come with it.
            tx.execute("UPDATE messages SET revision = 1 WHERE id = $1", std::slice::from_ref(&id))?;
            tx.execute(
                "UPDATE translations SET revision = 1 WHERE message_id = $1",
                std::slice::from_ref(&id),
            )?;
            tx.execute("DELETE FROM translation_jobs WHERE message_id = $1", &[id])?;
        }
        return Ok(());
    }
    if there.mapper.mapping.table == "users" {
        let Some(after) = current(tx, there, &[], false)? else { return Ok(()) };
        if after.get("password_hash") != before.get("password_hash") {
            // Who signed in here did so with the old one.
            tx.execute(
                "UPDATE sessions SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL AND NOT EXISTS \
                   (SELECT 1 FROM legacy_documents d WHERE d.collection = 'UserSession' AND d.id = sessions.id)",
                &[id, now.into()],
            )?;
        }
    }
    Ok(())
}

/// The row of a document as it is now: by its id, or by its key where it may have none yet.
pub(super) fn current<'m>(
    tx: &mut Tx<'_>,
    of: &Draft<'m>,
    filled: Filled,
    by_key: bool,
) -> Result<Option<Draft<'m>>, ImportError> {
    let found = find(tx, of.mapper, filled, &["id"], &[Value::from(&of.id)])?;
    if found.is_some() || !by_key {
        return Ok(found);
    }
    let key = of.mapper.mapping.key;
    let values: Vec<Value> = key.iter().map(|column| of.get(column).clone()).collect();
    find(tx, of.mapper, filled, key, &values)
}

/// A row by the values of some columns; what is `filled` is as an export writes it.
pub(super) fn find<'m>(
    tx: &mut Tx<'_>,
    mapper: &'m Mapper,
    filled: Filled,
    by: &[&str],
    values: &[Value],
) -> Result<Option<Draft<'m>>, ImportError> {
    let column = |name: &&str| match filled.iter().find(|(column, _)| column == name) {
        Some((_, sql)) => format!("{sql} AS {name}"),
        None => format!("t.{name} AS {name}"),
    };
    let columns: Vec<String> = names(mapper).iter().map(column).collect();
    let by: Vec<String> = by.iter().map(|column| format!("t.{column}")).collect();
    let by: Vec<&str> = by.iter().map(String::as_str).collect();
    let table = mapper.mapping.table;
    let sql = format!("SELECT {} FROM {table} t WHERE {}", columns.join(", "), where_of(&by, 1));
    let found = tx.query_first(&sql, values, |row| {
        let values = mapper.columns().iter().map(|column| row.take_value(column));
        Ok(mapper.row(values.collect::<Result<_, _>>()?))
    })?;
    Ok(found)
}

/// `a = $1 AND b = $2`.
fn where_of(columns: &[&str], from: usize) -> String {
    let conditions = columns.iter().zip(from..).map(|(column, at)| format!("{column} = ${at}"));
    conditions.collect::<Vec<_>>().join(" AND ")
}

/// Writes what is taken into the row; `false` if another row has a value that only one can have.
fn apply(
    tx: &mut Tx<'_>,
    here: &Draft<'_>,
    there: &Draft<'_>,
    taken: &[(String, Value)],
) -> Result<bool, ImportError> {
    let mapping = there.mapper.mapping;
    let mut set: Vec<(&str, Value)> =
        taken.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    if !set.is_empty() {
        set.extend(mapping.renewed.iter().map(|column| (*column, there.get(column).clone())));
    }
    if here.id.is_empty() {
        set.push(("id", there.id.as_str().into()));
    }
    if set.is_empty() {
        return Ok(true);
    }
    let by: &[&str] = if here.id.is_empty() { mapping.key } else { &["id"] };
    let assignments: Vec<String> =
        set.iter().zip(1..).map(|((column, _), at)| format!("{column} = ${at}")).collect();
    let sql = format!(
        "UPDATE {} SET {} WHERE {}",
        mapping.table,
        assignments.join(", "),
        where_of(by, set.len() + 1)
    );
    let mut params: Vec<Value> = set.into_iter().map(|(_, value)| value).collect();
    params.extend(by.iter().map(|column| here.get(column).clone()));
    Ok(tx.attempt(|tx| tx.execute(&sql, &params))?.is_ok())
}

/// Who reads on both sides has read up to the further of the two: ids grow with time.
fn move_cursor(tx: &mut Tx<'_>, here: &Draft<'_>, there: &Draft<'_>) -> Result<(), ImportError> {
    let by: &[&str] = if here.id.is_empty() { there.mapper.mapping.key } else { &["id"] };
    let values: Vec<Value> = by.iter().map(|column| here.get(column).clone()).collect();
    // Those moved here go by the number alone.
    let sql = format!(
        "SELECT coalesce(last_read_message_id, (SELECT m.id FROM messages m \
           WHERE m.conversation_id = read_cursors.conversation_id AND m.sequence = read_sequence)) AS read, \
           last_delivered_message_id AS delivered FROM read_cursors WHERE {}",
        where_of(by, 1)
    );
    let (read, delivered): (Option<String>, Option<String>) =
        tx.query_one(&sql, &values, |row| Ok((row.take("read")?, row.take("delivered")?)))?;
    let mut taken = Vec::new();
    let columns =
        [("last_read_message_id", read, "read_at"), ("last_delivered_message_id", delivered, "delivered_at")];
    for (message, known, date) in columns {
        if there.text(message) > known.as_deref() {
            taken.push((message.to_owned(), there.get(message).clone()));
            taken.push((date.to_owned(), there.get(date).clone()));
        }
    }
    apply(tx, here, there, &taken)?;
    Ok(())
}

/// Whether a row is as both sides had it, but for what the messenger's own life changes.
pub(super) fn is_as_it_was(here: &Draft<'_>, row: Option<&[u8]>, columns: Option<&[u8]>) -> bool {
    if row == Some(here.row_digest().as_slice()) {
        return true;
    }
    let digests = columns.and_then(|bytes| ColumnDigests::from_bytes(bytes, here.mapper));
    digests.is_some_and(|digests| !is_changed(&digests, here))
}
