//! Claims that are extended while their job runs.

use meeshy_store::StoreError;
use std::time::{Duration, Instant};

/// Runs `work`, and extends its claim with `extend` three times per `lease`. Returns `None`, and drops the
/// work, when `extend` says that the claim is lost, or when it has failed until the claim expired.
///
/// Others may take the job before this process notices, so a job must tolerate being done twice.
pub async fn hold<T, F>(lease: Duration, extend: impl Fn() -> F, work: impl Future<Output = T>) -> Option<T>
where
    F: Future<Output = Result<bool, StoreError>>,
{
    tokio::select! {
        outcome = work => Some(outcome),
        () = lost(lease, extend) => None,
    }
}

async fn lost<F: Future<Output = Result<bool, StoreError>>>(lease: Duration, extend: impl Fn() -> F) {
    let mut extended_at = Instant::now();
    loop {
        tokio::time::sleep(lease / 3).await;
        let asked_at = Instant::now();
        match extend().await {
            Ok(true) => extended_at = asked_at,
            Ok(false) => return,
            Err(_) if extended_at.elapsed() >= lease => return,
            Err(error) => tracing::debug!(%error, "Failed to extend the claim of a job; trying again"),
        }
    }
}
