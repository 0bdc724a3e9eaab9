//! The threads that own the connections, and how a failure of one is reported.

use meeshy_tasks::panic_message;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio::sync::watch;

/// The threads of a store.
#[derive(Clone)]
pub(crate) struct Threads {
    failed: watch::Sender<Option<String>>,
}

impl Threads {
    pub(crate) fn new() -> Self {
        Self { failed: watch::Sender::new(None) }
    }

    /// Starts a thread. A panic in it fails the whole store.
    pub(crate) fn spawn(&self, name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), String> {
        let (failed, thread) = (self.failed.clone(), name.to_owned());
        let watched = move || {
            if let Err(panic) = catch_unwind(AssertUnwindSafe(body)) {
                failed
                    .send_replace(Some(format!("the thread {thread} panicked: {}", panic_message(&*panic))));
            }
        };
        std::thread::Builder::new()
            .name(name.into())
            .spawn(watched)
            .map(drop)
            .map_err(|error| error.to_string())
    }

    /// Waits until a thread has failed and returns the reason.
    pub(crate) async fn failure(&self) -> String {
        let mut failed = self.failed.subscribe();
        let reason = failed.wait_for(Option::is_some).await.ok().and_then(|reason| reason.clone());
        match reason {
            Some(reason) => reason,
            // The sender lives as long as `self`.
            None => std::future::pending().await,
        }
    }
}
