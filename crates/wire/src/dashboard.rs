//! The overview that a user sees first.

use crate::Iso;
use meeshy_domain::{ConversationId, ConversationKind, UserId, WebAddress};
use schemars::JsonSchema;
use serde::Serialize;

/// How much there is, and what was last.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Dashboard {
    pub stats: DashboardStats,
    /// At most five.
    pub recent_conversations: Vec<DashboardConversation>,
    /// At most five.
    pub recent_communities: Vec<DashboardCommunity>,
}

/// Numbers of what belongs to a user.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DashboardStats {
    pub total_conversations: i64,
    pub total_communities: i64,
    /// In all conversations, in the last seven days.
    pub total_messages: i64,
    /// With a message in the last day.
    pub active_conversations: i64,
    /// Into the user's language, of messages of the last day; of at most 1,000 messages.
    pub translations_today: i64,
    /// Active share links of the user.
    pub total_links: i64,
    pub last_updated: Iso,
}

/// A conversation in short.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DashboardConversation {
    pub id: ConversationId,
    pub title: String,
    #[serde(rename = "type")]
    pub kind: ConversationKind,
    pub is_active: bool,
    pub last_message: Option<DashboardMessage>,
    /// At most five.
    pub members: Vec<DashboardUser>,
}

/// A message in short.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DashboardMessage {
    pub content: String,
    pub created_at: Iso,
    pub sender: Option<DashboardSender>,
}

/// The author of a message in short.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DashboardSender {
    pub username: String,
    pub display_name: String,
}

/// A user in short.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DashboardUser {
    pub id: UserId,
    pub username: String,
    pub display_name: String,
    pub first_name: String,
    pub last_name: String,
    pub avatar: Option<WebAddress>,
    pub is_online: bool,
    /// `null` if the user hides it.
    pub last_active_at: Option<Iso>,
}

/// A community in short.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DashboardCommunity {
    pub id: String,
    pub name: String,
    pub description: Option<String>,
    pub is_private: bool,
    /// At most five.
    pub members: Vec<DashboardUser>,
    pub member_count: i64,
}

/// Whether an identifier is available.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct IdentifierAvailability {
    pub available: bool,
    pub identifier: String,
}
