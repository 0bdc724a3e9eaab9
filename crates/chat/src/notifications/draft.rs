//! A notification before it is known whether its user wants it, and its words.

use super::texts::Texts;
use super::wording::{Wording, filled};
use crate::context::Context;
use meeshy_domain::{
    Actor, CallId, CallType, ConversationKind, LanguageSettings, NotificationKind, Timestamp, UserId,
};
use meeshy_store::conversations::Conversation;
use meeshy_store::friend_requests::FriendRequest;
use meeshy_store::guests::Guest;
use meeshy_store::messages::Message;
use meeshy_store::notifications::Notification;
use meeshy_store::users::User;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::Arc;

/// A notification of a user.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub user: UserId,
    pub subject: Subject,
    /// Who did it; `None` if the account was deleted.
    pub by: Option<Actor>,
    /// How many things it stands for.
    pub count: i64,
    /// Who has read the conversation up to this number knows of it.
    pub sequence: Option<i64>,
}

/// What a notification is about.
#[derive(Debug, Clone)]
pub(super) enum Subject {
    NewMessage(Arc<Message>),
    Reply(Arc<Message>),
    Mention(Arc<Message>),
    /// To a message of the user, with an emoji.
    Reaction(Arc<Message>, String),
    Added,
    MemberJoined,
    MissedCall(CallId, CallType),
    FriendRequest(FriendRequest),
    FriendAccepted(FriendRequest),
}

impl Subject {
    pub fn kind(&self) -> NotificationKind {
        match self {
            Self::NewMessage(_) => NotificationKind::NewMessage,
            Self::Reply(_) => NotificationKind::Reply,
            Self::Mention(_) => NotificationKind::Mention,
            Self::Reaction(..) => NotificationKind::Reaction,
            Self::Added => NotificationKind::Added,
            Self::MemberJoined => NotificationKind::MemberJoined,
            Self::MissedCall(..) => NotificationKind::MissedCall,
            Self::FriendRequest(_) => NotificationKind::FriendRequest,
            Self::FriendAccepted(_) => NotificationKind::FriendAccepted,
        }
    }

    pub fn message(&self) -> Option<&Message> {
        match self {
            Self::NewMessage(message)
            | Self::Reply(message)
            | Self::Mention(message)
            | Self::Reaction(message, _) => Some(message),
            _ => None,
        }
    }
}

/// What drafts refer to.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub conversation: Option<Conversation>,
    pub texts: Texts,
    pub users: HashMap<UserId, User>,
    pub guests: HashMap<meeshy_domain::GuestId, Guest>,
}

impl Known {
    fn user(&self, actor: Option<Actor>) -> Option<&User> {
        self.users.get(&actor?.user()?)
    }

    fn name_of(&self, actor: Option<Actor>, words: &Wording) -> String {
        let guest = actor.and_then(Actor::guest).and_then(|guest| self.guests.get(&guest));
        match (self.user(actor), guest) {
            (Some(user), _) => user.display_name.clone(),
            (None, Some(guest)) => guest.username.clone(),
            _ => words.somebody.to_owned(),
        }
    }

    /// The title of the conversation; direct ones have none.
    fn place(&self) -> Option<&str> {
        let shown = self.conversation.as_ref().filter(|one| one.kind != ConversationKind::Direct)?;
        Some(shown.title.as_deref().unwrap_or(&shown.identifier))
    }
}

/// A new, unread notification without texts.
pub(super) fn empty(context: &Context, user: UserId, kind: NotificationKind) -> Notification {
    Notification {
        id: context.new_id::<String>(),
        user_id: user,
        kind: kind.to_string(),
        title: String::new(),
        content: String::new(),
        data: None,
        priority: kind.priority().to_owned(),
        is_read: false,
        read_at: None,
        email_sent: false,
        push_sent: false,
        expires_at: None,
        created_at: context.now().millis(),
        sender_id: None,
        sender_username: None,
        sender_avatar: None,
        sender_display_name: None,
        sender_first_name: None,
        sender_last_name: None,
        message_preview: None,
        conversation_id: None,
        message_id: None,
        call_session_id: None,
    }
}

