//! What has happened, for those who are connected.
//!
//! Events are delivered after their transaction is on disk, those of one conversation in the order of their numbers in its log,
//! so that everybody sees the same order ([`Feed`](crate::Feed)).

use super::call_event::CallEvent;
use crate::views::{MessageView, ReactionView};
use meeshy_domain::{
    Actor, AttachmentId, ConversationId, FileAction, FriendRequestId, FriendRequestStatus, Language,
    MemberRole, MessageId, SessionId, Timestamp, UserId,
};
use meeshy_store::deletions::Place;
use meeshy_store::notifications::Notification;
use meeshy_store::translations::Translation;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
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
    /// A message was sent.
    MessageNew {
        /// The message; its translations are still pending.
        message: Arc<MessageView>,
        /// Who does not get all of it.
        hidden_from: HiddenFrom,
    },
    /// A message was edited.
    MessageEdited {
        /// The message as it is now; its translations are pending again.
        message: Arc<MessageView>,
        /// Who does not get all of it.
        hidden_from: HiddenFrom,
        /// Users whom it mentions and did not before.
        mentioned: Vec<UserId>,
    },
    /// A message was deleted for everybody.
    MessageDeleted {
        /// The conversation.
        conversation_id: ConversationId,
        /// The message.
        message_id: MessageId,
        /// Where it was.
        place: Place,
        /// Users who could not see it.
        hidden_from: Vec<UserId>,
    },
    /// A message was pinned, or its pin was taken off.
    MessagePinned {
        /// The conversation.
        conversation_id: ConversationId,
        /// The message.
        message_id: MessageId,
        /// When and by whom it was pinned, if it is.
        pinned: Option<(Timestamp, String)>,
        /// Users who cannot see it.
        hidden_from: Vec<UserId>,
    },
    /// A user has done something with a file, for the first time or to its end.
    File {
        /// The conversation.
        conversation_id: ConversationId,
        /// What was done.
        used: FileUse,
        /// Users who cannot see the message, or have blocked the user.
        hidden_from: Vec<UserId>,
    },
    /// A user or a guest has added or removed a reaction.
    Reaction {
        /// The conversation.
        conversation_id: ConversationId,
        /// The number of the message.
        sequence: i64,
        /// The change.
        change: ReactionChange,
        /// Users who cannot see the message, or have blocked the user.
        hidden_from: Vec<UserId>,
    },
    /// A translation has finished, successfully or not.
    Translated {
        /// The conversation.
        conversation_id: ConversationId,
        /// The number of the message.
        sequence: i64,
        /// The original language of the message.
        source_language: Language,
        /// The result.
        translation: Translation,
        /// The finished translations of the same text into other languages.
        others: Vec<Translation>,
        /// Users who have blocked the author of the message.
        hidden_from: Vec<UserId>,
    },
    /// A user requested a translation that already exists.
    TranslationFound {
        /// The user.
        user: UserId,
        /// The conversation.
        conversation_id: ConversationId,
        /// The original language of the message.
        source_language: Language,
        /// The translation.
        translation: Translation,
        /// The finished translations of the same text into other languages.
        others: Vec<Translation>,
    },
    /// A conversation was created.
    ConversationCreated {
        /// The conversation.
        conversation_id: ConversationId,
        /// Its members.
        members: Vec<UserId>,
    },
    /// The title, the picture or another attribute of a conversation has changed.
    ConversationUpdated {
        /// The conversation.
        conversation_id: ConversationId,
    },
    /// A conversation was closed.
    ConversationClosed {
        /// The conversation.
        conversation_id: ConversationId,
    },
    /// A member has joined, left, or has another role.
    Member {
        /// The conversation.
        conversation_id: ConversationId,
        /// The member.
        user: UserId,
        /// What has changed.
        change: MemberChange,
        /// Who changed it; `None` if another process did.
        by: Option<UserId>,
    },
    /// A user has read a conversation up to a message.
    Read {
        /// The conversation.
        conversation_id: ConversationId,
        /// The user.
        user: UserId,
        /// The number of the newest message that was read.
        read_sequence: i64,
        /// What is left.
        left: LeftUnread,
        /// When.
        at: Timestamp,
        /// Users who have blocked this one.
        hidden_from: Vec<UserId>,
        /// Whether only the user's own devices are told. Such an event is not logged.
        is_hidden: bool,
    },
    /// The glossary of a conversation, or the proposals for it, have changed.
    GlossaryChanged {
        /// The conversation where it was changed.
        conversation_id: ConversationId,
    },
    /// A friend request was sent, answered or removed.
    FriendRequest(FriendRequestChange),
    /// The notifications of a user have changed.
    Notifications(NotificationChange),
    /// A user has a new notification.
    Notification(NewNotification),
    /// A user has blocked another one.
    Separated(Separation),
    /// A device was signed out; its sockets are to be closed.
    SessionEnded {
        /// The session.
        session_id: SessionId,
        /// The user.
        user: UserId,
    },
    /// A user has changed what they hide from others.
    PrivacyChanged {
        /// The user.
        user: UserId,
    },
    /// Somebody at another process has started or stopped typing.
    Typing(Typing),
    /// Something has happened in a call.
    Call {
        /// Its number in the call.
        number: i64,
        /// What.
        event: Arc<CallEvent>,
    },
    /// Events of a conversation could not be delivered, because the log no longer has them. Clients have to
    /// reload it.
    Missed {
        /// The conversation.
        conversation_id: ConversationId,
    },
}

