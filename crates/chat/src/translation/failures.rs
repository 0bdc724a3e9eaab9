//! Failed translations, which are logged only now and then.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often failed translations are logged.
const FAILURE_LOG_INTERVAL: Duration = Duration::from_secs(10);

/// Failed translations. If one fails, others may fail for the same reason, so failures are logged only now
/// and then.
#[derive(Default)]
pub(super) struct Failures(Mutex<FailuresSince>);

#[derive(Default)]
struct FailuresSince {
    logged_at: Option<Instant>,
    count: u64,
}

impl Failures {
    /// Counts a failure; if it is to be logged, returns the number since the last logged one.
    pub fn note(&self) -> Option<u64> {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.logged_at.is_some_and(|at| at.elapsed() < FAILURE_LOG_INTERVAL) {
            failures.count += 1;
            return None;
        }
        failures.logged_at = Some(Instant::now());
        Some(std::mem::take(&mut failures.count))
    }
}