impl Draft {
    /// The notification, in the words of its user. What it [shows](Texts::show) of a message is not in it: that is put into what is
    /// delivered or listed, and is not stored.
    pub fn written(&self, context: &Context, known: &Known, languages: &LanguageSettings) -> Notification {
        let words = Wording::of(languages.system_language);
        let name = known.name_of(self.by, words);
        let place = known.place().unwrap_or_default();
        let emoji = match &self.subject {
            Subject::Reaction(_, emoji) => emoji.as_str(),
            _ => "",
        };
        let title =
            filled(self.pattern(words, known), &[("name", &name), ("place", place), ("emoji", emoji)]);
        let message = self.subject.message();
        let content = match &self.subject {
            _ if message.is_some() => String::new(),
            Subject::FriendRequest(FriendRequest { message: Some(message), .. }) => message.clone(),
            _ if place.is_empty() => title.clone(),
            _ => place.to_owned(),
        };
        let sender = known.user(self.by);
        Notification {
            title,
            content,
            data: Some(Value::Object(self.data(known, words)).to_string()),
            expires_at: message.and_then(|message| message.details.expires_at).map(Timestamp::millis),
            sender_id: sender.map(|user| user.id.to_string()),
            sender_username: sender.map(|user| user.username.clone()),
            sender_avatar: sender.and_then(|user| user.avatar.clone()),
            sender_display_name: Some(name),
            sender_first_name: sender.map(|user| user.first_name.clone()),
            sender_last_name: sender.map(|user| user.last_name.clone()),
            conversation_id: known.conversation.as_ref().map(|conversation| conversation.id.to_string()),
            message_id: message.map(|message| message.id.to_string()),
            call_session_id: match &self.subject {
                Subject::MissedCall(call, _) => Some(call.to_string()),
                _ => None,
            },
            ..empty(context, self.user, self.subject.kind())
        }
    }

    fn pattern(&self, words: &Wording, known: &Known) -> &'static str {
        match &self.subject {
            Subject::NewMessage(_) if known.place().is_some() => "{name} · {place}",
            Subject::NewMessage(_) => "{name}",
            Subject::Reply(_) => words.reply,
            Subject::Mention(_) => words.mention,
            Subject::Reaction(..) => words.reaction,
            Subject::Added => words.added,
            Subject::MemberJoined => words.joined,
            Subject::MissedCall(_, CallType::Video) => words.missed_video_call,
            Subject::MissedCall(..) => words.missed_call,
            Subject::FriendRequest(_) => words.friend_request,
            Subject::FriendAccepted(_) => words.friend_accepted,
        }
    }

    /// What old clients know of the types of notifications.
    fn data(&self, known: &Known, words: &Wording) -> Map<String, Value> {
        let mut data = Map::new();
        let mut put = |name: &str, value: Value| data.insert(name.to_owned(), value);
        put("count", self.count.into());
        if let Some(conversation) = &known.conversation {
            put("conversationIdentifier", conversation.identifier.clone().into());
            put("conversationType", conversation.kind.to_string().into());
            put("conversationTitle", conversation.title.clone().into());
        }
        if self.subject.message().is_some() {
            put("attachments", Value::Null);
        }
        let action = match &self.subject {
            Subject::Reply(message) => {
                put("originalMessageId", message.reply_to_id.map(|id| id.to_string()).into());
                "view_message"
            }
            Subject::Mention(_) => {
                put("isMember", true.into());
                "view_message"
            }
            Subject::Reaction(_, emoji) => {
                put("emoji", emoji.clone().into());
                "view_message"
            }
            Subject::MissedCall(_, media) => {
                put("callType", media.name().into());
                "view_conversation"
            }
            Subject::FriendRequest(request) => {
                put("friendRequestId", request.id.to_string().into());
                put("message", request.message.clone().into());
                let answer = |kind: &str, label: &str, status: &str| {
                    json!({
                        "type": kind, "label": label, "endpoint": format!("/api/friend-requests/{}", request.id),
                        "method": "PATCH", "payload": { "status": status },
                    })
                };
                let answers =
                    [answer("accept", words.accept, "accepted"), answer("reject", words.decline, "rejected")];
                put("actions", answers.to_vec().into());
                "accept_or_reject_contact"
            }
            Subject::FriendAccepted(request) => {
                put("friendRequestId", request.id.to_string().into());
                "view_conversation"
            }
            Subject::NewMessage(_) | Subject::Added | Subject::MemberJoined => "view_conversation",
        };
        put("action", action.into());
        data
    }
}
