//! A row that a document changes, column by column, where it was perhaps changed here as well.

use super::base::{Base, ChangeContext};
use super::rows;
use super::stale::StaleTranslations;
use crate::export::filled;
use crate::import::error::ImportError;
use crate::mapping::Draft;
use crate::mapping::digests::ColumnDigests;
use crate::mapping::three_way::{Decision, Side, decide, is_changed};
use meeshy_domain::Timestamp;
use meeshy_store::legacy::Entry;
use meeshy_store::{Tx, Value};

/// A change there that met a change here.
pub(super) struct RowConflict {
    /// The column; none for the whole row.
    pub(super) column: Option<String>,
    pub(super) what: &'static str,
}

impl RowConflict {
    fn row(what: &'static str) -> Vec<Self> {
        vec![Self { column: None, what }]
    }

    fn column((column, side): (String, Side)) -> Self {
        let what = match side {
            Side::Here => "changed in both systems; kept the value here",
            Side::There => "changed in both systems; took the newer value of the old system",
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
    context: &ChangeContext<'_>,
) -> Result<Vec<RowConflict>, ImportError> {
    let is_message = there.mapper.mapping.table == "messages";
    let is_same_row = base.row.is_some() && base.row == entry.row_digest.as_deref();
    if is_same_row && !is_message {
        return Ok(Vec::new());
    }
    let Some(here) = rows::current(tx, there, &[], base.is_returned)? else {
        let is_unchanged = base.document == entry.digest;
        let what = "changed in the old system, but deleted here; stays deleted";
        return Ok(if is_unchanged { Vec::new() } else { RowConflict::row(what) });
    };
    let stale = if is_message { Some(StaleTranslations::look(tx, there, context)?) } else { None };
    let before = here.clone();
    // What an export wrote in place of columns that the old system wants and that are empty here.
    let filled = if base.is_returned { filled(context.collection, there.mapper.mapping.table) } else { &[] };
    let exported = match filled {
        [] => None,
        filled => rows::current(tx, there, filled, true)?,
    };
    let exported = exported.as_ref().unwrap_or(&here);
    let digests = base.columns.and_then(|bytes| ColumnDigests::from_bytes(bytes, there.mapper));
    let is_unchanged_there =
        base.is_returned && digests.as_ref().is_some_and(|digests| !is_changed(digests, exported));
    let conflicts = if is_same_row {
        // Only the translations inside of a message are others.
        Vec::new()
    } else if base.row == Some(here.row_digest().as_slice()) {
        rows::upsert(tx, there)?;
        Vec::new()
    } else if there.mapper.mapping.table == "read_cursors" && !is_unchanged_there {
        move_cursor(tx, &here, there)?;
        Vec::new()
    } else {
        let Some(digests) = digests else {
            return Ok(RowConflict::row("changed in both systems; kept the value here"));
        };
        let Decision { mut taken, conflicts: columns } = decide(&digests, exported, there);
        // Where the document says what was written in place of a column, the column says it from now on.
        let same = filled.iter().filter(|(column, _)| exported.get(column) == there.get(column));
        let empty = same.filter(|(column, _)| here.get(column) != there.get(column));
        taken.extend(empty.map(|(column, _)| ((*column).to_owned(), there.get(column).clone())));
        if !rows::update(tx, &here, there, &taken)? {
            return Ok(RowConflict::row(
                "changed in the old system, but another row here has the same unique value; kept the row here",
            ));
        }
        columns.into_iter().map(RowConflict::column).collect()
    };
    invalidate(tx, &before, there, stale, context.now)?;
    Ok(conflicts)
}

/// Removes what does not hold any more with another text or password.
fn invalidate(
    tx: &mut Tx<'_>,
    before: &Draft<'_>,
    there: &Draft<'_>,
    stale: Option<StaleTranslations>,
    now: Timestamp,
) -> Result<(), ImportError> {
    let id = Value::from(&there.id);
    if let Some(stale) = stale {
        let Some(after) = rows::current(tx, there, &[], false)? else { return Ok(()) };
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
        let Some(after) = rows::current(tx, there, &[], false)? else { return Ok(()) };
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

/// Who reads on both sides has read up to the further of the two: ids grow with time.
fn move_cursor(tx: &mut Tx<'_>, here: &Draft<'_>, there: &Draft<'_>) -> Result<(), ImportError> {
    let by: &[&str] = if here.id.is_empty() { there.mapper.mapping.key } else { &["id"] };
    let values: Vec<Value> = by.iter().map(|column| here.get(column).clone()).collect();
    // Those moved here go by the number alone.
    let sql = format!(
        "SELECT coalesce(last_read_message_id, (SELECT m.id FROM messages m \
           WHERE m.conversation_id = read_cursors.conversation_id AND m.sequence = read_sequence)) AS read, \
           last_delivered_message_id AS delivered FROM read_cursors WHERE {}",
        rows::where_of(by, 1)
    );
    let (read, delivered): (Option<String>, Option<String>) = tx.fetch_one(&sql, &values)?;
    let mut taken = Vec::new();
    let columns =
        [("last_read_message_id", read, "read_at"), ("last_delivered_message_id", delivered, "delivered_at")];
    for (message, known, date) in columns {
        if there.text(message) > known.as_deref() {
            taken.push((message.to_owned(), there.get(message).clone()));
            taken.push((date.to_owned(), there.get(date).clone()));
        }
    }
    rows::update(tx, here, there, &taken)?;
    Ok(())
}
