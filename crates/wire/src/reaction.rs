//! Reactions to messages.

use crate::Iso;
use meeshy_domain::{ConversationId, Emoji, GuestId, MessageId, ReactionId, UserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A reaction to add: on REST and as `reaction:add`; and one to remove, as `reaction:remove`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "messageId": "65a0c0ffee0123456789abcd", "emoji": "👍" }]))]
pub struct React {
    pub message_id: String,
    #[schemars(with = "Emoji")]
    pub emoji: String,
}

/// `reaction:request_sync`: the id of a message.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct SyncReactions(pub String);

/// The reaction of a user or a guest to a message.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reaction {
    pub id: ReactionId,
    pub message_id: MessageId,
    /// Absent if a guest has reacted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The guest who has reacted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anonymous_id: Option<GuestId>,
    pub emoji: String,
    pub created_at: Iso,
    pub updated_at: Iso,
}

/// The reactions to a message with one emoji.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReactionAggregation {
    pub emoji: String,
    /// The number of users and guests.
    pub count: i64,
    /// The first users, at most 100 with the guests.
    pub user_ids: Vec<UserId>,
    /// The first guests.
    pub anonymous_ids: Vec<GuestId>,
    /// Whether the caller is one of them; always false in events for several users.
    pub has_current_user: bool,
}

/// All reactions to a message.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReactionSync {
    pub message_id: MessageId,
    /// By emoji, in order of their first use.
    pub reactions: Vec<ReactionAggregation>,
    pub total_count: i64,
    /// The emoji that the caller has reacted with.
    pub user_reactions: Vec<String>,
}

/// What a reaction event says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReactionAction {
    /// It was added.
    Add,
    /// It was removed.
    Remove,
}

/// `reaction:added` and `reaction:removed`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReactionEvent {
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    /// Absent if a guest has reacted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The guest who has reacted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anonymous_id: Option<GuestId>,
    pub emoji: String,
    pub action: ReactionAction,
    /// All reactions to the message with this emoji, after the change.
    pub aggregation: ReactionAggregation,
    pub timestamp: Iso,
    /// The number of the event in the log of its conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_number: Option<i64>,
}
