//! A thread that receives notifications over a connection of its own.

use super::QUEUE;
use super::address::Address;
use super::connection::{Blocking, Limit};
use crate::StoreError;
use crate::engine::notice::{Channel, Notice};
use crate::engine::threads::Threads;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// The delay before reconnecting, and how often to check whether anybody still listens.
const RECONNECT_INTERVAL: Duration = Duration::from_secs(1);
/// How often to check a silent server.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);

pub(crate) struct Listener {
    address: Address,
    channels: &'static [Channel],
    notices: mpsc::Sender<Notice>,
}

impl Listener {
    pub(crate) fn start(
        address: Address,
        channels: &'static [Channel],
        threads: &Threads,
    ) -> mpsc::Receiver<Notice> {
        let (notices, receiver) = mpsc::channel(QUEUE);
        let listener = Self { address, channels, notices };
        if let Err(cause) = threads.spawn("store-listener", move || listener.run()) {
            tracing::error!(cause, "Stopped listening for notifications of other processes");
        }
        receiver
    }

    fn run(self) {
        while !self.notices.is_closed() {
            if let Err(error) = self.listen() {
                tracing::warn!(%error, "Lost the connection that listens for notifications; reconnecting");
            }
            std::thread::sleep(RECONNECT_INTERVAL);
        }
    }

    fn listen(&self) -> Result<(), StoreError> {
        let mut connection = Blocking::connect(&self.address, Limit::Short)?;
        for channel in self.channels {
            connection.batch(&format!("LISTEN {}", channel.name()))?;
        }
        // Notifications from before this connection are lost.
        let _ = self.notices.blocking_send(Notice::Missed);
        let mut last = Instant::now();
        while !self.notices.is_closed() && !connection.is_broken() {
            if let Some(notification) = connection.notification(RECONNECT_INTERVAL) {
                let channel =
                    self.channels.iter().copied().find(|channel| channel.name() == notification.channel());
                if let Some(channel) = channel {
                    let _ = self
                        .notices
                        .blocking_send(Notice::Received(channel, notification.payload().to_owned()));
                }
                last = Instant::now();
            } else if last.elapsed() > KEEPALIVE_INTERVAL {
                connection.batch("SELECT 1")?;
                last = Instant::now();
            }
            if connection.take_overflowed() {
                let _ = self.notices.blocking_send(Notice::Missed);
            }
        }
        Ok(())
    }
}
