//! Calls that are going on.
//!
//! A change of a call takes the number of its event first ([`advance`]), which locks the row: of two changes at the
//! same moment, the second one sees the first, and none changes a call that is over.

use crate::{Query, StoreError, Tx};
use meeshy_domain::{CallId, ConversationId, Timestamp};

/// The call that is going on in a conversation.
pub fn of_conversation(conversation: ConversationId) -> Query<Option<CallId>> {
    Query::optional("SELECT call_id FROM live_calls WHERE conversation_id = $1", vec![conversation.into()])
}

/// Starts a call in a conversation.
///
/// # Errors
/// [`StoreError::Conflict`] when another one is going on there.
pub fn insert(
    tx: &mut Tx<'_>,
    conversation: ConversationId,
    call: CallId,
    ends_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO live_calls (conversation_id, call_id, ends_at) VALUES ($1, $2, $3)",
        &[conversation.into(), call.into(), ends_at.into()],
    )?;
    Ok(())
}

/// Locks a call until the transaction ends, and returns the number of its next event; `None` if it is over.
pub fn advance(tx: &mut Tx<'_>, call: CallId) -> Result<Option<i64>, StoreError> {
    tx.fetch_optional(
        "UPDATE live_calls SET last_event = last_event + 1 WHERE call_id = $1 RETURNING last_event",
        &[call.into()],
    )
}

/// When a call ends by itself; `None` if it is over.
pub fn end_of(call: CallId) -> Query<Option<Timestamp>> {
    Query::optional("SELECT ends_at FROM live_calls WHERE call_id = $1", vec![call.into()])
}

/// Sets when a call ends by itself.
pub fn set_end(tx: &mut Tx<'_>, call: CallId, ends_at: Timestamp) -> Result<(), StoreError> {
    tx.execute("UPDATE live_calls SET ends_at = $2 WHERE call_id = $1", &[call.into(), ends_at.into()])?;
    Ok(())
}

/// A call is over, and nobody is in it any more.
pub fn remove(tx: &mut Tx<'_>, call: CallId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM live_calls WHERE call_id = $1", &[call.into()])?;
    Ok(())
}

/// Some calls whose time is over.
pub fn overdue(now: Timestamp, limit: i64) -> Query<Vec<CallId>> {
    Query::all(
        "SELECT call_id FROM live_calls WHERE ends_at <= $1 ORDER BY ends_at LIMIT $2",
        vec![now.into(), limit.into()],
    )
}
