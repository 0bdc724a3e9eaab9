//! Carries events from transactions to the dispatcher, and their numbers to other processes.

use super::announcements::Announcements;
use super::bus::{EventBus, LocalBus, PostgresBus, Subscription};
use super::event::{Ephemeral, Event, FoundTranslation, Happened, SecretRead};
use super::followed::Followed;
use super::note;
use meeshy_domain::ConversationId;
use meeshy_store::translations::Translation;
use meeshy_store::{MAX_NOTICE_BYTES, Store};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, broadcast, mpsc};

/// Events that may wait for the dispatcher. Beyond that, writers wait.
const QUEUE: usize = 8_192;
/// Notices that may wait for a caller that waits for a translation; one that misses some reads the database.
const NEWS: usize = 256;

/// Announcements within this time are sent together.
const COALESCE_WINDOW: Duration = Duration::from_millis(3);

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
pub(crate) struct Delivery(Arc<Inner>);

struct Inner {
    sender: mpsc::Sender<Happened>,
    receiver: Mutex<Option<mpsc::Receiver<Happened>>>,
    news: broadcast::Sender<News>,
    happened: Notify,
    followed: Followed,
    bus: Box<dyn EventBus>,
    /// Whether there may be other processes.
    is_shared: bool,
    announcements: Announcements,
}

impl Delivery {
    pub fn new(store: &Store) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let (news, _) = broadcast::channel(NEWS);
        let is_shared = !store.is_exclusive();
        let bus: Box<dyn EventBus> =
            if is_shared { Box::new(PostgresBus(store.clone())) } else { Box::new(LocalBus) };
        let (followed, announcements, happened) = Default::default();
        let receiver = Mutex::new(Some(receiver));
        Self(Arc::new(Inner { sender, receiver, news, followed, bus, is_shared, announcements, happened }))
    }

    /// Delivers an event from a thread of the store, once its transaction is on disk, and waits for room.
    /// `number` is its number in the log of its conversation.
    pub fn publish(&self, number: Option<i64>, event: Event) {
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
            (Event::Call { number, event }, _) if *is_shared => announcements.call(event.call_id, *number),
            (Event::FriendRequest(change), _) if *is_shared => {
                announcements.ephemeral(Ephemeral::FriendRequest(change.clone()));
            }
            (Event::Notifications(change), _) if *is_shared => {
                announcements.ephemeral(Ephemeral::Notifications(change.clone()));
            }
            (Event::Notification(new), _) if *is_shared => {
                announcements.notification(Ephemeral::Notification(new.clone()));
            }
            (Event::Separated(separation), _) if *is_shared => {
                announcements.ephemeral(Ephemeral::Separated(separation.clone()));
            }
            (Event::Read { conversation_id, user, read_sequence, left, at, is_hidden: true, .. }, _)
                if *is_shared =>
            {
                let (conversation_id, user, read_sequence) = (*conversation_id, *user, *read_sequence);
                let read = SecretRead { conversation_id, user, read_sequence, left: *left, at: at.millis() };
                announcements.ephemeral(Ephemeral::ReadInSecret(read));
            }
            (Event::PrivacyChanged { user }, _) if *is_shared => {
                announcements.ephemeral(Ephemeral::PrivacyChanged(*user));
            }
            _ => {}
        }
        if let Event::Translated { translation, .. } = &event
            && self.0.news.receiver_count() > 0
        {
            self.tell_waiting(News::Translated(Arc::new(translation.clone())));
        }
        self.0.happened.notify_one();
        // Nobody listens while the program stops; clients catch up when they reconnect.
        let _ = sender.blocking_send(Happened { number, event, is_local: true });
    }

    /// Sends an ephemeral event to other processes; under load it is dropped.
    pub fn tell_others(&self, ephemeral: Ephemeral) {
        if self.0.is_shared {
            self.0.announcements.ephemeral(ephemeral);
        }
    }

    /// Waits until an event was delivered here that may concern users who are to be notified.
    pub async fn happened(&self) {
        self.0.happened.notified().await;
    }

    /// Subscribes a caller that waits for a translation.
    pub fn news(&self) -> broadcast::Receiver<News> {
        self.0.news.subscribe()
    }

    /// The local events, once.
    pub fn take_receiver(&self) -> Option<mpsc::Receiver<Happened>> {
        self.0.receiver.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Notifies callers that wait for a translation.
    pub fn tell_waiting(&self, news: News) {
        if self.0.news.receiver_count() > 0 {
            // A subscriber that has gone waits no longer.
            let _ = self.0.news.send(news);
        }
    }

    /// The followed conversations.
    pub fn followed(&self) -> &Followed {
        &self.0.followed
    }

    /// Listens to the other processes; `None` if there can be none.
    pub fn subscribe(&self) -> Option<Box<dyn Subscription>> {
        self.0.bus.subscribe()
    }

    /// Announces events of `process`, which is this one, to the others, repeatedly.
    pub async fn announce(&self, process: &str) {
        loop {
            self.0.announcements.added().await;
            tokio::time::sleep(COALESCE_WINDOW).await;
            self.announce_waiting(process).await;
        }
    }

    /// Sends the pending announcements.
    pub async fn announce_waiting(&self, process: &str) {
        let lines = self.0.announcements.take();
        for note in note::encode(process, &lines, MAX_NOTICE_BYTES) {
            if let Err(error) = self.0.bus.publish(note).await {
                tracing::warn!(%error, "Failed to announce events; the other processes find them by themselves");
            }
        }
    }
}
