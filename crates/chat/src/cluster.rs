//! Working together with other processes on the same PostgreSQL: gateways that take messages, translators that translate.
//!
//! Jobs are rows; what goes between the processes are hints that something is there ([`Channel`]). A hint that is lost costs
//! time and nothing else: a translator looks by itself every second. Results are events like all others
//! ([`event_bus`](crate::event_bus)).

use crate::Chat;
use meeshy_domain::Language;
use meeshy_store::translation_jobs::Priority;
use meeshy_store::translators::{self, Translator};
use meeshy_store::{Channel, Notice, StoreError, Tx};
use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{Notify, mpsc};

/// Notifications of jobs within this time are sent as one.
const COALESCE_WINDOW: Duration = Duration::from_millis(3);
/// How often the list of living translators is read.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// A translator without a heartbeat for this long is dead.
pub(crate) const TRANSLATOR_TIMEOUT: Duration = Duration::from_secs(10);

/// New jobs, announced to the local worker and to the task that notifies other processes.
#[derive(Default)]
pub(crate) struct Jobs {
    live: Notify,
    backfill: Notify,
    remote: Notify,
}

impl Jobs {
    /// There are new jobs of a kind.
    pub fn notify(&self, priority: Priority) {
        self.here(priority).notify_one();
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

    fn notify_local(&self) {
        self.live.notify_one();
        self.backfill.notify_one();
    }

    /// Wakes the local worker.
    pub fn here(&self, priority: Priority) -> &Notify {
        match priority {
            Priority::Live => &self.live,
            Priority::Backfill => &self.backfill,
        }
    }
}

/// The translators in other processes, as of a moment ago.
#[derive(Default)]
pub(crate) struct Translators {
    known: RwLock<Vec<Translator>>,
}

impl Translators {
    /// Whether one of them serves this pair.
    pub fn serve(&self, from: Language, to: Language) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.iter().flat_map(|other| &other.pairs).any(|pair| (pair.from, pair.to) == (from, to))
    }

    /// The number of translators.
    pub fn count(&self) -> usize {
        self.known.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The pairs that they serve and `serves` does not.
    pub fn pairs_but(&self, serves: impl Fn(Language, Language) -> bool) -> Vec<(Language, Language)> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let pairs: HashSet<_> =
            known.iter().flat_map(|other| &other.pairs).map(|pair| (pair.from, pair.to)).collect();
        pairs.into_iter().filter(|&(from, to)| !serves(from, to)).collect()
    }

    fn set(&self, all: Vec<Translator>, own_id: &str) {
        let others = all.into_iter().filter(|translator| translator.id != own_id).collect();
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = others;
    }
}

impl Chat {
    /// Exchanges notifications of jobs and events with other processes until `stop` is ready. On a database that only
    /// this process uses there is nothing to do.
    pub async fn run_cluster(&self, stop: impl Future<Output = ()>) {
        let Some(notices) = self.inner.store.listen(&[Channel::Jobs, Channel::Texts, Channel::Presence])
        else {
            return;
        };
        let running = async {
            tokio::join!(
                self.announce_jobs(),
                self.announce_events(),
                self.receive(notices),
                self.watch_translators()
            );
        };
        tokio::select! {
            () = running => {}
            () = stop => {}
        }
        self.announce_waiting().await;
    }

    async fn announce_jobs(&self) {
        loop {
            self.inner.jobs.remote.notified().await;
            tokio::time::sleep(COALESCE_WINDOW).await;
            self.notify(Channel::Jobs, self.inner.process.clone()).await;
        }
    }

    async fn notify(&self, channel: Channel, payload: String) {
        if let Err(error) = self.inner.store.notify(channel, payload).await {
            tracing::warn!(%error, "Failed to notify other processes; they will find out by polling");
        }
    }

    async fn receive(&self, mut notices: mpsc::Receiver<Notice>) {
        while let Some(notice) = notices.recv().await {
            match notice {
                Notice::Received(Channel::Jobs, _) => {
                    self.inner.jobs.notify_local();
                    self.inner.texts.asked.notify_one();
                }
                Notice::Received(Channel::Texts, _) => self.inner.texts.answered.notify_waiters(),
                Notice::Received(Channel::Presence, payload) => self.presence_changed(&payload).await,
                // These are for whoever delivers them.
                Notice::Received(Channel::Events, _) => {}
                Notice::Missed => self.inner.jobs.notify_local(),
            }
        }
    }

    /// Keeps the list of living translators up to date.
    async fn watch_translators(&self) {
        loop {
            let read = |tx: &mut Tx<'_>| {
                let dead_before = tx.now()?.minus(TRANSLATOR_TIMEOUT);
                let mut all = translators::list(tx)?;
                all.retain(|translator| translator.seen_at >= dead_before);
                Ok::<_, StoreError>(all)
            };
            match self.inner.store.read(read).await {
                Ok(alive) => self.inner.translators.set(alive, &self.inner.process),
                Err(error) => tracing::debug!(%error, "Failed to read the list of translators"),
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
}
