//! Events as sent to sockets, and as returned to clients that were away.

use super::messages::message;
use super::reactions::reaction_event;
use super::translations::{missing_state, reason, translation};
use meeshy_chat::model::Translation;
use meeshy_chat::{CaughtUp, Event, FileUse, FriendRequestChange, Happened, MemberChange};
use meeshy_domain::{ConversationId, Language, MemberRole, MessageId, ReasonCode, Timestamp, UserId};
use meeshy_wire::{
    ConversationDeleted, ConversationEvents, ConversationNew, ConversationUpdated, FileStatusUpdated,
    FriendRequestUpdated, GlossaryUpdated, LoggedEvent, Message, MessageDeleted, MessagePinned,
    MessageTranslation, ReadStatusUpdated, RoleUpdated, TranslationStateEvent, event_name,
};
use serde::Serialize;
use std::iter;

/// A friend request that was sent, answered or removed.
pub fn friend_request(change: &FriendRequestChange) -> FriendRequestUpdated {
    FriendRequestUpdated {
        request_id: change.request_id,
        sender_id: change.sender,
        receiver_id: change.receiver,
        status: change.status,
    }
}

/// A finished translation.
#[derive(Debug)]
pub enum Translated {
    /// With a text.
    Text(Box<MessageTranslation>),
    /// Without one.
    State(TranslationStateEvent),
}

impl Translated {
    /// `None` for states that are sent in another form.
    pub fn new(
        conversation_id: ConversationId,
        source: Language,
        known: &Translation,
        others: &[Translation],
        event_number: Option<i64>,
    ) -> Option<Self> {
        let message_id = known.message_id;
        if let Some(shown) = translation(known, source) {
            let others = others.iter().filter_map(|other| translation(other, source));
            let translations = iter::once(shown).chain(others).collect();
            let event = MessageTranslation { message_id, conversation_id, translations, event_number };
            return Some(Self::Text(Box::new(event)));
        }
        let reason = reason(&known.state);
        Some(Self::State(TranslationStateEvent {
            message_id,
            conversation_id,
            revision: known.revision,
            target_language: known.language,
            state: missing_state(&known.state)?,
            reason: reason.map(|reason| reason.text.clone()).unwrap_or_default(),
            reason_code: reason.map_or(ReasonCode::Unknown, |reason| reason.code),
            event_number,
        }))
    }
}

pub fn read(
    conversation_id: ConversationId,
    user_id: UserId,
    at: Timestamp,
    event_number: Option<i64>,
) -> ReadStatusUpdated {
    ReadStatusUpdated { conversation_id, user_id, kind: "read", updated_at: at.into(), event_number }
}

pub fn role_updated(
    conversation_id: ConversationId,
    user_id: UserId,
    new_role: MemberRole,
    updated_by: Option<UserId>,
    event_number: Option<i64>,
) -> RoleUpdated {
    RoleUpdated { conversation_id, user_id, new_role, updated_by, event_number }
}

/// A message was pinned at a time and by somebody, or its pin was taken off.
pub fn pinned(
    conversation_id: ConversationId,
    message_id: MessageId,
    pinned: Option<&(Timestamp, String)>,
    event_number: Option<i64>,
) -> MessagePinned {
    let (pinned_at, pinned_by) = pinned.map(|(at, by)| ((*at).into(), by.parse().ok())).unzip();
    MessagePinned { message_id, conversation_id, pinned_at, pinned_by: pinned_by.flatten(), event_number }
}

/// A user has done something with a file.
pub fn file_used(
    conversation_id: ConversationId,
    used: &FileUse,
    event_number: Option<i64>,
) -> FileStatusUpdated {
    FileStatusUpdated {
        attachment_id: used.attachment_id,
        message_id: used.message_id,
        conversation_id,
        user_id: used.user,
        action: used.action,
        updated_at: used.at.into(),
        event_number,
    }
}

/// What has happened in a conversation while a member was away.
pub fn caught_up(CaughtUp { stretch, unread_count }: &CaughtUp) -> ConversationEvents {
    ConversationEvents {
        conversation_id: stretch.conversation_id,
        events: stretch.events.iter().filter_map(logged).collect(),
        last_event_number: stretch.last,
        has_more: stretch.has_more,
        is_too_old: stretch.is_too_old,
        unread_count: *unread_count,
    }
}

