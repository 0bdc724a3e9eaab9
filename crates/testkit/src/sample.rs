//! Sample rows for tests of the store. Everything happened at [`NOW`].

#![expect(clippy::unwrap_used, reason = "only tests use it, and they may panic")]

use meeshy_domain::{ConversationId, ConversationKind, LanguageSettings, MessageId, Role, Timestamp, UserId};
use meeshy_store::conversations::Conversation;
use meeshy_store::messages::Message;
use meeshy_store::users::User;

/// When everything happened.
pub const NOW: Timestamp = Timestamp::from_millis(1_000_000);

/// A user who reads French.
pub fn user(id: UserId, username: &str) -> User {
    User {
        id,
        username: username.into(),
        email: format!("{username}@example.org"),
        password_hash: "none".into(),
        first_name: username.into(),
        last_name: "Test".into(),
        display_name: username.into(),
        bio: String::new(),
        avatar: None,
        phone_number: None,
        role: Role::User,
        is_active: true,
        deactivated_at: None,
        languages: LanguageSettings::reading("fr".parse().unwrap()),
        last_active_at: NOW,
        created_at: NOW,
        updated_at: NOW,
        hides: Default::default(),
        details: Default::default(),
    }
}

/// An empty group.
pub fn conversation(id: ConversationId) -> Conversation {
    Conversation::new(id, format!("mshy_{id}"), ConversationKind::Group, NOW)
}

/// A message in English.
pub fn message(id: MessageId, conversation_id: ConversationId, sender: UserId, sequence: i64) -> Message {
    Message {
        id,
        conversation_id,
        sequence,
        sender_id: Some(sender),
        client_message_id: None,
        content: format!("message {sequence}"),
        original_language: "en".parse().unwrap(),
        message_type: "text".into(),
        message_source: "user".into(),
        reply_to_id: None,
        revision: 1,
        edited_at: None,
        created_at: NOW,
        updated_at: NOW,
        details: Default::default(),
    }
}
