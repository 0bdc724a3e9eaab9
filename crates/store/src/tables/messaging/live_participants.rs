//! Who is in a call that is going on, and through which socket.

use crate::engine::record::record;
use crate::{Query, StoreError, Tx};
use meeshy_domain::{CallId, CallParticipantId, Timestamp, UserId};
use std::time::Duration;

record! {
    /// A user who is in a call.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct LiveParticipant in live_participants {
        /// The call.
        pub call_id: CallId,
        /// The user.
        pub user_id: UserId,
        /// The participation.
        pub participant_id: CallParticipantId,
        /// The gateway of the socket; `None` for a user who joined without a socket.
        pub gateway_id: Option<String>,
        /// The socket through which the user takes part.
        pub socket: Option<String>,
        /// Since when that socket is closed, as its gateway has recorded.
        pub gone_at: Option<Timestamp>,
        /// Since when nothing shows that the user is there: the gateway is not alive, or a user without a socket is not
        /// connected.
        pub missing_since: Option<Timestamp>,
    }
}

/// Who is in a call.
pub fn of_call(call: CallId) -> Query<Vec<LiveParticipant>> {
    Query::all(
        format!("SELECT {} FROM live_participants WHERE call_id = $1", LiveParticipant::columns()),
        vec![call.into()],
    )
}

/// The calls in which a user is, at most `limit`.
pub fn of_user(user: UserId, limit: i64) -> Query<Vec<CallId>> {
    Query::all(
        "SELECT call_id FROM live_participants WHERE user_id = $1 ORDER BY call_id LIMIT $2",
        vec![user.into(), limit.into()],
    )
}

/// The calls in which a user takes part through a socket that was open so far, at most `limit`.
pub fn of_socket(user: UserId, socket: &str, limit: i64) -> Query<Vec<CallId>> {
    Query::all(
        "SELECT call_id FROM live_participants WHERE user_id = $1 AND socket = $2 AND gone_at IS NULL \
         ORDER BY call_id LIMIT $3",
        vec![user.into(), socket.into(), limit.into()],
    )
}

/// Adds a user to a call, or moves one who is in it to another socket.
pub fn put(tx: &mut Tx<'_>, participant: &LiveParticipant) -> Result<(), StoreError> {
    tx.insert_then(
        participant,
        "ON CONFLICT (call_id, user_id) DO UPDATE SET gateway_id = excluded.gateway_id, \
         socket = excluded.socket, gone_at = excluded.gone_at, missing_since = excluded.missing_since",
    )
}

/// Removes a user from a call.
pub fn remove(tx: &mut Tx<'_>, call: CallId, user: UserId) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM live_participants WHERE call_id = $1 AND user_id = $2",
        &[call.into(), user.into()],
    )?;
    Ok(())
}

/// The socket of a user in a call is closed, unless the user has another one by now.
pub fn close_socket(tx: &mut Tx<'_>, call: CallId, user: UserId, socket: &str) -> Result<(), StoreError> {
    let now = tx.now()?;
    tx.execute(
        "UPDATE live_participants SET gone_at = $4 WHERE call_id = $1 AND user_id = $2 AND socket = $3 AND gone_at IS NULL",
        &[call.into(), user.into(), socket.into(), now.into()],
    )?;
    Ok(())
}

/// Records since when a user in a call is missing. What the gateway of the socket records meanwhile stays.
pub fn set_missing(
    tx: &mut Tx<'_>,
    call: CallId,
    user: UserId,
    since: Option<Timestamp>,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE live_participants SET missing_since = $3 WHERE call_id = $1 AND user_id = $2",
        &[call.into(), user.into(), since.into()],
    )?;
    Ok(())
}

/// Counts the bytes of a signal of a participant; returns how many there were within `window`, with these.
pub fn count_signal(
    tx: &mut Tx<'_>,
    call: CallId,
    user: UserId,
    bytes: usize,
    window: Duration,
) -> Result<i64, StoreError> {
    let now = tx.now_sql();
    let sql = format!(
        "UPDATE live_participants SET \
           signal_bytes = $3 + CASE WHEN signals_since + $4 <= {now} THEN 0 ELSE signal_bytes END, \
           signals_since = CASE WHEN signals_since + $4 <= {now} THEN {now} ELSE signals_since END \
         WHERE call_id = $1 AND user_id = $2 RETURNING signal_bytes"
    );
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX / 2);
    let window_ms = i64::try_from(window.as_millis()).unwrap_or(i64::MAX / 2);
    tx.fetch_one(&sql, &[call.into(), user.into(), bytes.into(), window_ms.into()])
}
