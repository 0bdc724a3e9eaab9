//! Messages that wait until they are [indexed](crate::search_index), for one of three reasons.
//!
//! - An upgrade or an import has added them without logging them. All messages are then indexed in the order of their ids.
//! - Their texts have changed. A trigger of the [event log](crate::events) queues them, whichever release logs the change.
//! - A program with older rules has indexed them.

use crate::search_index::INDEX_VERSION;
use crate::{StoreError, Tx};
use meeshy_domain::MessageId;
use std::collections::BTreeSet;

/// Lets all messages be indexed, after rows were changed without events.
pub(crate) fn add_all(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.execute("UPDATE search_state SET backfilled = '' WHERE id = 1", &[]).map(drop)
}

/// Whether messages wait.
pub fn has_work(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    tx.exists(
        "SELECT 1 FROM search_state WHERE backfilled IS NOT NULL OR EXISTS (SELECT 1 FROM search_queue) \
           OR EXISTS (SELECT 1 FROM search_entries WHERE fold_version < $1)",
        &[INDEX_VERSION.into()],
    )
}

/// Takes up to `limit` messages that wait. Other processes wait until this transaction ends.
pub fn take(tx: &mut Tx<'_>, limit: i64) -> Result<BTreeSet<MessageId>, StoreError> {
    let backfilled: Option<String> = tx.fetch_one(
        "UPDATE search_state SET last_number = last_number WHERE id = 1 RETURNING backfilled",
        &[],
    )?;
    // Before the changed ones, so that newer messages have higher numbers.
    if let Some(position) = backfilled {
        return backfill(tx, &position, limit);
    }
    let changed: Vec<MessageId> = tx.fetch_all(
        "DELETE FROM search_queue WHERE (message_id, event) IN \
           (SELECT message_id, event FROM search_queue ORDER BY message_id, event LIMIT $1) RETURNING message_id",
        &[limit.into()],
    )?;
    if !changed.is_empty() {
        return Ok(changed.into_iter().collect());
    }
    let outdated: Vec<MessageId> = tx.fetch_all(
        "SELECT message_id FROM search_entries WHERE fold_version < $1 ORDER BY fold_version LIMIT $2",
        &[INDEX_VERSION.into(), limit.into()],
    )?;
    Ok(outdated.into_iter().collect())
}

/// The first messages after this position, which moves on.
fn backfill(tx: &mut Tx<'_>, position: &str, limit: i64) -> Result<BTreeSet<MessageId>, StoreError> {
    let next: Vec<MessageId> = tx.fetch_all(
        "SELECT id FROM messages WHERE id > $1 ORDER BY id LIMIT $2",
        &[position.into(), limit.into()],
    )?;
    let is_full = i64::try_from(next.len()) == Ok(limit);
    let position = next.last().filter(|_| is_full).map(MessageId::to_string);
    tx.execute("UPDATE search_state SET backfilled = $1 WHERE id = 1", &[position.into()])?;
    Ok(next.into_iter().collect())
}
