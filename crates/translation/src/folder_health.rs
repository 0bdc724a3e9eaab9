//! Polls a folder that could not be read, with increasing delays. Until it can be read, its last known state
//! is used.

use std::fmt::Display;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The first delay; doubled after each further failure.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The maximum delay.
const MAX_WAIT: Duration = Duration::from_secs(60);
/// A folder that has been missing for this long was removed on purpose. An upgrade takes less.
const REMOVE_AFTER: Duration = Duration::from_secs(60);

/// The outcome of the last reads of a folder.
#[derive(Debug, Default)]
pub(crate) struct FolderHealth {
    failing: Mutex<Option<Failing>>,
}

#[derive(Debug, Clone, Copy)]
struct Failing {
    since: Instant,
    again: Instant,
    wait: Duration,
}

impl FolderHealth {
    /// Records the outcome of a read; the first failure in a row is logged, and the recovery.
    pub(crate) fn record(&self, folder: &std::path::Path, problem: Option<&dyn Display>) {
        let now = Instant::now();
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        let path = folder.display();
        *failing = match (*failing, problem) {
            (None, None) => None,
            (Some(_), None) => {
                tracing::info!(%path, "A translation folder is readable again");
                None
            }
            (None, Some(problem)) => {
                tracing::warn!(%path, %problem, "Failed to read a translation folder; using its last known contents");
                Some(Failing { since: now, again: now + FIRST_WAIT, wait: FIRST_WAIT })
            }
            (Some(known), Some(_)) if known.again > now => Some(known),
            (Some(known), Some(_)) => {
                let wait = (known.wait * 2).min(MAX_WAIT);
                Some(Failing { again: now + wait, wait, ..known })
            }
        };
    }

    /// When to read again, if the last read failed.
    pub(crate) fn retry_at(&self) -> Option<Instant> {
        self.failing().map(|failing| failing.again)
    }

    /// Whether a missing folder was removed on purpose.
    pub(crate) fn is_removed(&self) -> bool {
        self.failing().is_some_and(|failing| failing.since.elapsed() >= REMOVE_AFTER)
    }

    fn failing(&self) -> Option<Failing> {
        *self.failing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[tokio::test(start_paused = true)]
    async fn delays_grow_until_a_read_succeeds() {
        let (health, folder) = (FolderHealth::default(), Path::new("/modes"));
        assert_eq!(health.retry_at(), None);
        let mut waits = Vec::new();
        for _ in 0..8 {
            health.record(folder, Some(&"too many open files"));
            let again = health.retry_at().unwrap();
            waits.push((again - Instant::now()).as_secs());
            // A read in between changes nothing.
            health.record(folder, Some(&"too many open files"));
            assert_eq!(health.retry_at(), Some(again));
            tokio::time::advance(again - Instant::now()).await;
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert!(health.is_removed());
        health.record(folder, None);
        assert!(health.retry_at().is_none() && !health.is_removed());
    }
}
