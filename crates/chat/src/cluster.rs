//! Working together with other processes on the same PostgreSQL: gateways that take messages, translators that translate.
//!
//! Jobs are rows; what goes between the processes are hints that something is there ([`Channel`]). A hint that is lost costs
//! time and nothing else: a translator looks by itself every second. Results are events like all others
//! ([`event_bus`](crate::event_bus)).

use crate::Chat;
use meeshy_store::translators::{self};
use meeshy_store::{Channel, Notice, StoreError, Tx};
use std::time::Duration;
use tokio::sync::mpsc;

/// Notifications of jobs within this time are sent as one.
const COALESCE_WINDOW: Duration = Duration::from_millis(3);
/// How often the list of living translators is read.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// A translator without a heartbeat for this long is dead.
pub(crate) const TRANSLATOR_TIMEOUT: Duration = Duration::from_secs(10);

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