fn logged(happened: &Happened) -> Option<LoggedEvent> {
    let event_number = happened.number;
    let (name, data) = match &happened.event {
        Event::MessageNew { message: new, .. } => {
            (event_name::MESSAGE_NEW.as_str(), value(&Message { event_number, ..message(new) }))
        }
        Event::MessageEdited { message: edited, .. } => {
            (event_name::MESSAGE_EDITED.as_str(), value(&Message { event_number, ..message(edited) }))
        }
        Event::MessageDeleted { conversation_id, message_id, .. } => {
            let (conversation_id, message_id) = (*conversation_id, *message_id);
            let event = MessageDeleted { message_id, conversation_id, event_number };
            (event_name::MESSAGE_DELETED.as_str(), value(&event))
        }
        Event::MessagePinned { conversation_id, message_id, pinned, .. } => {
            let event = self::pinned(*conversation_id, *message_id, pinned.as_ref(), event_number);
            (event_name::MESSAGE_PINNED.as_str(), value(&event))
        }
        Event::File { conversation_id, used, .. } => {
            let event = file_used(*conversation_id, used, event_number);
            (event_name::ATTACHMENT_STATUS_UPDATED.as_str(), value(&event))
        }
        Event::Reaction { conversation_id, change, .. } => {
            let name =
                if change.is_added { event_name::REACTION_ADDED } else { event_name::REACTION_REMOVED };
            (name.as_str(), value(&reaction_event(*conversation_id, change, event_number)))
        }
        Event::Translated { conversation_id, source_language, translation, others, .. } => {
            match Translated::new(*conversation_id, *source_language, translation, others, event_number)? {
                Translated::Text(event) => (event_name::MESSAGE_TRANSLATION.as_str(), value(&event)),
                Translated::State(event) => (event_name::MESSAGE_TRANSLATION_STATE.as_str(), value(&event)),
            }
        }
        Event::Read { conversation_id, user, at, .. } => (
            event_name::READ_STATUS_UPDATED.as_str(),
            value(&read(*conversation_id, *user, *at, event_number)),
        ),
        Event::ConversationCreated { conversation_id, .. } => {
            let event = ConversationNew { conversation_id: *conversation_id, event_number };
            (event_name::CONVERSATION_NEW.as_str(), value(&event))
        }
        Event::GlossaryChanged { conversation_id } => {
            let event = GlossaryUpdated { conversation_id: *conversation_id, event_number };
            (event_name::GLOSSARY_UPDATED.as_str(), value(&event))
        }
        Event::ConversationUpdated { conversation_id }
        | Event::Member { conversation_id, change: MemberChange::Joined | MemberChange::Left, .. } => {
            let event = ConversationUpdated { conversation_id: *conversation_id, event_number };
            (event_name::CONVERSATION_UPDATED.as_str(), value(&event))
        }
        Event::ConversationClosed { conversation_id } => {
            let event = ConversationDeleted { conversation_id: *conversation_id, event_number };
            (event_name::CONVERSATION_DELETED.as_str(), value(&event))
        }
        Event::Member { conversation_id, user, change: MemberChange::Role(role), by } => {
            let event = role_updated(*conversation_id, *user, *role, *by, event_number);
            (event_name::PARTICIPANT_ROLE_UPDATED.as_str(), value(&event))
        }
        // These are not in the log.
        Event::TranslationFound { .. }
        | Event::SessionEnded { .. }
        | Event::FriendRequest(_)
        | Event::Notifications(_)
        | Event::Notification(_)
        | Event::Separated(_)
        | Event::PrivacyChanged { .. }
        | Event::Typing(_)
        | Event::Call { .. }
        | Event::Missed { .. } => {
            return None;
        }
    };
    Some(LoggedEvent { number: event_number?, name, data: data? })
}

/// Converts to JSON, which never fails for these types.
fn value(event: &impl Serialize) -> Option<serde_json::Value> {
    serde_json::to_value(event).inspect_err(|error| tracing::error!(%error, "failed to encode an event")).ok()
}
