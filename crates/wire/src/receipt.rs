//! Who has received and read messages.

use crate::{Iso, Message};
use meeshy_domain::{Language, MessageId, UserId, WebAddress};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What has become of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReceiptKind {
    /// It was read, and everything before it.
    Read,
    /// It has arrived on a device.
    #[serde(alias = "received")]
    Delivered,
}

/// A request that sets the state of a message for the caller.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{ "status": "read" }]))]
pub struct SetMessageStatus {
    pub status: ReceiptKind,
}

/// A message, and how many members have received and read it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageDetails {
    #[serde(flatten)]
    pub message: Message,
    pub status_summary: StatusSummary,
}

/// How many members have received and read a message, without its author.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StatusSummary {
    pub total_members: i64,
    pub delivered_count: i64,
    pub read_count: i64,
    /// Since when all have received it, if the old system noted it.
    pub delivered_to_all_at: Option<Iso>,
    /// Since when all have read it, if the old system noted it.
    pub read_by_all_at: Option<Iso>,
}

/// The state of a message for a member.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    pub user_id: UserId,
    pub username: String,
    pub display_name: String,
    pub avatar: Option<WebAddress>,
    pub delivered_at: Option<Iso>,
    pub received_at: Option<Iso>,
    /// Null if the member has not read it, or hides it.
    pub read_at: Option<Iso>,
    pub read_device: Option<String>,
}

/// The members who have received and read a message, at most 100 of each.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadStatus {
    pub message_id: MessageId,
    pub total_members: i64,
    pub received_count: i64,
    pub read_count: i64,
    pub received_by: Vec<Receipt>,
    pub read_by: Vec<Receipt>,
}

/// How many members have received and read each of some messages.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ReadStatuses(pub BTreeMap<MessageId, ReadCounts>);

/// How many members have received and read a message.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadCounts {
    pub received_count: i64,
    pub read_count: i64,
}

/// A message and its earlier texts.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageHistory {
    pub message_id: MessageId,
    /// The first text, if it is known.
    pub original_content: String,
    /// The current text.
    pub content: String,
    pub is_edited: bool,
    pub edited_at: Option<Iso>,
    pub created_at: Iso,
    /// Always false: the texts of a deleted message are deleted.
    pub is_deleted: bool,
    /// Always `null`.
    pub deleted_at: Option<Iso>,
    /// The earlier texts, the first one first; at most 50.
    pub revisions: Vec<MessageRevision>,
}

/// An earlier text of a message.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageRevision {
    pub revision: i64,
    pub content: String,
    pub language: Language,
    pub written_at: Iso,
}
