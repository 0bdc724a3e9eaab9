//! Waiting for what other tasks and processes do.

use std::time::{Duration, Instant};

/// How long a test waits; much longer than anything takes, so that only a failure takes as long.
const TIMEOUT: Duration = Duration::from_secs(30);

const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Waits until a condition holds. `what` says in the message that it never did.
///
/// # Panics
/// If it does not hold within half a minute.
pub async fn eventually(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let holds = async {
        while !condition().await {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    };
    assert!(tokio::time::timeout(TIMEOUT, holds).await.is_ok(), "not within {TIMEOUT:?}: {what}");
}

/// The same for tests without a runtime.
///
/// # Panics
/// As [`eventually`].
pub fn eventually_blocking(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < TIMEOUT, "not within {TIMEOUT:?}: {what}");
        std::thread::sleep(POLL_INTERVAL);
    }
}
