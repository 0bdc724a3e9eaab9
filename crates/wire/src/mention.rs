//! Mentions of users in messages.

use crate::{Iso, Message};
use meeshy_domain::{ConversationId, ConversationKind, MessageId, UserId, WebAddress};
use schemars::JsonSchema;
use serde::Serialize;

/// A member whom a message may mention.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MentionSuggestion {
    pub id: UserId,
    pub username: String,
    pub display_name: String,
    pub avatar: Option<WebAddress>,
    /// Always `conversation`: only members can be mentioned.
    pub badge: &'static str,
    /// Always true.
    pub in_conversation: bool,
    /// Whether the caller and the member are friends.
    pub is_friend: bool,
}

/// A user who is mentioned.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MentionedUser {
    pub id: UserId,
    pub username: String,
    pub display_name: String,
    pub avatar: Option<WebAddress>,
}

/// A mention in a message.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Mention {
    pub id: String,
    pub message_id: MessageId,
    pub mentioned_user_id: UserId,
    pub mentioned_at: Iso,
    pub mentioned_user: MentionedUser,
}

/// A mention of the caller.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MentionOfCaller {
    pub id: String,
    pub message_id: MessageId,
    pub mentioned_at: Iso,
    pub message: MentioningMessage,
}

/// The message with a mention, and its conversation.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MentioningMessage {
    #[serde(flatten)]
    pub message: Message,
    pub conversation: MentioningConversation,
}

/// The conversation of a mention.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MentioningConversation {
    pub id: ConversationId,
    /// Direct conversations have none.
    pub title: Option<String>,
    #[serde(rename = "type")]
    pub kind: ConversationKind,
}
