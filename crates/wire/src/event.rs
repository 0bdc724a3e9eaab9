//! Socket.IO events.

use crate::{ConversationStats, ErrorBody, ErrorCode, Iso, MissingState, Translation};
use meeshy_domain::{ConversationId, Language, MessageId, ReasonCode, UserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The names of the events.
pub mod event_name {
    pub const AUTHENTICATE: &str = "authenticate";
    pub const AUTHENTICATED: &str = "authenticated";
    pub const ERROR: &str = "error";
    pub const MESSAGE_SEND: &str = "message:send";
    pub const MESSAGE_NEW: &str = "message:new";
    pub const MESSAGE_EDIT: &str = "message:edit";
    pub const MESSAGE_EDITED: &str = "message:edited";
    pub const MESSAGE_TRANSLATION: &str = "message:translation";
    pub const MESSAGE_TRANSLATION_STATE: &str = "message:translation-state";
    pub const REQUEST_TRANSLATION: &str = "request_translation";
    pub const TRANSLATION_RECEIVED: &str = "translation_received";
    pub const TRANSLATION_ERROR: &str = "translation_error";
    pub const TYPING_START: &str = "typing:start";
    pub const TYPING_STOP: &str = "typing:stop";
    pub const USER_STATUS: &str = "user:status";
    pub const CONVERSATION_JOIN: &str = "conversation:join";
    pub const CONVERSATION_LEAVE: &str = "conversation:leave";
    pub const CONVERSATION_JOINED: &str = "conversation:joined";
    pub const CONVERSATION_LEFT: &str = "conversation:left";
    pub const CONVERSATION_STATS: &str = "conversation:stats";
    pub const CONVERSATION_NEW: &str = "conversation:new";
    pub const UNREAD_UPDATED: &str = "conversation:unread-updated";
    pub const READ_STATUS_UPDATED: &str = "read-status:updated";
    pub const SERVER_RESTARTING: &str = "server:restarting";
}

/// The client's part of the handshake. It contains secrets, so it has no `Debug`.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Handshake {
    pub auth_token: Option<String>,
    pub token: Option<String>,
    pub token_type: Option<String>,
    pub session_token: Option<String>,
}

/// The response to the handshake.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Authenticated {
    pub success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<AuthenticatedUser>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The authenticated user of the socket.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticatedUser {
    pub id: UserId,
    pub language: Language,
    pub is_anonymous: bool,
}

/// `error`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ErrorEvent {
    pub message: String,
    pub code: ErrorCode,
}

/// `message:send`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SendMessage {
    pub conversation_id: String,
    pub content: String,
    pub original_language: Option<String>,
    pub message_type: Option<String>,
    pub reply_to_id: Option<String>,
    pub client_message_id: Option<String>,
}

/// `message:edit`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EditMessage {
    pub message_id: String,
    pub content: String,
    pub original_language: Option<String>,
}

/// Events that contain only a conversation.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationRef {
    pub conversation_id: String,
}

/// The acknowledgement of an event.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Ack<T> {
    pub success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<ErrorCode>,
}

impl<T> Ack<T> {
    /// A success.
    pub fn done(data: T) -> Self {
        Self { success: true, data: Some(data), error: None, code: None }
    }

    /// An error.
    pub fn refused(body: ErrorBody) -> Self {
        Self { success: false, data: None, error: Some(body.error), code: Some(body.code) }
    }
}

/// The acknowledgement of a message.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AckData {
    pub message_id: MessageId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_message_id: Option<String>,
    pub created_at: Iso,
}

/// `message:translation`: one language.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageTranslation {
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    pub translations: [Translation; 1],
    /// As in [`LoggedEvent`](crate::LoggedEvent); only where the translation has come just now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_number: Option<i64>,
}

/// `message:translation-state`: a language without a translation.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TranslationStateEvent {
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    pub revision: i64,
    pub target_language: Language,
    pub state: MissingState,
    pub reason: String,
    /// As in [`TranslationState`](crate::TranslationState).
    pub reason_code: ReasonCode,
    /// As in [`LoggedEvent`](crate::LoggedEvent); only where the translation has ended just now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_number: Option<i64>,
}

/// `typing:start` and `typing:stop`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Typing<'a> {
    pub user_id: UserId,
    pub username: &'a str,
    pub conversation_id: ConversationId,
    pub is_typing: bool,
}

/// `user:status`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserStatus<'a> {
    pub user_id: UserId,
    pub username: &'a str,
    pub is_online: bool,
    pub last_active_at: Option<Iso>,
}

/// `conversation:unread-updated`.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnreadUpdated {
    pub conversation_id: ConversationId,
    pub unread_count: i64,
}

/// `read-status:updated`.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadStatusUpdated {
    pub conversation_id: ConversationId,
    pub user_id: UserId,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub updated_at: Iso,
    /// As in [`LoggedEvent`](crate::LoggedEvent).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_number: Option<i64>,
}

/// `conversation:new`.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationNew {
    pub conversation_id: ConversationId,
    /// As in [`LoggedEvent`](crate::LoggedEvent).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_number: Option<i64>,
}

/// `conversation:stats`; the conversation is given as the client gave it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatsEvent {
    pub conversation_id: String,
    pub stats: ConversationStats,
}
