//! The way of events from the transactions to those who deliver them, and of their numbers to other processes.

use super::announcements::Announcements;
use super::bus::{EventBus, LocalBus, PostgresBus};
use super::followed::Followed;
use super::note;
use crate::{Chat, Ephemeral, Event, Happened};
use meeshy_domain::ConversationId;
use meeshy_store::translations::Translation;
use meeshy_store::{MAX_NOTICE_BYTES, Store};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{broadcast, mpsc};

/// What is announced within this time is announced together.
const COALESCE_WINDOW: Duration = Duration::from_millis(3);
/// Events that may wait to be delivered. When the gateway cannot keep up, writers wait for it.
const QUEUE: usize = 8_192;
/// News that may wait for somebody who waits for a translation; whoever misses some looks into the database.
const NEWS: usize = 256;

/// For those who wait for a translation.
#[derive(Debug, Clone)]
pub(crate) enum News {
    /// One has come to an end here.
    Translated(Arc<Translation>),
    /// Something has changed in a conversation, in another process.
    Changed(ConversationId),
    /// Whatever it was, it could not be heard.
    Missed,
}

/// The way of events from the transactions to those who deliver them.
#[derive(Clone)]
pub(crate) struct Events(pub(super) Arc<Inner>);

pub(super) struct Inner {
    sender: mpsc::Sender<Happened>,
    receiver: Mutex<Option<mpsc::Receiver<Happened>>>,
    news: broadcast::Sender<News>,
    pub(super) followed: Followed,
    pub(super) bus: Box<dyn EventBus>,
    /// Whether there may be other processes.
    pub(super) is_shared: bool,
    announcements: Announcements,
}

impl Events {
    pub(crate) fn new(store: &Store) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let (news, _) = broadcast::channel(NEWS);
        let is_shared = !store.is_exclusive();
        let bus: Box<dyn EventBus> =
            if is_shared { Box::new(PostgresBus(store.clone())) } else { Box::new(LocalBus) };
        let (followed, announcements) = Default::default();
        let receiver = Mutex::new(Some(receiver));
        Self(Arc::new(Inner { sender, receiver, news, followed, bus, is_shared, announcements }))
    }

    /// Delivers an event from a thread of the store, once its transaction is on disk, and waits for room. `number` is the
    /// one that it has in the log of its conversation.
    pub(crate) fn publish(&self, number: Option<i64>, event: Event) {
        let Inner { sender, is_shared, announcements, .. } = &*self.0;
        match (&event, event.conversation().zip(number)) {
            (_, Some((conversation, number))) if *is_shared => {
                let is_new = matches!(event, Event::ConversationCreated { .. });
                announcements.number(conversation, number, is_new);
            }
            (Event::SessionEnded { session_id, user }, _) if *is_shared => {
                announcements.session_ended(*session_id, *user);
            }
            _ => {}
        }
        if let Event::Translated { translation, .. } = &event
            && self.0.news.receiver_count() > 0
        {
            self.tell_waiting(News::Translated(Arc::new(translation.clone())));
        }
        // Nobody listens while the program stops; clients that reconnect catch up.
        let _ = sender.blocking_send(Happened { number, event, is_local: true });
    }

    /// Tells the other processes something that nobody keeps; under load it is dropped.
    pub(crate) fn tell_others(&self, ephemeral: Ephemeral) {
        if self.0.is_shared {
            self.0.announcements.ephemeral(ephemeral);
        }
    }

    /// What those hear from now on who wait for a translation.
    pub(crate) fn news(&self) -> broadcast::Receiver<News> {
        self.0.news.subscribe()
    }

    pub(super) fn take_receiver(&self) -> Option<mpsc::Receiver<Happened>> {
        self.0.receiver.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// For those who wait for a translation.
    pub(super) fn tell_waiting(&self, news: News) {
        if self.0.news.receiver_count() > 0 {
            // Whoever has gone since then waits no more.
            let _ = self.0.news.send(news);
        }
    }
}

impl Chat {
    /// Delivers the events of other processes in a conversation too, those behind `number`; to be called before somebody
    /// listens, with a number that was read before.
    pub fn follow(&self, conversation: ConversationId, number: i64) {
        self.inner.events.0.followed.follow(conversation, number);
    }

    /// Stops following the conversations to which nobody listens, as the caller knows. To be called every few seconds.
    pub fn unfollow(&self, has_listeners: impl Fn(ConversationId) -> bool) {
        self.inner.events.0.followed.retain(has_listeners);
    }

    /// Tells the other processes something that nobody keeps.
    pub fn tell_others(&self, ephemeral: Ephemeral) {
        self.inner.events.tell_others(ephemeral);
    }

    /// Announces events to the other processes, again and again.
    pub(crate) async fn announce_events(&self) {
        loop {
            self.inner.events.0.announcements.added().await;
            tokio::time::sleep(COALESCE_WINDOW).await;
            self.announce_waiting().await;
        }
    }

    /// Announces what waits to be.
    pub(crate) async fn announce_waiting(&self) {
        let Inner { announcements, bus, .. } = &*self.inner.events.0;
        let lines = announcements.take();
        for note in note::encode(&self.inner.process, &lines, MAX_NOTICE_BYTES) {
            if let Err(error) = bus.publish(note).await {
                tracing::warn!(%error, "failed to announce events; the other processes find them by themselves");
            }
        }
    }
}
