//! Supervision of long-running tasks.
//!
//! A task that should run as long as the program is started by a [`Supervisor`]. If it panics, fails, or ends
//! before it was told to stop, the supervisor reports it and the program exits: without one of its tasks it
//! would look healthy, but silently do less than expected.

use futures::FutureExt;
use std::any::Any;
use std::convert::Infallible;
use std::fmt::Display;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Owns the long-running tasks of a program. Cheap to clone.
#[derive(Clone)]
pub struct Supervisor {
    inner: Arc<Inner>,
}

struct Inner {
    tracker: TaskTracker,
    stopping: CancellationToken,
    failure: watch::Sender<Option<String>>,
    running: Mutex<Vec<&'static str>>,
}

impl Default for Supervisor {
    fn default() -> Self {
        Self::new()
    }
}

impl Supervisor {
    /// A supervisor without tasks.
    #[must_use]
    pub fn new() -> Self {
        let inner = Inner {
            tracker: TaskTracker::new(),
            stopping: CancellationToken::new(),
            failure: watch::Sender::new(None),
            running: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Starts a task that ends soon after [`stopped`](Self::stopped) is ready, and not before.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.spawn_fallible(name, task.map(Ok::<(), Infallible>));
    }

    /// Like [`spawn`](Self::spawn), for a task that can fail.
    pub fn spawn_fallible<E: Display>(
        &self,
        name: &'static str,
        task: impl Future<Output = Result<(), E>> + Send + 'static,
    ) {
        let supervisor = self.clone();
        self.inner.running().push(name);
        self.inner.tracker.spawn(async move {
            let problem = match AssertUnwindSafe(task).catch_unwind().await {
                Ok(Ok(())) if supervisor.inner.stopping.is_cancelled() => None,
                Ok(Ok(())) => Some("ended unexpectedly".to_owned()),
                Ok(Err(error)) => Some(format!("failed: {error}")),
                Err(panic) => Some(format!("panicked: {}", panic_message(&*panic))),
            };
            supervisor.ended(name, problem);
        });
    }

    /// Starts a task that never ends by itself, and drops it once [`stopped`](Self::stopped) is ready.
    pub fn spawn_until_stopped(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let stopped = self.stopped();
        self.spawn(name, async move {
            tokio::select! {
                () = stopped => {}
                () = task => {}
            }
        });
    }

    fn ended(&self, name: &'static str, problem: Option<String>) {
        let mut running = self.inner.running();
        if let Some(place) = running.iter().position(|task| *task == name) {
            running.swap_remove(place);
        }
        drop(running);
        let Some(problem) = problem else { return };
        tracing::error!(task = name, problem, "A long-running task failed");
        self.inner.failure.send_if_modified(|failure| {
            let is_first = failure.is_none();
            failure.get_or_insert_with(|| format!("{name} {problem}"));
            is_first
        });
    }

    /// Waits until a task fails, and returns the reason.
    pub async fn failure(&self) -> String {
        let mut failure = self.inner.failure.subscribe();
        let reason = failure.wait_for(Option::is_some).await.ok().and_then(|reason| reason.clone());
        match reason {
            Some(reason) => reason,
            // The sender lives as long as `self`.
            None => std::future::pending().await,
        }
    }

    /// Tells all tasks to stop.
    pub fn stop(&self) {
        self.inner.stopping.cancel();
        self.inner.tracker.close();
    }

    /// Ready once all tasks have been told to stop.
    pub fn stopped(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        self.inner.stopping.clone().cancelled_owned()
    }

    /// Waits for the tasks to end after [`stop`](Self::stop), but no longer than `timeout`. Returns the names
    /// of the tasks that are still running.
    pub async fn drain(&self, timeout: Duration) -> Vec<&'static str> {
        match tokio::time::timeout(timeout, self.inner.tracker.wait()).await {
            Ok(()) => Vec::new(),
            Err(_) => self.inner.running().clone(),
        }
    }
}

impl Inner {
    fn running(&self) -> MutexGuard<'_, Vec<&'static str>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The message of a panic, as `catch_unwind` returns it.
#[must_use]
pub fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no reason given")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(10);

    async fn failure(supervisor: &Supervisor) -> String {
        tokio::time::timeout(TIMEOUT, supervisor.failure()).await.unwrap()
    }

    #[tokio::test]
    async fn panics_errors_and_early_ends_are_failures() {
        let supervisor = Supervisor::new();
        supervisor.spawn("the dispatcher", async { panic!("no such room") });
        assert_eq!(failure(&supervisor).await, "the dispatcher panicked: no such room");
        let supervisor = Supervisor::new();
        supervisor.spawn_fallible("the listener", async { Err("the address is gone") });
        assert_eq!(failure(&supervisor).await, "the listener failed: the address is gone");
        let supervisor = Supervisor::new();
        supervisor.spawn_until_stopped("the watch", async {});
        assert_eq!(failure(&supervisor).await, "the watch ended unexpectedly");
        supervisor.spawn("another", async { panic!("later") });
        supervisor.stop();
        assert!(supervisor.drain(TIMEOUT).await.is_empty());
        assert_eq!(failure(&supervisor).await, "the watch ended unexpectedly", "the first one is the reason");
    }

    #[tokio::test]
    async fn tasks_that_end_after_stop_are_not_failures() {
        let supervisor = Supervisor::new();
        supervisor.spawn("one", supervisor.stopped());
        supervisor.spawn_until_stopped("two", std::future::pending());
        supervisor.stop();
        assert!(supervisor.drain(TIMEOUT).await.is_empty());
        assert!(supervisor.failure().now_or_never().is_none());
    }

    #[tokio::test]
    async fn drain_names_tasks_that_do_not_end() {
        let supervisor = Supervisor::new();
        supervisor.spawn("ends", supervisor.stopped());
        supervisor.spawn("hangs", std::future::pending());
        supervisor.stop();
        assert_eq!(supervisor.drain(Duration::from_millis(100)).await, ["hangs"]);
    }
}
