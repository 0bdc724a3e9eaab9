//! Durable jobs of any kind, and scheduled jobs. Translations of messages are in
//! [`translation_jobs`](crate::translation_jobs).
//!
//! A job is identified by its kind and a key. Times are those of the database.

use crate::engine::placeholders::{padded, placeholders};
use crate::engine::record::record;
use crate::tables::job_table::{Due, JobTable};
use crate::{StoreError, Tx, Value};
use meeshy_domain::Timestamp;
use std::time::Duration;

const TABLE: JobTable = JobTable { name: "jobs", key: ["kind", "key"] };

/// The maximum length of a stored error, in characters.
const MAX_ERROR_CHARS: usize = 500;

record! {
    /// A claimed job.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Job {
        /// Its kind.
        pub kind: String,
        /// Its key within the kind; empty for a scheduled job.
        pub key: String,
        /// Its parameters, as JSON.
        pub payload: String,
        /// How often it was enqueued.
        pub revision: i64,
        /// The number of attempts since it was enqueued or last succeeded, including this one.
        pub attempts: i64,
    }
}

impl Job {
    fn key(&self) -> [Value; 2] {
        [(&self.kind).into(), (&self.key).into()]
    }
}

/// Adds a job that is due at once, or replaces the one with this key. If that one is running, the new one
/// runs afterwards. An empty key makes a scheduled job due.
pub fn enqueue(tx: &mut Tx<'_>, kind: &str, key: &str, payload: &str) -> Result<(), StoreError> {
    enqueue_in(tx, kind, key, payload, Duration::ZERO)
}

/// The same for a job that is due after `delay`.
pub fn enqueue_in(
    tx: &mut Tx<'_>,
    kind: &str,
    key: &str,
    payload: &str,
    delay: Duration,
) -> Result<(), StoreError> {
    put(tx, kind, key, payload, delay, "TRUE")
}

/// The same, unless the job with this key is due before that and waits.
pub fn enqueue_within(
    tx: &mut Tx<'_>,
    kind: &str,
    key: &str,
    payload: &str,
    delay: Duration,
) -> Result<(), StoreError> {
    let replaces =
        format!("jobs.is_dead OR jobs.claimed_until > {} OR jobs.run_at > excluded.run_at", tx.now_sql());
    put(tx, kind, key, payload, delay, &replaces)
}

/// Adds a job, or replaces the one with this key if the condition `replaces` holds.
fn put(
    tx: &mut Tx<'_>,
    kind: &str,
    key: &str,
    payload: &str,
    delay: Duration,
    replaces: &str,
) -> Result<(), StoreError> {
    let now = tx.now_sql();
    let sql = format!(
        "INSERT INTO jobs (kind, key, payload, run_at) VALUES ($1, $2, $3, {now} + $4) ON CONFLICT (kind, key) DO UPDATE SET \
           payload = excluded.payload, run_at = excluded.run_at, revision = jobs.revision + 1, attempts = 0, \
           last_error = NULL, is_dead = FALSE WHERE {replaces}"
    );
    tx.execute_later(&sql, &[kind.into(), key.into(), payload.into(), millis(delay).into()])
}

/// Cancels a job that is not running; returns whether it existed.
pub fn cancel(tx: &mut Tx<'_>, kind: &str, key: &str) -> Result<bool, StoreError> {
    let now = tx.now()?;
    TABLE.cancel(tx, [kind.into(), key.into()], now)
}

/// Adds a scheduled job that is due at once, unless it exists. One that is due later than `interval` from
/// now, because its interval was longer before, becomes due then.
pub fn schedule(tx: &mut Tx<'_>, kind: &str, interval: Duration) -> Result<(), StoreError> {
    let now = tx.now_sql();
    let sql = format!(
        "INSERT INTO jobs (kind, key, run_at) VALUES ($1, '', {now}) ON CONFLICT (kind, key) DO UPDATE SET \
           run_at = excluded.run_at + $2 WHERE jobs.run_at > excluded.run_at + $2"
    );
    tx.execute(&sql, &[kind.into(), millis(interval).into()]).map(drop)
}

/// Claims at most `limit` jobs of some kinds that are due, the oldest first, for `lease`.
pub fn claim(
    tx: &mut Tx<'_>,
    by: &str,
    kinds: &[&str],
    lease: Duration,
    limit: i64,
) -> Result<Vec<Job>, StoreError> {
    let now = tx.now()?;
    let due = Due { now, until: now.plus(lease), by, limit };
    let wanted = format!("NOT is_dead AND kind IN ({})", placeholders(5, kinds.len()));
    let params = padded(kinds.iter().map(|kind| Value::from(*kind)));
    TABLE.claim(tx, &due, &wanted, params, Job::columns())
}

/// Extends a claim by `lease` from now; returns whether `by` still has it.
pub fn extend_claim(tx: &mut Tx<'_>, by: &str, job: &Job, lease: Duration) -> Result<bool, StoreError> {
    let until = tx.now()?.plus(lease);
    TABLE.extend(tx, by, job.key(), until)
}

