//! Carries events from transactions to the dispatcher, and their numbers to other processes.

use super::announcements::Announcements;
use super::bus::{EventBus, LocalBus, PostgresBus};
use super::followed::Followed;
use crate::{Ephemeral, Event, FoundTranslation, Happened};
use meeshy_domain::ConversationId;
use meeshy_store::Store;
use meeshy_store::translations::Translation;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{broadcast, mpsc};

/// Events that may wait for the dispatcher. Beyond that, writers wait.
const QUEUE: usize = 8_192;
/// Notices that may wait for a caller that waits for a translation; one that misses some reads the database.
const NEWS: usize = 256;

/// A notice for callers that wait for a translation.
#[derive(Debug, Clone)]
pub(crate) enum News {
    /// A translation has finished here.
    Translated(Arc<Translation>),
    /// A conversation has changed in another process.
    Changed(ConversationId),
    /// Notices may have been lost.
    Missed,
}

/// Carries events from transactions to the dispatcher.
#[derive(Clone)]
pub(crate) struct Events(pub(super) Arc<Inner>);

pub(super) struct Inner {
    sender: mpsc::Sender<Happened>,
    receiver: Mutex<Option<mpsc::Receiver<Happened>>>,
    news: broadcast::Sender<News>,
    pub(super) followed: Followed,
    pub(super) bus: Box<dyn EventBus>,
    /// Whether there may be other processes.
    is_shared: bool,
    pub(super) announcements: Announcements,
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

    /// Delivers an event from a thread of the store, once its transaction is on disk, and waits for room.
    /// `number` is its number in the log of its conversation.
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
            (Event::TranslationFound { user, translation, .. }, _) if *is_shared => {
                let (message_id, language) = (translation.message_id, translation.language);
                let found = FoundTranslation { user: *user, message_id, language };
                announcements.ephemeral(Ephemeral::TranslationFound(found));
            }
            _ => {}
        }
        if let Event::Translated { translation, .. } = &event
            && self.0.news.receiver_count() > 0
        {
            self.tell_waiting(News::Translated(Arc::new(translation.clone())));
        }
        // Nobody listens while the program stops; clients catch up when they reconnect.
        let _ = sender.blocking_send(Happened { number, event, is_local: true });
    }

    /// Sends an ephemeral event to other processes; under load it is dropped.
    pub(crate) fn tell_others(&self, ephemeral: Ephemeral) {
        if self.0.is_shared {
            self.0.announcements.ephemeral(ephemeral);
        }
    }

    /// Subscribes a caller that waits for a translation.
    pub(crate) fn news(&self) -> broadcast::Receiver<News> {
        self.0.news.subscribe()
    }

    pub(super) fn take_receiver(&self) -> Option<mpsc::Receiver<Happened>> {
        self.0.receiver.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Notifies callers that wait for a translation.
    pub(super) fn tell_waiting(&self, news: News) {
        if self.0.news.receiver_count() > 0 {
            // A subscriber that has gone waits no longer.
            let _ = self.0.news.send(news);
        }
    }
}
