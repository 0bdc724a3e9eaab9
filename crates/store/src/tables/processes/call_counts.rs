//! Rate limits shared by all gateways: calls are counted in windows of time by the clock of the database.

use crate::{StoreError, Tx};
use meeshy_domain::Timestamp;
use std::time::Duration;

/// A limit and the caller it applies to.
#[derive(Debug, Clone)]
pub struct Counted {
    /// The name of the limit.
    pub limit_name: &'static str,
    /// A hash of the caller's name.
    pub caller_hash: String,
    /// The most calls in one window.
    pub max_calls: i64,
    /// The length of a window, which starts with its first call.
    pub window: Duration,
}

/// Counts a call. Over the limit, returns how long the window still lasts.
pub fn count(tx: &mut Tx<'_>, counted: &Counted) -> Result<Option<Duration>, StoreError> {
    let now = tx.now_sql();
    let window = i64::try_from(counted.window.as_millis()).unwrap_or(i64::MAX);
    let sql = format!(
        "INSERT INTO call_counts (limit_name, caller_hash, calls, ends_at) VALUES ($1, $2, 1, {now} + $3) \
         ON CONFLICT (limit_name, caller_hash) DO UPDATE SET \
           calls = CASE WHEN call_counts.ends_at <= {now} THEN 1 ELSE call_counts.calls + 1 END, \
           ends_at = CASE WHEN call_counts.ends_at <= {now} THEN excluded.ends_at ELSE call_counts.ends_at END \
         RETURNING calls, ends_at - {now} AS remaining"
    );
    let params = [counted.limit_name.into(), (&counted.caller_hash).into(), window.into()];
    let (calls, remaining): (i64, i64) = tx.fetch_one(&sql, &params)?;
    let remaining = Duration::from_millis(u64::try_from(remaining).unwrap_or(0));
    Ok((calls > counted.max_calls).then_some(remaining))
}

/// Takes back a call that was counted.
pub fn give_back(tx: &mut Tx<'_>, counted: &Counted) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE call_counts SET calls = calls - 1 WHERE limit_name = $1 AND caller_hash = $2 AND calls > 0",
        &[counted.limit_name.into(), (&counted.caller_hash).into()],
    )?;
    Ok(())
}

/// Removes the windows that have ended and, of the rest, all but the `keep` that end last.
pub fn trim(tx: &mut Tx<'_>, keep: i64) -> Result<(), StoreError> {
    let now: Timestamp = tx.now()?;
    tx.execute(
        "DELETE FROM call_counts WHERE ends_at <= $1 OR ends_at <= \
           (SELECT ends_at FROM call_counts ORDER BY ends_at DESC LIMIT 1 OFFSET $2)",
        &[now.into(), keep.into()],
    )?;
    Ok(())
}
