//! A thread with a connection of its own that hears what is rung for.

use super::QUEUE;
use super::address::Address;
use super::connection::{Blocking, Limit};
use crate::StoreError;
use crate::bell::{Bell, Ring};
use crate::threads::Threads;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// The wait before connecting again, and how often to look whether anybody still listens.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);
/// How often to ask a server that says nothing whether it is there.
const ASK_EVERY: Duration = Duration::from_secs(10);

pub(crate) struct Listener {
    address: Address,
    heard: mpsc::Sender<Ring>,
}

impl Listener {
    pub(crate) fn start(address: Address, threads: &Threads) -> mpsc::Receiver<Ring> {
        let (heard, rings) = mpsc::channel(QUEUE);
        let listener = Self { address, heard };
        if let Err(cause) = threads.spawn("store-listener", move || listener.run()) {
            tracing::error!(cause, "Nothing is heard of other processes");
        }
        rings
    }

    fn run(self) {
        while !self.heard.is_closed() {
            if let Err(error) = self.listen() {
                tracing::warn!(%error, "Nothing is heard of other processes; trying again");
            }
            std::thread::sleep(LISTEN_AGAIN);
        }
    }

    fn listen(&self) -> Result<(), StoreError> {
        let mut connection = Blocking::connect(&self.address, Limit::Short)?;
        for bell in Bell::ALL {
            connection.batch(&format!("LISTEN {}", bell.name()))?;
        }
        // Whatever happened before this connection was there.
        let _ = self.heard.blocking_send(Ring::Missed);
        let mut last = Instant::now();
        while !self.heard.is_closed() && !connection.is_broken() {
            if let Some(notification) = connection.notification(LISTEN_AGAIN) {
                let bell = Bell::ALL.into_iter().find(|bell| bell.name() == notification.channel());
                if let Some(bell) = bell {
                    let _ = self.heard.blocking_send(Ring::Rang(bell, notification.payload().to_owned()));
                }
                last = Instant::now();
            } else if last.elapsed() > ASK_EVERY {
                connection.batch("SELECT 1")?;
                last = Instant::now();
            }
            if connection.take_overflowed() {
                let _ = self.heard.blocking_send(Ring::Missed);
            }
        }
        Ok(())
    }
}
