//! Notifications.

use crate::{Iso, Pagination};
use meeshy_domain::{NotificationKind, WebAddress};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// What belongs to its type.
    pub data: Option<NotificationFacts>,
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

/// A new notification, and how many of the user are unread with it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewNotification {
    #[serde(flatten)]
    pub notification: Notification,
    pub unread_count: i64,
}

/// What belongs to the type of a notification.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum NotificationFacts {
    /// In responses: JSON in a text.
    Text(String),
    /// In events.
    Object(BTreeMap<String, serde_json::Value>),
}

/// A page of notifications: `{"success":true,"data":…,"pagination":…,"unreadCount":…}`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotificationPage {
    #[schemars(extend("const" = true))]
    pub success: bool,
    pub data: NotificationData,
    pub pagination: Pagination,
    /// How many of all are unread, up to 10,000.
    pub unread_count: i64,
}

/// The notifications of a page: a list or, if `sortBy` was given, an object with the list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum NotificationData {
    /// The list alone.
    Listed(Vec<Notification>),
    /// The list, and what is also next to it.
    #[serde(rename_all = "camelCase")]
    Wrapped { notifications: Vec<Notification>, pagination: Pagination, unread_count: i64 },
}

/// The number of unread notifications: `{"success":true,"count":…,"data":{"count":…}}`.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct UnreadNotifications {
    #[schemars(extend("const" = true))]
    pub success: bool,
    /// Up to 10,000.
    pub count: i64,
    pub data: UnreadCount,
}

/// The same number.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct UnreadCount {
    pub count: i64,
}

/// The numbers of the newest 10,000 notifications of a user; as `notification:counts`, after a change.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotificationCounts {
    pub total: i64,
    pub unread: i64,
    /// All, by type.
    pub by_type: BTreeMap<String, i64>,
}

/// The numbers of notifications: `{"success":true,"counts":…,"data":…}`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct NotificationCountsAnswer {
    #[schemars(extend("const" = true))]
    pub success: bool,
    pub counts: NotificationCounts,
    pub data: NotificationCounts,
}

/// A notification for the caller, to try out what clients show.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{ "type": "system", "title": "A test", "content": "It works." }]))]
pub struct TestNotification {
    #[serde(rename = "type")]
    pub kind: NotificationKind,
    pub title: String,
    pub content: String,
    #[serde(default)]
    pub data: Option<BTreeMap<String, serde_json::Value>>,
}

/// The conversation of which the caller does, or does not, want to be notified.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "conversationId": "65b0c0ffee0123456789abcd" }]))]
pub struct MuteConversation {
    pub conversation_id: String,
}

/// `notification:read` and `notification:deleted`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotificationRef {
    pub notification_id: String,
}
