//! Exchange with other processes on the same PostgreSQL: gateways and translators.
//!
//! Jobs are rows; processes only notify each other that there are some ([`Channel`]). A lost notification only
//! costs time, because every translator polls. Results are events like all others
//! ([`event_bus`](crate::event_bus)).

mod gateways;

pub use gateways::{GatewayError, Gateways};

use crate::context::Context;
use crate::translation::{Signals, TRANSLATOR_TIMEOUT, Translators, WarmUp};
use meeshy_store::translators;
use meeshy_store::{Channel, Notice, StoreError, Tx};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// What this listens to.
const CHANNELS: [Channel; 4] = [Channel::Jobs, Channel::Texts, Channel::Presence, Channel::WarmUp];
/// Notifications of jobs within this time are sent as one.
const COALESCE_WINDOW: Duration = Duration::from_millis(3);
/// How often other processes are told at most which engines to load.
const WARM_UP_INTERVAL: Duration = Duration::from_secs(1);
/// How often the list of living translators is read.
const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// The exchange with other processes. Cheap to clone.
#[derive(Clone)]
pub struct Cluster {
    context: Arc<Context>,
    gateways: Gateways,
    signals: Arc<Signals>,
    translators: Arc<Translators>,
    warm_up: WarmUp,
}

impl Cluster {
    pub(crate) fn new(
        context: Arc<Context>,
        gateways: Gateways,
        signals: Arc<Signals>,
        translators: Arc<Translators>,
        warm_up: WarmUp,
    ) -> Self {
        Self { context, gateways, signals, translators, warm_up }
    }

    /// Exchanges notifications of jobs and events with other processes until `stop` is ready. On a database that only
    /// this process uses there is nothing to do.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        let Some(notices) = self.context.store.listen(&CHANNELS) else { return };
        let running = async {
            tokio::join!(
                self.announce_jobs(),
                self.announce_warm_up(),
                self.context.delivery.announce(&self.context.process),
                self.receive(notices),
                self.watch_translators()
            );
        };
        tokio::select! {
            () = running => {}
            () = stop => {}
        }
        self.context.delivery.announce_waiting(&self.context.process).await;
    }

    async fn announce_jobs(&self) {
        loop {
            self.signals.remote.notified().await;
            tokio::time::sleep(COALESCE_WINDOW).await;
            self.notify(Channel::Jobs, self.context.process.clone()).await;
        }
    }

    async fn announce_warm_up(&self) {
        loop {
            let pairs = self.warm_up.next_notice().await;
            if let Err(error) = self.context.store.notify(Channel::WarmUp, pairs).await {
                tracing::debug!(%error, "Failed to have other processes load engines; they will when a message comes");
            }
            tokio::time::sleep(WARM_UP_INTERVAL).await;
        }
    }

    async fn notify(&self, channel: Channel, payload: String) {
        if let Err(error) = self.context.store.notify(channel, payload).await {
            tracing::warn!(%error, "Failed to notify other processes; they will find out by polling");
        }
    }

    async fn receive(&self, mut notices: mpsc::Receiver<Notice>) {
        while let Some(notice) = notices.recv().await {
            match notice {
                Notice::Received(Channel::Jobs, _) => {
                    self.signals.notify_local();
                    self.signals.texts_asked.notify_one();
                }
                Notice::Received(Channel::Texts, _) => self.signals.texts_answered.notify_waiters(),
                Notice::Received(Channel::Presence, payload) => {
                    self.gateways.presence_changed(&payload).await;
                }
                Notice::Received(Channel::WarmUp, pairs) => self.warm_up.noticed(&pairs),
                // These are for whoever delivers them.
                Notice::Received(Channel::Events, _) => {}
                Notice::Missed => self.signals.notify_local(),
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
            match self.context.store.read(read).await {
                Ok(alive) => self.translators.set(alive, &self.context.process),
                Err(error) => tracing::debug!(%error, "Failed to read the list of translators"),
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
}
