//! What has happened, for those who are connected.
//!
//! Events are put on the bus after their transaction is on disk, those of one conversation in the order of its
//! message numbers, so that everybody sees the same order.

use crate::view::MessageView;
use meeshy_domain::{ConversationId, Language, SessionId, Timestamp, UserId};
use meeshy_store::translations::Translation;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{broadcast, mpsc};

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// A message was written.
    MessageNew {
        /// The message; its translations are still under way.
        message: Arc<MessageView>,
        /// Who does not get all of it.
        hidden_from: HiddenFrom,
    },
    /// A message was given another text.
    MessageEdited {
        /// The message as it is now; its translations are under way again.
        message: Arc<MessageView>,
        /// Who does not get all of it.
        hidden_from: HiddenFrom,
    },
    /// A translation has come to an end, good or bad.
    Translated {
        /// In which conversation.
        conversation_id: ConversationId,
        /// The language the message was written in.
        source_language: Language,
        /// What came of it.
        translation: Translation,
        /// Those who have blocked the author of the message.
        hidden_from: Vec<UserId>,
    },
    /// Somebody asked for a translation that was there already.
    TranslationFound {
        /// Who asked.
        user: UserId,
        /// In which conversation.
        conversation_id: ConversationId,
        /// The language the message was written in.
        source_language: Language,
        /// The translation.
        translation: Translation,
    },
    /// A conversation was opened.
    ConversationCreated {
        /// Which one.
        conversation_id: ConversationId,
        /// Who is in it.
        members: Vec<UserId>,
    },
    /// Somebody has read a conversation to its end.
    Read {
        /// Which one.
        conversation_id: ConversationId,
        /// Who.
        user: UserId,
        /// The number of the newest message there.
        read_sequence: i64,
        /// When.
        at: Timestamp,
        /// Those who have blocked this person.
        hidden_from: Vec<UserId>,
    },
    /// A device was signed out; its sockets must go.
    SessionEnded {
        /// Which session.
        session_id: SessionId,
        /// Whose.
        user: UserId,
    },
}

/// People from whom a message, or a part of it, is hidden, whether they are members or not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HiddenFrom {
    /// Those who get nothing of it.
    pub message: Vec<UserId>,
    /// Those who get it without the message it answers.
    pub answered: Vec<UserId>,
}

impl HiddenFrom {
    /// Who is in both lists is left out of the second.
    pub(crate) fn new(message: Vec<UserId>, mut answered: Vec<UserId>) -> Self {
        answered.retain(|user| !message.contains(user));
        Self { message, answered }
    }
}

/// Events that may wait for the gateway. When it cannot keep up, writers wait for it.
const QUEUE: usize = 8_192;

/// Translations that may wait for somebody who waits for one; who misses some looks into the database.
const MAX_PENDING_TRANSLATIONS: usize = 256;

/// The way of events from the transactions to the one who sends them out.
#[derive(Clone)]
pub(crate) struct Bus {
    sender: mpsc::Sender<Event>,
    receiver: Arc<Mutex<Option<mpsc::Receiver<Event>>>>,
    translated: broadcast::Sender<Arc<Translation>>,
}

impl Bus {
    pub(crate) fn new() -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let (translated, _) = broadcast::channel(MAX_PENDING_TRANSLATIONS);
        Self { sender, receiver: Arc::new(Mutex::new(Some(receiver))), translated }
    }

    /// Puts an event on the bus from a thread of the store, and waits for room.
    pub(crate) fn publish(&self, event: Event) {
        if let Event::Translated { translation, .. } = &event
            && self.translated.receiver_count() > 0
        {
            // Whoever has gone since then waits no more.
            let _ = self.translated.send(Arc::new(translation.clone()));
        }
        // Nobody listens while the program stops; who reconnects then reads from the database.
        let _ = self.sender.blocking_send(event);
    }

    /// Whether somebody listens, or still may.
    pub(crate) fn is_heard(&self) -> bool {
        !self.sender.is_closed()
    }

    /// The translations that come to an end from now on.
    pub(crate) fn translated(&self) -> broadcast::Receiver<Arc<Translation>> {
        self.translated.subscribe()
    }

    pub(crate) fn take_receiver(&self) -> Option<mpsc::Receiver<Event>> {
        self.receiver.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
