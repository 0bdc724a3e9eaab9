//! Messages and their translations.

use crate::{Attachment, Iso, Page};
use meeshy_domain::{
    ConversationId, Grade, GuestId, Language, LanguageSettings, MessageId, ReasonCode, Role, SystemEvent,
    UserId, WebAddress, limits,
};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// The text of a message.
#[derive(Debug, Clone, JsonSchema)]
pub struct MessageText(#[schemars(length(min = 1, max = limits::MESSAGE_CHARS))] pub String);

/// The text of a message that may consist of files; only then it may be empty.
#[derive(Debug, Clone, JsonSchema)]
pub struct MessageContent(#[schemars(length(max = limits::MESSAGE_CHARS))] pub String);

/// A message that may be viewed only once, shown this once.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ViewedMessage {
    pub message_id: MessageId,
    pub content: String,
    pub original_language: Language,
}

/// A message that was deleted.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeletedMessage {
    pub message_id: MessageId,
    /// Always true.
    pub deleted: bool,
    pub message: String,
}

/// A page of the messages of a conversation, newest first.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MessagePage {
    #[serde(flatten)]
    pub page: Page<Message>,
    pub meta: MessagePageMeta,
}

/// Additional data of a page of messages.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessagePageMeta {
    /// The language that the caller reads in.
    pub user_language: Language,
    /// The number of the newest event that the page shows.
    pub last_event_number: i64,
    /// Whether there are newer messages than those of the page.
    pub has_newer: bool,
}

/// A message, the same on REST and as `message:new`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    /// Its number in the conversation, without gaps; defines the order.
    pub sequence: i64,
    /// The revision of its text, from 1. A translation belongs to the revision with the same number.
    pub revision: i64,
    /// The id that the sending client chose.
    pub client_message_id: Option<String>,
    pub sender_id: Option<UserId>,
    pub anonymous_sender_id: Option<GuestId>,
    pub content: String,
    pub original_content: String,
    pub original_language: Language,
    pub message_type: String,
    /// The kind of author: `user`, `system` …
    pub message_source: String,
    /// What a system message tells; absent from others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<SystemMetadata>,
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
    pub reaction_summary: BTreeMap<String, i64>,
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
    /// The languages without a translation, or without one yet.
    pub translation_states: Vec<TranslationState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Box<Reply>>,
    #[serde(rename = "_count")]
    pub count: Counts,
    pub meta: MessageMeta,
    /// In events: the number of the event in the log of its conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_number: Option<i64>,
}

/// What the old system sent along with each message.
#[derive(Debug, Clone, Copy, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageMeta {
    /// Always `null`: a message must not cost more in a large conversation. `conversation:stats` has them.
    pub conversation_stats: (),
}

/// How many objects are attached to a message.
#[derive(Debug, Clone, Copy, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    pub reactions: i64,
    pub status_entries: i64,
}

/// A guest who wrote a message.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Guest {
    pub id: GuestId,
    pub username: String,
    pub first_name: String,
    pub last_name: String,
    pub language: Language,
}

/// The author of a message.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageSender {
    pub id: UserId,
    pub username: String,
    pub display_name: String,
    pub first_name: String,
    pub last_name: String,
    /// Always empty: e-mail addresses are private.
    pub email: &'static str,
    pub avatar: Option<WebAddress>,
    pub role: Role,
    pub is_online: bool,
    pub is_active: bool,
    pub last_active_at: Option<Iso>,
    #[serde(flatten)]
    pub languages: LanguageSettings,
    pub created_at: Iso,
    pub updated_at: Iso,
}

/// The kind of a translation with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TextState {
    /// It was translated.
    Done,
    /// The text is the same in both languages.
    Identical,
}

/// Why a language has no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MissingState {
    /// It is pending.
    Pending,
    /// No engine serves this language pair.
    Unavailable,
    /// Every attempt failed.
    Failed,
}

/// A translation with a text.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Translation {
    /// `<message>-<language>`, followed by the revision for an edited text, and by the time for a repeated
    /// translation: the web client ignores an id that it has already seen.
    pub id: String,
    pub message_id: MessageId,
    pub revision: i64,
    pub source_language: Language,
    pub target_language: Language,
    pub translated_content: String,
    pub translation_model: &'static str,
    pub state: TextState,
    /// The engine that made it, and the pivot languages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// Only if the engine reports one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence_score: Option<f64>,
    /// How good it is expected to be; absent if that is not known, as for old translations, or if the text is the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality: Option<Grade>,
    pub cache_key: String,
    pub cached: bool,
    pub is_encrypted: bool,
    pub created_at: Iso,
    pub updated_at: Iso,
}

/// A language without a translation, or without one yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TranslationState {
    pub target_language: Language,
    pub state: MissingState,
    /// Why, in English, for operators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why, as a code for clients to translate; newer servers may have further codes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<ReasonCode>,
}

/// What a system message tells, for clients to word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SystemMetadata {
    /// What has happened.
    pub event: SystemEvent,
    /// Who did it.
    pub actor: SystemPerson,
    /// To whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<SystemPerson>,
    /// The new title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// A person in a system message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SystemPerson {
    pub user_id: UserId,
    pub display_name: String,
}

/// The message to which another one replies.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    pub sender_id: Option<UserId>,
    pub anonymous_sender_id: Option<GuestId>,
    pub content: String,
    pub original_language: Language,
    pub message_type: String,
    /// What a system message tells; absent from others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<SystemMetadata>,
    pub is_view_once: bool,
    pub is_blurred: bool,
    pub expires_at: Option<Iso>,
    pub created_at: Iso,
    pub validated_mentions: Vec<String>,
    pub sender: Option<MessageSender>,
    pub anonymous_sender: Option<Guest>,
    pub translations: Vec<Translation>,
}