/// Gives a job back that was not finished, as if it had not been claimed.
pub fn give_back(tx: &mut Tx<'_>, by: &str, job: &Job) -> Result<(), StoreError> {
    // One that was enqueued again has no attempts yet.
    let attempts = "attempts = CASE WHEN revision = $4 THEN attempts - 1 ELSE attempts END";
    let sql = TABLE.update(&format!("claimed_until = 0, {attempts}"), "AND claimed_by = $3");
    let [kind, key] = job.key();
    tx.execute(&sql, &[kind, key, by.into(), job.revision.into()]).map(drop)
}

/// Deletes a job that is done.
pub fn finish(tx: &mut Tx<'_>, by: &str, job: &Job) -> Result<(), StoreError> {
    let [kind, key] = job.key();
    let params = [kind, key, by.into(), job.revision.into()];
    let deleted = tx.execute(&TABLE.delete("AND claimed_by = $3 AND revision = $4"), &params)?;
    release_newer(tx, by, job, deleted)
}

/// Schedules a scheduled job that is done again, after `interval`.
pub fn finish_scheduled(tx: &mut Tx<'_>, by: &str, job: &Job, interval: Duration) -> Result<(), StoreError> {
    let now = tx.now_sql();
    let change = format!(
        "claimed_until = 0, attempts = 0, last_error = NULL, last_succeeded_at = {now}, run_at = {now} + $5"
    );
    let sql = TABLE.update(&change, "AND claimed_by = $3 AND revision = $4");
    let [kind, key] = job.key();
    let params = [kind, key, by.into(), job.revision.into(), millis(interval).into()];
    let changed = tx.execute(&sql, &params)?;
    release_newer(tx, by, job, changed)
}

/// Stores why a job failed. It is due again after `wait`, or dead if that is `None`.
pub fn fail(
    tx: &mut Tx<'_>,
    by: &str,
    job: &Job,
    error: &str,
    wait: Option<Duration>,
) -> Result<(), StoreError> {
    let change = format!("claimed_until = 0, last_error = $5, run_at = {} + $6, is_dead = $7", tx.now_sql());
    let sql = TABLE.update(&change, "AND claimed_by = $3 AND revision = $4");
    // NUL characters cannot be stored.
    let error: String = error.chars().filter(|c| *c != '\0').take(MAX_ERROR_CHARS).collect();
    let [kind, key] = job.key();
    let wait_ms = millis(wait.unwrap_or_default());
    let params =
        [kind, key, by.into(), job.revision.into(), error.into(), wait_ms.into(), wait.is_none().into()];
    let changed = tx.execute(&sql, &params)?;
    release_newer(tx, by, job, changed)
}

/// Releases a job that was enqueued again while it ran, so that it runs once more.
fn release_newer(tx: &mut Tx<'_>, by: &str, job: &Job, ended: u64) -> Result<(), StoreError> {
    if ended == 0 {
        give_back(tx, by, job)?;
    }
    Ok(())
}

/// Releases all claims, for a process that starts with exclusive use of the data.
pub fn release_claims(tx: &mut Tx<'_>) -> Result<u64, StoreError> {
    TABLE.release_all(tx)
}

/// Removes jobs that have been dead for `age`.
pub fn remove_dead(tx: &mut Tx<'_>, age: Duration) -> Result<u64, StoreError> {
    let before = tx.now()?.minus(age);
    tx.execute("DELETE FROM jobs WHERE is_dead AND run_at <= $1", &[before.into()])
}

record! {
    /// The state of a scheduled job.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Scheduled {
        /// Its name.
        pub name: String = "kind",
        /// When it is due.
        pub run_at: Timestamp,
        /// When it last succeeded.
        pub last_succeeded_at: Option<Timestamp>,
        /// Why the last attempt failed; `None` if it did not.
        pub last_error: Option<String>,
    }
}

/// The scheduled jobs, by name; reads all jobs.
pub fn scheduled(tx: &mut Tx<'_>) -> Result<Vec<Scheduled>, StoreError> {
    tx.fetch_all(&format!("SELECT {} FROM jobs WHERE key = '' ORDER BY kind", Scheduled::columns()), &[])
}

record! {
    /// The numbers of jobs that are not scheduled.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Counts {
        /// Waiting and running ones.
        pub waiting: i64 = "count(CASE WHEN NOT is_dead THEN 1 END)",
        /// Those that have failed too often.
        pub dead: i64 = "count(CASE WHEN is_dead THEN 1 END)",
    }
}

/// The numbers of jobs that are not scheduled; reads all jobs.
pub fn counts(tx: &mut Tx<'_>) -> Result<Counts, StoreError> {
    tx.fetch_one(&format!("SELECT {} FROM jobs WHERE key <> ''", Counts::columns()), &[])
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 2)
}
