//! Messages, as they are listed and as the last one of a conversation.

use super::address::address;
use super::files::attachment;
use super::translations::{states, texts};
use meeshy_chat::model::{Guest, Message};
use meeshy_chat::{Disclosure, MessageView, Person, SenderView, Told};
use meeshy_wire as wire;

pub fn message(view: &MessageView) -> wire::Message {
    let message = &view.message;
    let details = &message.details;
    let reactions: i64 = view.reactions.iter().map(|reaction| reaction.total).sum();
    wire::Message {
        id: message.id,
        conversation_id: message.conversation_id,
        sequence: message.sequence,
        revision: message.revision,
        client_message_id: message.client_message_id.clone(),
        sender_id: message.sender_id,
        anonymous_sender_id: details.guest_sender_id,
        content: message.content.clone(),
        original_content: message.content.clone(),
        original_language: message.original_language,
        message_type: message_type(message),
        metadata: view.told.as_ref().map(told),
        message_source: message.message_source.clone(),
        is_edited: message.edited_at.is_some(),
        edited_at: message.edited_at.map(Into::into),
        is_deleted: false,
        deleted_at: None,
        reply_to_id: message.reply_to_id,
        forwarded_from_id: details.forwarded_from_id.as_deref().and_then(|id| id.parse().ok()),
        forwarded_from_conversation_id: details
            .forwarded_from_conversation_id
            .as_deref()
            .and_then(|id| id.parse().ok()),
        is_view_once: details.is_view_once,
        max_view_once_count: details.max_view_once_count,
        view_once_count: details.view_once_count,
        is_blurred: details.is_blurred,
        expires_at: details.expires_at.map(Into::into),
        pinned_at: details.pinned_at.map(Into::into),
        pinned_by: details.pinned_by.as_deref().and_then(|id| id.parse().ok()),
        delivered_to_all_at: details.delivered_to_all_at.map(Into::into),
        received_by_all_at: details.received_by_all_at.map(Into::into),
        read_by_all_at: details.read_by_all_at.map(Into::into),
        delivered_count: details.delivered_count,
        read_count: details.read_count,
        reaction_summary: (view.reactions.iter())
            .map(|reaction| (reaction.emoji.clone(), reaction.total))
            .collect(),
        reaction_count: reactions,
        current_user_reactions: (view.reactions.iter())
            .filter(|reaction| reaction.is_own)
            .map(|reaction| reaction.emoji.clone())
            .collect(),
        is_encrypted: details.is_encrypted,
        encryption_mode: details.encryption_mode.clone(),
        created_at: message.created_at.into(),
        updated_at: message.updated_at.into(),
        validated_mentions: usernames(view),
        sender: view.sender.as_ref().map(sender),
        anonymous_sender: view.guest.as_ref().map(guest),
        attachments: view.attachments.iter().map(attachment).collect(),
        translations: texts(view),
        translation_states: states(view),
        reply_to: view.reply_to.as_deref().map(reply).map(Box::new),
        count: wire::Counts { reactions, status_entries: view.status_entries },
        meta: wire::MessageMeta::default(),
        event_number: None,
    }
}

/// How a new message is shown.
pub fn disclosure(given: wire::Disclosure) -> Disclosure {
    Disclosure {
        is_view_once: given.is_view_once.unwrap_or(false),
        max_view_once_count: given.max_view_once_count,
        is_blurred: given.is_blurred.unwrap_or(false),
        expires_at: given.expires_at.map(|at| at.0),
    }
}

/// The mentioned usernames.
fn usernames(view: &MessageView) -> Vec<String> {
    view.mentions.iter().map(|mentioned| mentioned.username.clone()).collect()
}

/// System messages also have their own message type on the wire.
fn message_type(message: &Message) -> String {
    if message.is_by_system() { "system".to_owned() } else { message.message_type.clone() }
}

fn told(told: &Told) -> wire::SystemMetadata {
    wire::SystemMetadata {
        event: told.event,
        actor: person(&told.actor),
        target: told.target.as_ref().map(person),
        value: told.value.clone(),
    }
}

fn person(person: &Person) -> wire::SystemPerson {
    wire::SystemPerson { user_id: person.id, display_name: person.display_name.clone() }
}

fn guest(guest: &Guest) -> wire::Guest {
    wire::Guest {
        id: guest.id,
        username: guest.username.clone(),
        first_name: guest.first_name.clone(),
        last_name: guest.last_name.clone(),
        language: guest.language,
    }
}

fn sender(sender: &SenderView) -> wire::MessageSender {
    wire::MessageSender {
        id: sender.id,
        username: sender.username.clone(),
        display_name: sender.display_name.clone(),
        first_name: sender.first_name.clone(),
        last_name: sender.last_name.clone(),
        email: "",
        avatar: address(sender.avatar.as_deref()),
        role: sender.role,
        is_online: sender.seen.is_online,
        is_active: true,
        last_active_at: sender.seen.last_active_at.map(Into::into),
        languages: sender.languages,
        created_at: sender.registered_at.into(),
        updated_at: sender.updated_at.into(),
    }
}

fn reply(view: &MessageView) -> wire::Reply {
    let message = &view.message;
    wire::Reply {
        id: message.id,
        conversation_id: message.conversation_id,
        sender_id: message.sender_id,
        anonymous_sender_id: message.details.guest_sender_id,
        content: message.content.clone(),
        original_language: message.original_language,
        message_type: message_type(message),
        metadata: view.told.as_ref().map(told),
        is_view_once: message.details.is_view_once,
        is_blurred: message.details.is_blurred,
        expires_at: message.details.expires_at.map(Into::into),
        created_at: message.created_at.into(),
        validated_mentions: usernames(view),
        sender: view.sender.as_ref().map(sender),
        anonymous_sender: view.guest.as_ref().map(guest),
        translations: texts(view),
    }
}

pub(super) fn last_message(view: &MessageView) -> wire::LastMessage {
    let message = &view.message;
    wire::LastMessage {
        id: message.id,
        content: message.content.clone(),
        original_language: message.original_language,
        created_at: message.created_at.into(),
        sender_id: message.sender_id,
        anonymous_sender_id: message.details.guest_sender_id,
        message_type: message_type(message),
        metadata: view.told.as_ref().map(told),
        sequence: message.sequence,
        revision: message.revision,
        is_view_once: message.details.is_view_once,
        is_blurred: message.details.is_blurred,
        expires_at: message.details.expires_at.map(Into::into),
        is_encrypted: message.details.is_encrypted,
        sender: view.sender.as_ref().map(|sender| wire::LastMessageSender {
            id: sender.id,
            username: sender.username.clone(),
            display_name: sender.display_name.clone(),
            avatar: address(sender.avatar.as_deref()),
        }),
        anonymous_sender: view.guest.as_ref().map(guest),
        attachments: view.attachments.iter().take(1).map(attachment).collect(),
        translations: texts(view),
        translation_states: states(view),
    }
}
