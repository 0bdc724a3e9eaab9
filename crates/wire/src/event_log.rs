//! What has happened in conversations while a client was away.

use meeshy_domain::{ConversationId, limits};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What has happened in a conversation behind a number.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationEvents {
    pub conversation_id: ConversationId,
    /// In order; what is hidden from the caller, or gone, is left out.
    pub events: Vec<LoggedEvent>,
    /// The number to go on from.
    pub last_event_number: i64,
    pub has_more: bool,
    /// The log does not go back so far: read the conversation anew.
    pub is_too_old: bool,
    /// How many messages the caller has not read, now.
    pub unread_count: i64,
}

/// An event, as a socket would have heard it, with what it is about as that is now.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoggedEvent {
    /// Counts the events of the conversation.
    pub number: i64,
    /// Its name on sockets.
    pub name: &'static str,
    /// What sockets hear.
    pub data: serde_json::Value,
}

/// What has happened in all conversations.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AllEvents {
    /// Those that were named, where something has happened.
    pub conversations: Vec<ConversationEvents>,
    /// The conversations that were named are not the beginning of the caller's list any more: read it anew.
    pub is_list_stale: bool,
}

/// What a client knows of the caller's conversations.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "conversations": [{ "id": "65a0c0ffee0123456789abcd", "after": 17 }] }]))]
pub struct KnownEvents {
    #[schemars(length(max = limits::KNOWN_CONVERSATIONS))]
    pub conversations: Vec<KnownConversation>,
}

/// A conversation and how much of it is known.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KnownConversation {
    pub id: String,
    /// The number of its newest event that is known.
    pub after: i64,
}
