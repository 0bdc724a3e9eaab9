//! The threads that own the connections, and how a failure of one is reported.

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
                failed.send_replace(Some(format!("the thread {thread} panicked: {}", reason(&*panic))));
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

/// The message of a panic.
pub(crate) fn reason(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no reason given")
}
