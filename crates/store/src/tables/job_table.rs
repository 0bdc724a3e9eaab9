//! What tables of jobs have in common: a key of two columns, and the columns `run_at`, `attempts`,
//! `claimed_by` and `claimed_until`.
//!
//! A claim is a lease by the clock of the database ([`Tx::now`]), because processes on several hosts compare
//! it. Its holder finishes the job or extends the claim before it expires; otherwise another process takes
//! the job.

use crate::engine::record::FromRow;
use crate::{StoreError, Tx, Value};
use meeshy_domain::Timestamp;

/// A table of jobs.
pub(crate) struct JobTable {
    /// Its name.
    pub name: &'static str,
    /// The columns of its key.
    pub key: [&'static str; 2],
}

/// Which jobs to claim, and for how long.
pub(crate) struct Due<'a> {
    /// The time.
    pub now: Timestamp,
    /// When the claim expires.
    pub until: Timestamp,
    /// The claiming process.
    pub by: &'a str,
    /// The maximum number.
    pub limit: i64,
}

impl JobTable {
    /// Claims jobs that are due, the oldest first, and returns the columns `returned`. `wanted` is a further
    /// condition on the row `job`, with `params` from `$5` on.
    pub fn claim<T: FromRow>(
        &self,
        tx: &mut Tx<'_>,
        due: &Due<'_>,
        wanted: &str,
        params: Vec<Value>,
        returned: &str,
    ) -> Result<Vec<T>, StoreError> {
        let Self { name, key: [first, second] } = self;
        let lock = tx.skip_locked();
        let sql = format!(
            "UPDATE {name} SET claimed_until = $2, claimed_by = $4, attempts = attempts + 1 \
             WHERE ({first}, {second}) IN \
               (SELECT {first}, {second} FROM {name} job WHERE {wanted} AND run_at <= $1 AND claimed_until <= $1 \
                ORDER BY run_at, {first} LIMIT $3 {lock}) \
             RETURNING {returned}"
        );
        let own = vec![due.now.into(), due.until.into(), due.limit.into(), due.by.into()];
        tx.fetch_all(&sql, &[own, params].concat())
    }

    /// Extends a claim; returns whether `by` still has it.
    pub fn extend(
        &self,
        tx: &mut Tx<'_>,
        by: &str,
        [first, second]: [Value; 2],
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let sql = self.update("claimed_until = $4", "AND claimed_by = $3 AND claimed_until > 0");
        Ok(tx.execute(&sql, &[first, second, by.into(), until.into()])? == 1)
    }

    /// Releases a claim and schedules the next attempt.
    pub fn postpone(
        &self,
        tx: &mut Tx<'_>,
        [first, second]: [Value; 2],
        run_at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = self.update("claimed_until = 0, run_at = $3", "");
        tx.execute(&sql, &[first, second, run_at.into()]).map(drop)
    }

    /// Releases all claims, for a process that starts with exclusive use of the data, so that every claim is
    /// stale. Returns how many there were.
    pub fn release_all(&self, tx: &mut Tx<'_>) -> Result<u64, StoreError> {
        let name = self.name;
        tx.execute(&format!("UPDATE {name} SET claimed_until = 0 WHERE claimed_until > 0"), &[])
    }

    /// Deletes a job.
    pub fn remove(&self, tx: &mut Tx<'_>, [first, second]: [Value; 2]) -> Result<(), StoreError> {
        tx.execute(&self.delete(""), &[first, second]).map(drop)
    }

    /// Deletes a job that is not claimed; returns whether it existed.
    pub fn cancel(
        &self,
        tx: &mut Tx<'_>,
        [first, second]: [Value; 2],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(tx.execute(&self.delete("AND claimed_until <= $3"), &[first, second, now.into()])? == 1)
    }

    /// An `UPDATE` of the job with the key `$1, $2`.
    pub fn update(&self, change: &str, condition: &str) -> String {
        let Self { name, key: [first, second] } = self;
        format!("UPDATE {name} SET {change} WHERE {first} = $1 AND {second} = $2 {condition}")
    }

    /// A `DELETE` of the job with the key `$1, $2`.
    pub fn delete(&self, condition: &str) -> String {
        let Self { name, key: [first, second] } = self;
        format!("DELETE FROM {name} WHERE {first} = $1 AND {second} = $2 {condition}")
    }
}
