//! Files.

use crate::Iso;
use meeshy_domain::{AttachmentId, MessageId, WebAddress};
use schemars::JsonSchema;
use serde::Serialize;

/// Files of a conversation.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationFiles {
    /// The newest first.
    pub attachments: Vec<Attachment>,
    /// Whether there are more after them.
    pub has_more: bool,
}

/// A file attached to a message.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    pub id: AttachmentId,
    pub message_id: Option<MessageId>,
    pub file_name: String,
    pub original_name: String,
    pub mime_type: String,
    pub file_size: i64,
    pub file_url: String,
    pub thumbnail_url: Option<WebAddress>,
    pub title: Option<String>,
    pub alt: Option<String>,
    pub caption: Option<String>,
    pub width: Option<i64>,
    pub height: Option<i64>,
    /// In milliseconds.
    pub duration: Option<i64>,
    pub bitrate: Option<i64>,
    pub sample_rate: Option<i64>,
    pub codec: Option<String>,
    pub channels: Option<i64>,
    pub fps: Option<f64>,
    pub video_codec: Option<String>,
    pub page_count: Option<i64>,
    pub line_count: Option<i64>,
    pub metadata: Option<serde_json::Value>,
    pub uploaded_by: String,
    pub is_anonymous: bool,
    pub is_view_once: bool,
    pub is_blurred: bool,
    pub is_encrypted: bool,
    pub is_forwarded: bool,
    pub forwarded_from_attachment_id: Option<String>,
    pub max_view_once_count: Option<i64>,
    pub view_once_count: i64,
    pub viewed_count: i64,
    pub downloaded_count: i64,
    pub consumed_count: i64,
    pub scan_status: Option<String>,
    pub moderation_status: Option<String>,
    pub delivered_to_all_at: Option<Iso>,
    pub viewed_by_all_at: Option<Iso>,
    pub downloaded_by_all_at: Option<Iso>,
    pub listened_by_all_at: Option<Iso>,
    pub watched_by_all_at: Option<Iso>,
    pub created_at: Iso,
}
