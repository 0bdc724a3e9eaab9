//! What has happened, for those who are connected.
//!
//! Events are delivered after their transaction is on disk, those of one conversation in the order of their numbers in its log,
//! so that everybody sees the same order ([`Feed`](crate::Feed)).

use crate::view::MessageView;
use meeshy_domain::{ConversationId, Language, SessionId, Timestamp, UserId};
use meeshy_store::translations::Translation;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// An event, and its place among those of its conversation.
#[derive(Debug, Clone)]
pub struct Happened {
    /// Its number in the log of its conversation; `None` for what is not logged.
    pub number: Option<i64>,
    /// What happened. What another process did comes as it is now, not as it was then.
    pub event: Event,
    /// Whether this process did it.
    pub is_local: bool,
}

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
    /// Somebody types, or stopped to, at a socket of another process.
    Typing(Typing),
    /// Events of a conversation could not be delivered: they are in the log no more. Clients have to read it anew.
    Missed {
        /// Which one.
        conversation_id: ConversationId,
    },
}

impl Event {
    /// In which conversation it happened.
    #[must_use]
    pub fn conversation(&self) -> Option<ConversationId> {
        match self {
            Self::MessageNew { message, .. } | Self::MessageEdited { message, .. } => {
                Some(message.message.conversation_id)
            }
            Self::Translated { conversation_id, .. }
            | Self::TranslationFound { conversation_id, .. }
            | Self::ConversationCreated { conversation_id, .. }
            | Self::Read { conversation_id, .. }
            | Self::Missed { conversation_id } => Some(*conversation_id),
            Self::Typing(typing) => Some(typing.conversation_id),
            Self::SessionEnded { .. } => None,
        }
    }
}

/// What processes tell each other and nobody keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ephemeral {
    /// Somebody types, or stopped to.
    Typing(Typing),
}

/// Somebody types, or stopped to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typing {
    /// Where.
    pub conversation_id: ConversationId,
    /// Who.
    pub user: UserId,
    /// The name that others see.
    pub display_name: String,
    /// Whether this person types now.
    pub is_typing: bool,
    /// Those who have blocked this person.
    pub hidden_from: Vec<UserId>,
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
