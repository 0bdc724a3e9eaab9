//! Messages and conversations that users delete for themselves.

use crate::Iso;
use meeshy_domain::{ConversationId, ConversationKind, WebAddress};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Messages to delete for the caller.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "messageIds": ["65a0c0ffee0123456789abcd"] }]))]
pub struct DeleteMessagesForMe {
    /// 1 to 100 ids; those that the caller cannot read are left out.
    pub message_ids: Vec<String>,
}

/// How many messages were deleted for the caller.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeletedForMe {
    pub message: String,
    pub deleted_count: usize,
    pub requested_count: usize,
}

/// A request to clear the history of a conversation for the caller.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "beforeDate": "2026-01-15T12:00:00.000Z" }]))]
pub struct ClearHistory {
    /// Only messages before this time; without it, all that are there now.
    pub before_date: Option<Iso>,
}

/// The history of a conversation was cleared for the caller.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryCleared {
    pub message: String,
    pub conversation_id: ConversationId,
    pub clear_history_before: Iso,
}

/// A conversation that the caller has deleted for themselves.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeletedConversation {
    pub conversation_id: ConversationId,
    pub conversation: DeletedConversationSummary,
    pub deleted_at: Iso,
}

/// A conversation in short.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeletedConversationSummary {
    pub id: ConversationId,
    pub identifier: String,
    pub title: Option<String>,
    #[serde(rename = "type")]
    pub kind: ConversationKind,
    pub avatar: Option<WebAddress>,
    pub last_message_at: Iso,
}
