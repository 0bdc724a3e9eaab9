//! Files.

use crate::Iso;
use meeshy_domain::{AttachmentId, ConversationId, FileAction, MessageId, UserId, WebAddress, limits};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Files of a conversation.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationFiles {
    /// The newest first.
    pub attachments: Vec<Attachment>,
    /// Whether there are more after them.
    pub has_more: bool,
}

/// Files that were uploaded just now, in the order of the request.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UploadedFiles {
    pub attachments: Vec<Attachment>,
}

/// One file.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OneFile {
    pub attachment: Attachment,
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
    /// A few colours of a picture, shown until it is loaded (<https://blurha.sh>).
    pub blur_hash: Option<String>,
    /// The loudness of a recording over time, as bytes in base64.
    pub waveform: Option<String>,
    /// What the uploader's client has said of it otherwise.
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

/// A request that records what the caller has done with a file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "action": "listened", "playPositionMs": 4200, "complete": false }]))]
pub struct SetFileStatus {
    pub action: FileAction,
    /// Where playing has stopped, in milliseconds.
    #[serde(default)]
    #[schemars(range(min = 0, max = limits::RECORDING_MS))]
    pub play_position_ms: Option<i64>,
    /// For how long the file was viewed or played, in milliseconds.
    #[serde(default)]
    #[schemars(range(min = 0, max = limits::RECORDING_MS))]
    pub duration_ms: Option<i64>,
    /// Whether it was played to its end.
    #[serde(default)]
    pub complete: bool,
    /// Whether a picture was enlarged.
    #[serde(default)]
    pub was_zoomed: bool,
}

/// What a user has done with a file.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileStatus {
    pub user_id: UserId,
    pub username: String,
    pub display_name: String,
    pub avatar: Option<WebAddress>,
    pub viewed_at: Option<Iso>,
    pub downloaded_at: Option<Iso>,
    pub listened_at: Option<Iso>,
    pub watched_at: Option<Iso>,
    pub listen_count: i64,
    pub watch_count: i64,
    pub listened_complete: bool,
    pub watched_complete: bool,
    pub last_play_position_ms: Option<i64>,
    pub last_watch_position_ms: Option<i64>,
}

/// `attachment-status:updated`: a user has done something with a file for the first time, or to its end.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileStatusUpdated {
    pub attachment_id: AttachmentId,
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    pub user_id: UserId,
    pub action: FileAction,
    pub updated_at: Iso,
    /// The number of the event in the log of its conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_number: Option<i64>,
}