impl Event {
    /// The conversation.
    #[must_use]
    pub fn conversation(&self) -> Option<ConversationId> {
        match self {
            Self::MessageNew { message, .. } | Self::MessageEdited { message, .. } => {
                Some(message.message.conversation_id)
            }
            Self::MessageDeleted { conversation_id, .. }
            | Self::MessagePinned { conversation_id, .. }
            | Self::File { conversation_id, .. }
            | Self::Reaction { conversation_id, .. }
            | Self::Translated { conversation_id, .. }
            | Self::TranslationFound { conversation_id, .. }
            | Self::ConversationCreated { conversation_id, .. }
            | Self::ConversationUpdated { conversation_id }
            | Self::ConversationClosed { conversation_id }
            | Self::Member { conversation_id, .. }
            | Self::Read { conversation_id, .. }
            | Self::GlossaryChanged { conversation_id }
            | Self::Missed { conversation_id } => Some(*conversation_id),
            Self::Typing(typing) => Some(typing.conversation_id),
            Self::Call { event, .. } => Some(event.conversation_id),
            Self::SessionEnded { .. }
            | Self::FriendRequest(_)
            | Self::Notifications(_)
            | Self::Notification(_)
            | Self::Separated(_)
            | Self::PrivacyChanged { .. } => None,
        }
    }
}

/// What has changed about a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberChange {
    /// A user has become a member.
    Joined,
    /// A member has left or was removed.
    Left,
    /// A member has this role now.
    Role(MemberRole),
}

/// A user has done something with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileUse {
    /// The message.
    pub message_id: MessageId,
    /// The file.
    pub attachment_id: AttachmentId,
    /// The user.
    pub user: UserId,
    /// What they have done.
    pub action: FileAction,
    /// When.
    pub at: Timestamp,
}

/// A user or a guest has added or removed a reaction to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReactionChange {
    /// The message.
    pub message_id: MessageId,
    /// Who.
    pub by: Actor,
    /// Whether it was added.
    pub is_added: bool,
    /// All reactions to the message with the same emoji.
    pub reactions: ReactionView,
    /// When.
    pub at: Timestamp,
}

