//! Socket.IO events.

use crate::{
    ActorId, ConversationStats, Disclosure, ErrorBody, ErrorCode, Iso, MessageContent, MessageText,
    MissingState, Translation,
};
use meeshy_domain::{
    ConversationId, Language, MemberRole, MessageId, MessageType, ReasonCode, UserId, limits,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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

/// The authenticated user or guest of the socket.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticatedUser {
    pub id: ActorId,
    pub language: Language,
    pub is_anonymous: bool,
}

/// `error`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ErrorEvent {
    pub message: String,
    pub code: ErrorCode,
}

/// `message:send`, and `message:send-with-attachments`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SendMessage {
    /// The id or the identifier of a conversation.
    pub conversation_id: String,
    #[schemars(with = "MessageContent")]
    pub content: String,
    #[schemars(with = "Option<Language>")]
    pub original_language: Option<String>,
    /// That of the first file if absent, or `text`.
    #[schemars(with = "Option<MessageType>")]
    pub message_type: Option<String>,
    /// The ids of uploaded files of the sender that were in no message.
    #[serde(default)]
    #[schemars(length(max = limits::MESSAGE_FILES))]
    pub attachment_ids: Vec<String>,
    pub reply_to_id: Option<String>,
    #[schemars(length(max = limits::CLIENT_MESSAGE_ID_CHARS))]
    pub client_message_id: Option<String>,
    #[serde(flatten)]
    pub disclosure: Disclosure,
}

/// `message:edit`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EditMessage {
    pub message_id: String,
    #[schemars(with = "MessageText")]
    pub content: String,
    #[schemars(with = "Option<Language>")]
    pub original_language: Option<String>,
}

/// `message:delete`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeleteMessage {
    pub message_id: String,
}

/// Events that contain only a conversation.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationRef {
    pub conversation_id: String,
}

/// The acknowledgement of an event.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "{T}Ack")]
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

/// No data.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct Nothing;

/// The acknowledgement of a message.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SentMessage {
    pub message_id: MessageId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_message_id: Option<String>,
    pub created_at: Iso,
}

/// `message:deleted`.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageDeleted {
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    /// The number of the event in the log of its conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_number: Option<i64>,
}

/// `message:pinned`: a message was pinned, or its pin was taken off.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessagePinned {
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    /// Null if it is not pinned any more.
    pub pinned_at: Option<Iso>,
    pub pinned_by: Option<UserId>,
    /// The number of the event in the log of its conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_number: Option<i64>,
}

/// `mention:created`: the user was mentioned in a new message.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MentionCreated {
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    pub mentioned_user_id: UserId,
    /// The author of the message.
    pub sender_id: Option<UserId>,
    pub created_at: Iso,
}

/// `message:translation`: a new translation, and all others of the same text that are known by then.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageTranslation {
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    /// The new one first.
    pub translations: Vec<Translation>,
    /// The number of the event in the log of its conversation; absent if the event repeats a result.
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
    /// The number of the event in the log of its conversation; absent if the event repeats a result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_number: Option<i64>,
}

/// `typing:start` and `typing:stop`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Typing<'a> {
    pub user_id: ActorId,
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
    /// The number of the event in the log of its conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_number: Option<i64>,
}

/// `glossary:updated`.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GlossaryUpdated {
    pub conversation_id: ConversationId,
    /// The number of the event in the log of its conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_number: Option<i64>,
}

/// `conversation:new`.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationNew {
    pub conversation_id: ConversationId,
    /// The number of the event in the log of its conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_number: Option<i64>,
}

/// `conversation:updated`: the conversation or its members have changed; clients that show it read it again.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationUpdated {
    pub conversation_id: ConversationId,
    /// The number of the event in the log of its conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_number: Option<i64>,
}

/// `conversation:deleted`: the conversation was closed, or the user is not a member of it any more.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationDeleted {
    pub conversation_id: ConversationId,
    /// The number of the event in the log of its conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_number: Option<i64>,
}

/// `participant:role-updated`.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoleUpdated {
    pub conversation_id: ConversationId,
    pub user_id: UserId,
    pub new_role: MemberRole,
    /// Who changed it; absent if that is not known here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_by: Option<UserId>,
    /// The number of the event in the log of its conversation.
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

/// `conversation:joined` and `conversation:left`.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationMember {
    pub conversation_id: ConversationId,
    pub user_id: ActorId,
}

/// `server:restarting`.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct ServerRestarting {
    pub reason: &'static str,
}
