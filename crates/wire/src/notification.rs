//! Notifications.

use crate::Iso;
use meeshy_domain::WebAddress;
use schemars::JsonSchema;
use serde::Serialize;

/// A notification. What it refers to may have been deleted.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    pub id: String,
    pub user_id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub content: String,
    /// What belongs to its type, as JSON in a text.
    pub data: Option<String>,
    /// `low`, `normal`, `high` or `urgent`.
    pub priority: String,
    pub is_read: bool,
    pub read_at: Option<Iso>,
    pub email_sent: bool,
    pub push_sent: bool,
    pub expires_at: Option<Iso>,
    pub created_at: Iso,
    pub sender_id: Option<String>,
    pub sender_username: Option<String>,
    pub sender_avatar: Option<WebAddress>,
    pub sender_display_name: Option<String>,
    pub sender_first_name: Option<String>,
    pub sender_last_name: Option<String>,
    pub message_preview: Option<String>,
    pub conversation_id: Option<String>,
    pub message_id: Option<String>,
    pub call_session_id: Option<String>,
}