impl ReactionChange {
    /// `known` are the reactions to the message, by emoji.
    pub(crate) fn new(
        message_id: MessageId,
        by: Actor,
        emoji: &str,
        is_added: bool,
        known: Vec<ReactionView>,
        at: Timestamp,
    ) -> Self {
        let none = || ReactionView { emoji: emoji.to_owned(), ..ReactionView::default() };
        let reactions = known.into_iter().find(|known| known.emoji == emoji).unwrap_or_else(none);
        Self { message_id, by, is_added, reactions, at }
    }
}

/// Events between processes that are not logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ephemeral {
    /// A user or a guest has started or stopped typing.
    Typing(Typing),
    /// A user requested a translation that exists: it is sent to all their devices.
    TranslationFound(FoundTranslation),
    /// A friend request was sent, answered or removed.
    FriendRequest(FriendRequestChange),
    /// The notifications of a user have changed.
    Notifications(NotificationChange),
    /// A user has a new notification.
    Notification(NewNotification),
    /// A user has blocked another one.
    Separated(Separation),
    /// A user has changed what they hide from others.
    PrivacyChanged(UserId),
    /// A user has read a conversation, and hides it from others.
    ReadInSecret(SecretRead),
}

/// Two users of whom one has blocked the other: neither sees the other as online any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Separation {
    /// The two, each with the displayed name.
    pub users: [(UserId, String); 2],
}

/// A friend request that was sent, answered or removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FriendRequestChange {
    /// The request.
    pub request_id: FriendRequestId,
    /// Who asked.
    pub sender: UserId,
    /// Who was asked.
    pub receiver: UserId,
    /// Its state; `None` if it was removed.
    pub status: Option<FriendRequestStatus>,
}

/// A change of the notifications of a user, and their numbers after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationChange {
    /// The user.
    pub user: UserId,
    /// What has happened to a single one; otherwise to many.
    pub news: Option<NotificationNews>,
    /// How many there are.
    pub total: i64,
    /// How many are unread.
    pub unread: i64,
    /// How many there are of each type.
    pub by_type: BTreeMap<String, i64>,
}

/// A new notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewNotification {
    /// It.
    pub notification: Box<Notification>,
    /// The ids of the notifications in whose place it comes.
    pub replaces: Vec<String>,
    /// How many notifications of the user are unread then.
    pub unread: i64,
}

/// What has happened to a notification with this id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotificationNews {
    /// It was read.
    Read(String),
    /// It was removed.
    Removed(String),
}

/// A user has read a conversation up to a message, and hides it from others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretRead {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The user.
    pub user: UserId,
    /// The number of the newest message that was read.
    pub read_sequence: i64,
    /// What is left.
    pub left: LeftUnread,
    /// When, in milliseconds.
    pub at: i64,
}

/// What a user has not read of a conversation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftUnread {
    /// The number of the newest message there.
    pub last_sequence: i64,
    /// The number of the newest event that this accounts for. A process of the release before does not say.
    #[serde(default)]
    pub last_event: i64,
    /// How many messages are unread; deleted ones and system messages do not count.
    pub count: i64,
}

/// An existing translation that a user requested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundTranslation {
    /// The user.
    pub user: UserId,
    /// The message.
    pub message_id: MessageId,
    /// The language.
    pub language: Language,
}

/// A user or a guest has started or stopped typing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typing {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// Who.
    pub user: Actor,
    /// The displayed name.
    pub display_name: String,
    /// Whether they are typing.
    pub is_typing: bool,
    /// Users who have blocked this one.
    pub hidden_from: Vec<UserId>,
}

/// Users from whom a message, or a part of it, is hidden, whether they are members or not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HiddenFrom {
    /// Those who get nothing of it.
    pub message: Vec<UserId>,
    /// Those who get it without the message it replies to.
    pub answered: Vec<UserId>,
}

impl HiddenFrom {
    /// Who is in both lists is left out of the second.
    pub(crate) fn new(message: Vec<UserId>, mut answered: Vec<UserId>) -> Self {
        answered.retain(|user| !message.contains(user));
        Self { message, answered }
    }
}
