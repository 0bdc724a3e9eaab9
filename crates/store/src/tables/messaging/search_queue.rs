//! Messages whose texts have changed and wait until they are [indexed](crate::search_index).

use crate::{StoreError, Tx};
use meeshy_domain::MessageId;
use meeshy_domain::text::FOLD_VERSION;
use std::collections::BTreeSet;

/// Queues all messages for a new index.
pub(crate) fn start(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO search_state (id, last_number, fold_version) VALUES (1, 0, $1)",
        &[FOLD_VERSION.into()],
    )?;
    add_all(tx)
}

/// Queues all messages if texts are folded differently now; returns whether they are. Other processes that index wait
/// until this transaction ends.
pub(crate) fn restart(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    let changed = "UPDATE search_state SET fold_version = $1 WHERE fold_version < $1";
    let is_changed = tx.execute(changed, &[FOLD_VERSION.into()])? > 0;
    if is_changed {
        add_all(tx)?;
    }
    Ok(is_changed)
}

/// Queues all messages, after rows were changed without events.
pub(crate) fn add_all(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    let all = "INSERT INTO search_queue (message_id, event) SELECT id, 0 FROM messages WHERE TRUE ON CONFLICT DO NOTHING";
    tx.execute(all, &[]).map(drop)
}

/// Queues a message with the number of the event that has changed its texts.
pub(crate) fn add(tx: &mut Tx<'_>, message: MessageId, event: i64) -> Result<(), StoreError> {
    let sql = "INSERT INTO search_queue (message_id, event) VALUES ($1, $2)";
    tx.execute_later(sql, &[message.into(), event.into()])
}

/// Whether messages wait, or all have to be indexed again because texts are folded differently now.
pub fn has_work(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    tx.exists(
        "SELECT 1 FROM search_state WHERE fold_version < $1 OR EXISTS (SELECT 1 FROM search_queue)",
        &[FOLD_VERSION.into()],
    )
}

/// Takes up to `limit` changes, and returns their messages. Other processes wait until this transaction ends.
pub fn take(tx: &mut Tx<'_>, limit: i64) -> Result<BTreeSet<MessageId>, StoreError> {
    tx.execute("UPDATE search_state SET last_number = last_number WHERE id = 1", &[])?;
    let taken: Vec<MessageId> = tx.fetch_all(
        "DELETE FROM search_queue WHERE (message_id, event) IN \
           (SELECT message_id, event FROM search_queue ORDER BY message_id, event LIMIT $1) RETURNING message_id",
        &[limit.into()],
    )?;
    Ok(taken.into_iter().collect())
}
