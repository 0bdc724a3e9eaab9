//! What has become of the latest messages of a conversation, and what strangers may know of one.

use crate::{Iso, MentionedUser, StatusSummary};
use meeshy_domain::{ConversationId, ConversationKind, MessageId, UserId};
use schemars::JsonSchema;
use serde::Serialize;

/// The reactions to the latest messages of a conversation.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ConversationReactions {
    /// Those to each message that has some, the newest message first.
    pub reactions: Vec<ReactedMessage>,
    /// The number of messages.
    pub total: usize,
}

/// The reactions to a message, with the users' names.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReactedMessage {
    pub message_id: MessageId,
    pub reactions: Vec<NamedReactions>,
}

/// The reactions with one emoji.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct NamedReactions {
    pub emoji: String,
    /// The number of users and guests.
    pub count: i64,
    /// The first of them, at most 100.
    pub users: Vec<Reactor>,
}

/// Somebody who has reacted.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reactor {
    /// The id of a user or a guest.
    pub user_id: String,
    pub is_anonymous: bool,
    /// Null for guests.
    pub user: Option<MentionedUser>,
}

/// Who has received and read the latest messages of a conversation.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ConversationStatuses {
    /// The newest message first.
    pub statuses: Vec<MessageReceipts>,
    /// The number of messages.
    pub total: usize,
}

/// Who has received and read a message.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageReceipts {
    pub message_id: MessageId,
    pub sender_id: Option<UserId>,
    pub summary: StatusSummary,
    /// The first members who have received it, at most 100.
    pub entries: Vec<ReceiptEntry>,
}

/// A member who has received a message.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptEntry {
    pub user_id: UserId,
    pub is_anonymous: bool,
    pub delivered_at: Option<Iso>,
    pub read_at: Option<Iso>,
    pub user: MentionedUser,
}

/// What everybody may know of a conversation that is open to everybody.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenConversation {
    pub id: ConversationId,
    pub identifier: String,
    pub title: String,
    #[serde(rename = "type")]
    pub kind: ConversationKind,
    pub created_at: Iso,
    pub last_message_at: Iso,
    pub message_count: i64,
    pub member_count: i64,
}
