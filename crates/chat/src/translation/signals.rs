//! Signals between callers and the worker, here and in other processes.

use meeshy_store::translation_jobs::Priority;
use std::time::Duration;
use tokio::sync::Notify;

/// A translator without a heartbeat for this long is dead.
pub(crate) const TRANSLATOR_TIMEOUT: Duration = Duration::from_secs(10);

/// Signals that there is something to translate, or something translated.
#[derive(Default)]
pub(crate) struct Signals {
    pub live: Notify,
    pub backfill: Notify,
    /// For the task that notifies other processes.
    pub remote: Notify,
    /// Another process has texts to translate.
    pub texts_asked: Notify,
    /// Another process has translated texts.
    pub texts_answered: Notify,
}

impl Signals {
    /// There are new jobs of a kind.
    pub fn notify(&self, priority: Priority) {
        self.of(priority).notify_one();
        self.remote.notify_one();
    }

    /// There are new texts for another process.
    pub fn notify_texts(&self) {
        self.remote.notify_one();
    }

    /// There are new jobs of any kind.
    pub fn notify_all(&self) {
        self.notify_local();
        self.remote.notify_one();
    }

    /// There are new jobs of any kind, and the other processes know.
    pub fn notify_local(&self) {
        self.live.notify_one();
        self.backfill.notify_one();
    }

    /// What wakes the worker of this process.
    pub fn of(&self, priority: Priority) -> &Notify {
        match priority {
            Priority::Live => &self.live,
            Priority::Backfill => &self.backfill,
        }
    }
}
