//! Conversations and their members.

use crate::{Attachment, Guest, Iso, SystemMetadata, Translation, TranslationState};
use meeshy_domain::{
    CommunityId, ConversationId, ConversationKind, GuestId, Language, MemberId, MemberRole, MessageId,
    UserId, WebAddress,
};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// A conversation with its first members; more of them when requested alone than in a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Conversation {
    pub id: ConversationId,
    pub identifier: String,
    pub title: String,
    #[serde(rename = "type")]
    pub kind: ConversationKind,
    pub description: Option<String>,
    pub avatar: Option<WebAddress>,
    pub banner: Option<WebAddress>,
    pub image: Option<WebAddress>,
    pub is_active: bool,
    pub community_id: Option<CommunityId>,
    pub member_count: i64,
    pub default_write_role: String,
    pub is_announcement_channel: bool,
    pub slow_mode_seconds: i64,
    pub auto_translate_enabled: bool,
    pub encryption_mode: Option<String>,
    pub encryption_protocol: Option<String>,
    pub encryption_enabled_at: Option<Iso>,
    pub encryption_enabled_by: Option<String>,
    pub server_encryption_key_id: Option<String>,
    pub last_message_at: Iso,
    pub created_at: Iso,
    pub updated_at: Iso,
    pub members: Vec<Member>,
    /// At most one.
    pub user_preferences: Vec<ConversationPreferences>,
    pub last_message: Option<LastMessage>,
    pub unread_count: i64,
    /// Up to this one the conversation is shown here: later events follow by sockets, or in the log.
    pub last_event_number: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<ConversationMeta>,
}

/// The reader's preferences for a conversation.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationPreferences {
    pub is_pinned: bool,
    pub is_muted: bool,
    pub is_archived: bool,
    pub is_deleted_for_user: bool,
    pub custom_name: Option<String>,
    pub reaction: Option<String>,
}

/// A conversation was read to its end.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MarkedRead {
    pub marked_count: i64,
    pub message: String,
}

/// Additional data of a conversation that is requested alone.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationMeta {
    pub conversation_stats: ConversationStats,
}

/// Statistics of a conversation.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationStats {
    pub messages_per_language: BTreeMap<Language, i64>,
    pub participant_count: i64,
    pub participants_per_language: BTreeMap<Language, i64>,
    pub online_users: Vec<OnlineUser>,
    pub updated_at: Iso,
}

/// A user who is connected.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OnlineUser {
    pub id: UserId,
    pub username: String,
    pub first_name: String,
    pub last_name: String,
    pub display_name: String,
    pub avatar: Option<WebAddress>,
    pub system_language: Language,
}

/// A membership.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    pub id: MemberId,
    pub conversation_id: ConversationId,
    pub user_id: UserId,
    pub role: MemberRole,
    pub nickname: Option<String>,
    pub joined_at: Iso,
    pub is_active: bool,
    /// Always `null`: those who have left are not listed.
    pub left_at: Option<Iso>,
    pub can_send_message: bool,
    pub can_send_files: bool,
    pub can_send_images: bool,
    pub can_send_videos: bool,
    pub can_send_audios: bool,
    pub can_send_locations: bool,
    pub can_send_links: bool,
    pub user: MemberUser,
}

/// The user of a membership.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberUser {
    pub id: UserId,
    pub username: String,
    pub display_name: String,
    pub first_name: String,
    pub last_name: String,
    pub avatar: Option<WebAddress>,
    pub is_online: bool,
    /// `null` if the user hides it.
    pub last_active_at: Option<Iso>,
    pub system_language: Language,
}

/// A summary of the newest message of a conversation.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastMessage {
    pub id: MessageId,
    pub content: String,
    pub original_language: Language,
    pub created_at: Iso,
    pub sender_id: Option<UserId>,
    pub anonymous_sender_id: Option<GuestId>,
    pub message_type: String,
    /// What a system message tells; absent from others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<SystemMetadata>,
    pub sequence: i64,
    pub revision: i64,
    pub is_view_once: bool,
    pub is_blurred: bool,
    pub expires_at: Option<Iso>,
    pub is_encrypted: bool,
    pub sender: Option<LastMessageSender>,
    pub anonymous_sender: Option<Guest>,
    pub attachments: Vec<Attachment>,
    pub translations: Vec<Translation>,
    pub translation_states: Vec<TranslationState>,
}

/// The author of the newest message.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastMessageSender {
    pub id: UserId,
    pub username: String,
    pub display_name: String,
    pub avatar: Option<WebAddress>,
}
