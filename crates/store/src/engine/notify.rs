//! Sends and receives notifications between processes.

use crate::engine::notice::{Channel, Notice};
use crate::engine::pg::Listener;
use crate::{Engine, Store, StoreError};
use tokio::sync::mpsc;

impl Store {
    /// Notifies every process that listens, without a guarantee that it arrives.
    pub async fn notify(&self, channel: Channel, payload: String) -> Result<(), StoreError> {
        if self.is_exclusive() {
            return Ok(());
        }
        self.write(move |tx| {
            tx.execute("SELECT pg_notify($1, $2)", &[channel.name().into(), payload.as_str().into()])?;
            Ok(())
        })
        .await
    }

    /// Subscribes to some channels, on a connection of its own; `None` on SQLite, which belongs to one
    /// process. Ends when the receiver is dropped.
    pub fn listen(&self, channels: &'static [Channel]) -> Option<mpsc::Receiver<Notice>> {
        match &*self.engine {
            Engine::Sqlite(_) => None,
            Engine::Postgres(postgres) => {
                Some(Listener::start(postgres.address().clone(), channels, &self.threads))
            }
        }
    }
}
