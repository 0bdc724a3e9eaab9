//! Retention of notifications, cached translations and logged events.
//!
//! A notification moves to the archive once it is old and read. A user's newest unread ones stay, however
//! old; a user who never comes back would otherwise keep thousands. Nothing is deleted: the archive can be
//! read and restored.

use crate::ChatError;
use meeshy_domain::{Timestamp, UserId};
use meeshy_store::events::{self, Keep};
use meeshy_store::notifications::{self, Expiry};
use meeshy_store::{Store, StoreError, Tx, translation_cache};
use std::time::Duration;

/// Rows moved or removed in one transaction, few enough that no other write waits for long.
const BATCH: i64 = 500;
/// Users looked up at a time.
const PEOPLE: i64 = 100;
/// Conversations whose logs are checked in one transaction.
const CONVERSATIONS: i64 = 200;

/// When notifications move to the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// The minimum age.
    pub age: Duration,
    /// How many older unread ones of a user stay as well, the newest ones.
    pub unread_kept: i64,
}

impl Default for Retention {
    fn default() -> Self {
        Self { age: Duration::from_secs(30 * 86_400), unread_kept: 25 }
    }
}

/// The bounds of the translation cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheBound {
    /// How long a result is kept. A result does not know its messages, so that of a deleted message stays
    /// until then.
    pub age: Duration,
    /// The most results to keep, the newest ones.
    pub rows: i64,
}

impl Default for CacheBound {
    fn default() -> Self {
        Self { age: Duration::from_secs(30 * 86_400), rows: 200_000 }
    }
}

/// The bounds of the event log, from which clients and other processes read what they have missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventBound {
    /// How long an event is kept.
    pub age: Duration,
    /// The most events to keep of a conversation, the newest ones.
    pub rows: i64,
}

impl Default for EventBound {
    fn default() -> Self {
        Self { age: Duration::from_secs(7 * 86_400), rows: 10_000 }
    }
}

/// All bounds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bounds {
    /// Of notifications outside the archive.
    pub notifications: Retention,
    /// Of cached translations.
    pub cache: CacheBound,
    /// Of events.
    pub events: EventBound,
}

/// The result of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Archived {
    /// Notifications moved to the archive.
    pub moved: usize,
    /// Their users.
    pub people: usize,
    /// Notifications outside the archive now.
    pub active: i64,
    /// Notifications in the archive now.
    pub archived: i64,
}

/// Moves expired notifications to the archive, in small transactions. An interrupted run is continued by the
/// next one.
///
/// # Errors
/// What was moved before a failure stays moved.
pub async fn archive_notifications(
    store: &Store,
    retention: Retention,
    now: Timestamp,
) -> Result<Archived, ChatError> {
    let age = i64::try_from(retention.age.as_millis()).unwrap_or(i64::MAX);
    let before = Timestamp::from_millis(now.millis().saturating_sub(age));
    let expiry = Expiry { before, unread_kept: retention.unread_kept };
    let mut run = Archived::default();
    let mut last = None;
    loop {
        let people = store.read(move |tx| notifications::people_with_old(tx, before, last, PEOPLE)).await?;
        let Some(newest) = people.last() else { break };
        last = Some(*newest);
        for person in people {
            let moved = archive_of(store, person, expiry).await?;
            run.moved += moved;
            run.people += usize::from(moved > 0);
        }
    }
    (run.active, run.archived) = store.read(notifications::counts).await?;
    Ok(run)
}

/// Removes cached translations that are too old or too many, in small transactions; returns how many.
///
/// # Errors
/// What was removed before a failure stays removed.
pub async fn prune_cache(store: &Store, bound: CacheBound, now: Timestamp) -> Result<u64, StoreError> {
    let mut removed = 0;
    loop {
        let old = store.write(move |tx| translation_cache::prune(tx, now.minus(bound.age), BATCH)).await?;
        removed += old;
        if old < BATCH.unsigned_abs() {
            break;
        }
    }
    let mut too_many = store.read(translation_cache::count).await? - bound.rows;
    while too_many > 0 {
        let newest = Timestamp::from_millis(i64::MAX);
        let oldest = too_many.min(BATCH);
        removed += store.write(move |tx| translation_cache::prune(tx, newest, oldest)).await?;
        too_many -= oldest;
    }
    Ok(removed)
}

/// Removes events that are too old or too many, in small transactions; returns how many.
///
/// # Errors
/// What was removed before a failure stays removed.
pub async fn prune_events(store: &Store, bound: EventBound, now: Timestamp) -> Result<u64, StoreError> {
    let keep = Keep { since: now.minus(bound.age), rows: bound.rows };
    let (mut removed, mut after) = (0, None);
    loop {
        let prune = move |tx: &mut Tx<'_>| events::prune(tx, keep, after, CONVERSATIONS, BATCH);
        let pruned = store.write(prune).await?;
        removed += pruned.removed;
        after = pruned.last;
        if pruned.is_done {
            return Ok(removed);
        }
    }
}

async fn archive_of(store: &Store, person: UserId, expiry: Expiry) -> Result<usize, StoreError> {
    let mut all = 0;
    loop {
        let moved = store.write(move |tx| notifications::archive(tx, person, expiry, BATCH)).await?;
        all += moved;
        if moved < usize::try_from(BATCH).unwrap_or(usize::MAX) {
            return Ok(all);
        }
    }
}
