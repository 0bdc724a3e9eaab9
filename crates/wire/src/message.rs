//! Messages and their translations.

use crate::{Attachment, Iso};
use meeshy_domain::{ConversationId, Language, LanguageSettings, MessageId, Role, UserId, WebAddress};
use serde::Serialize;

/// A message, the same on REST and as `message:new`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    /// Its number in the conversation, without gaps: gives the order.
    pub sequence: i64,
    /// Counts its texts, from 1: a translation is of the one with its own number.
    pub revision: i64,
    /// The sender's own id of it.
    pub client_message_id: Option<String>,
    pub sender_id: Option<UserId>,
    pub anonymous_sender_id: Option<String>,
    pub content: String,
    pub original_content: String,
    pub original_language: Language,
    pub message_type: String,
    /// Who or what wrote it: `user`, `system` …
    pub message_source: String,
    pub is_edited: bool,
    pub edited_at: Option<Iso>,
    pub is_deleted: bool,
    pub deleted_at: Option<Iso>,
    pub reply_to_id: Option<MessageId>,
    pub forwarded_from_id: Option<MessageId>,
    pub forwarded_from_conversation_id: Option<ConversationId>,
    pub is_view_once: bool,
    pub max_view_once_count: Option<i64>,
    pub view_once_count: i64,
    pub is_blurred: bool,
    pub expires_at: Option<Iso>,
    pub pinned_at: Option<Iso>,
    pub pinned_by: Option<UserId>,
    pub delivered_to_all_at: Option<Iso>,
    pub received_by_all_at: Option<Iso>,
    pub read_by_all_at: Option<Iso>,
    pub delivered_count: i64,
    pub read_count: i64,
    pub reaction_summary: serde_json::Map<String, serde_json::Value>,
    pub reaction_count: i64,
    pub current_user_reactions: Vec<String>,
    pub is_encrypted: bool,
    pub encryption_mode: Option<String>,
    pub created_at: Iso,
    pub updated_at: Iso,
    pub validated_mentions: Vec<String>,
    pub sender: Option<MessageSender>,
    pub anonymous_sender: Option<Guest>,
    pub attachments: Vec<Attachment>,
    pub translations: Vec<Translation>,
    /// The languages that have no text, or none yet.
    pub translation_states: Vec<TranslationState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Box<Reply>>,
    #[serde(rename = "_count")]
    pub count: Counts,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<serde_json::Value>,
}

/// How many of what hang on a message.
#[derive(Debug, Clone, Copy, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    pub reactions: i64,
    pub status_entries: i64,
}

/// A guest who wrote a message.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Guest {
    pub id: String,
    pub username: String,
    pub first_name: String,
    pub last_name: String,
    pub language: Language,
}

/// Who wrote a message.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageSender {
    pub id: UserId,
    pub username: String,
    pub display_name: String,
    pub first_name: String,
    pub last_name: String,
    /// Always empty: addresses are nobody else's business.
    pub email: &'static str,
    pub avatar: Option<WebAddress>,
    pub role: Role,
    pub is_online: bool,
    pub is_active: bool,
    pub last_active_at: Iso,
    #[serde(flatten)]
    pub languages: LanguageSettings,
}

/// A translation that has a text.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Translation {
    /// `<message>-<language>`, with the revision behind it for an edited text, and the time for one that was made anew:
    /// the web client passes over an id that it has seen.
    pub id: String,
    pub message_id: MessageId,
    pub revision: i64,
    pub source_language: Language,
    pub target_language: Language,
    pub translated_content: String,
    pub translation_model: &'static str,
    /// `done`, or `identical` when the text is the same in both languages.
    pub state: &'static str,
    /// Which engine made it, and over which languages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// Only where the engine gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence_score: Option<f64>,
    pub cache_key: String,
    pub cached: bool,
    pub is_encrypted: bool,
    pub created_at: Iso,
    pub updated_at: Iso,
}

/// A language that has no text, or none yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TranslationState {
    pub target_language: Language,
    /// `pending`, `unavailable` or `failed`.
    pub state: &'static str,
    /// Why, in English, for whoever runs the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why, for a client to word: `no_engine`, `engine_unusable`, `no_other_engine`, `engine_failed` or `unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<&'static str>,
}

/// The message that another one answers.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    pub sender_id: Option<UserId>,
    pub anonymous_sender_id: Option<String>,
    pub content: String,
    pub original_language: Language,
    pub message_type: String,
    pub created_at: Iso,
    pub validated_mentions: Vec<String>,
    pub sender: Option<MessageSender>,
    pub anonymous_sender: Option<Guest>,
    pub translations: Vec<Translation>,
}
