//! Leases: jobs that one process at a time does, by the clock of the database.

use crate::{StoreError, Tx};
use std::time::Duration;

/// Acquires or renews the lease `name` for `holder`; returns whether the holder now has it.
pub fn take(tx: &mut Tx<'_>, name: &str, holder: &str, duration: Duration) -> Result<bool, StoreError> {
    let now = tx.now_sql();
    let duration = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    let sql = format!(
        "INSERT INTO leases (name, holder, until) VALUES ($1, $2, {now} + $3) \
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until \
         WHERE leases.holder = excluded.holder OR leases.until <= {now}"
    );
    Ok(tx.execute(&sql, &[name.into(), holder.into(), duration.into()])? == 1)
}

/// Releases a lease, so that others need not wait for it to expire.
pub fn give_back(tx: &mut Tx<'_>, name: &str, holder: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM leases WHERE name = $1 AND holder = $2", &[name.into(), holder.into()])?;
    Ok(())
}
