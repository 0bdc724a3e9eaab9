//! Waiting for a running read.

use tokio::task::JoinHandle;

/// The result of a task once it has finished; pending if there is none. Cancel safe.
pub(super) async fn finished<T>(task: &mut Option<JoinHandle<T>>) -> T {
    loop {
        let Some(running) = task else { return std::future::pending().await };
        let outcome = running.await;
        *task = None;
        match outcome {
            Ok(outcome) => return outcome,
            Err(error) => tracing::error!(%error, "a read of events panicked"),
        }
    }
}
