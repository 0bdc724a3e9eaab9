//! A bus for notes between the processes on a database.

use async_trait::async_trait;
use meeshy_store::{Channel, Notice, Store, StoreError};
use tokio::sync::mpsc;

/// A bus for notes between the processes on a database. Notes may be lost and reordered.
#[async_trait]
pub(crate) trait EventBus: Send + Sync {
    /// Sends a note of at most [`meeshy_store::MAX_NOTICE_BYTES`] to every process, including this one.
    async fn publish(&self, note: String) -> Result<(), StoreError>;

    /// Starts listening; `None` if there can be no other process.
    fn subscribe(&self) -> Option<Box<dyn Subscription>>;
}

/// The receiving end of a bus.
#[async_trait]
pub(crate) trait Subscription: Send {
    /// The next item. Cancel safe.
    async fn next(&mut self) -> Heard;
}

/// An item received from a bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A note, perhaps our own.
    Note(String),
    /// Notes may have been lost.
    Missed,
}

/// `LISTEN` and `NOTIFY` of PostgreSQL.
pub(crate) struct PostgresBus(pub(super) Store);

#[async_trait]
impl EventBus for PostgresBus {
    async fn publish(&self, note: String) -> Result<(), StoreError> {
        self.0.notify(Channel::Events, note).await
    }

    fn subscribe(&self) -> Option<Box<dyn Subscription>> {
        let notices = self.0.listen(&[Channel::Events])?;
        Some(Box::new(PostgresSubscription(notices)))
    }
}

struct PostgresSubscription(mpsc::Receiver<Notice>);

#[async_trait]
impl Subscription for PostgresSubscription {
    async fn next(&mut self) -> Heard {
        match self.0.recv().await {
            Some(Notice::Received(_, note)) => Heard::Note(note),
            Some(Notice::Missed) => Heard::Missed,
            // The store has stopped.
            None => std::future::pending().await,
        }
    }
}

/// The bus of a process with exclusive use of its database.
pub(crate) struct LocalBus;

#[async_trait]
impl EventBus for LocalBus {
    async fn publish(&self, _: String) -> Result<(), StoreError> {
        Ok(())
    }

    fn subscribe(&self) -> Option<Box<dyn Subscription>> {
        None
    }
}
