//! What has happened in calls, for the other gateways on this database.
//!
//! Session descriptions are too long for a notification, so they are rows, which others read when they are notified, or
//! find by polling. The events of a call are numbered under the lock of its row ([`live_calls`](crate::live_calls)).

use crate::engine::record::record;
use crate::{Query, StoreError, Tx};
use meeshy_domain::{CallId, Timestamp};

record! {
    /// An event of a call.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct CallEventRow {
        /// Its number in the call.
        pub number: i64,
        /// The event, as JSON.
        pub payload: String,
    }
}

/// Adds an event that happened at `gateway`.
pub fn insert(
    tx: &mut Tx<'_>,
    call: CallId,
    number: i64,
    gateway: &str,
    payload: &str,
) -> Result<(), StoreError> {
    let sql = format!(
        "INSERT INTO call_events (call_id, number, gateway_id, payload, created_at) VALUES ($1, $2, $3, $4, {})",
        tx.now_sql()
    );
    tx.execute_later(&sql, &[call.into(), number.into(), gateway.into(), payload.into()])
}

/// The events of a call after a number that happened elsewhere than at `gateway`, in order, at most `limit`.
pub fn after(call: CallId, number: i64, gateway: &str, limit: i64) -> Query<Vec<CallEventRow>> {
    Query::all(
        format!(
            "SELECT {} FROM call_events WHERE call_id = $1 AND number > $2 AND gateway_id <> $3 ORDER BY number LIMIT $4",
            CallEventRow::columns()
        ),
        vec![call.into(), number.into(), gateway.into(), limit.into()],
    )
}

/// The newest events since then that happened elsewhere than at `gateway`, at most `limit`, the newest first: each call
/// with a number.
pub fn newest_since(since: Timestamp, gateway: &str, limit: i64) -> Query<Vec<(CallId, i64)>> {
    Query::all(
        "SELECT call_id, number FROM call_events WHERE created_at >= $1 AND gateway_id <> $2 ORDER BY created_at DESC LIMIT $3",
        vec![since.into(), gateway.into(), limit.into()],
    )
}

/// Removes events before this time.
pub fn prune(tx: &mut Tx<'_>, before: Timestamp) -> Result<u64, StoreError> {
    tx.execute("DELETE FROM call_events WHERE created_at < $1", &[before.into()])
}
