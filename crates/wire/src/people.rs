//! Friend requests, and reports to the moderators.

use crate::{Conversation, FoundUser, Iso};
use meeshy_domain::{AbuseKind, FriendRequestId, FriendRequestStatus, ReportId, ReportedKind, UserId};
use schemars::JsonSchema;
use serde::Serialize;

/// A friend request.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FriendRequest {
    pub id: FriendRequestId,
    pub sender_id: UserId,
    pub receiver_id: UserId,
    pub message: Option<String>,
    /// `accepted` means that the two are friends.
    pub status: FriendRequestStatus,
    pub responded_at: Option<Iso>,
    pub created_at: Iso,
    pub updated_at: Iso,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender: Option<FoundUser>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receiver: Option<FoundUser>,
    /// The direct conversation of the two, for who has just accepted the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<Box<Conversation>>,
}

/// A friend request that was sent.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FriendRequestSent {
    pub friend_request: FriendRequest,
    pub message: String,
}

/// A friend request that was answered.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FriendRequestAnswered {
    pub request: FriendRequest,
    pub message: String,
}

/// `friend-request:updated`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FriendRequestUpdated {
    pub request_id: FriendRequestId,
    pub sender_id: UserId,
    pub receiver_id: UserId,
    /// `null` if it was withdrawn, or the friendship has ended.
    pub status: Option<FriendRequestStatus>,
}

/// A report to the moderators.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AbuseReport {
    pub id: ReportId,
    pub reported_type: ReportedKind,
    pub reported_entity_id: String,
    pub reporter_id: Option<UserId>,
    pub report_type: AbuseKind,
    pub reason: Option<String>,
    /// `pending` until a moderator looks at it.
    pub status: String,
    pub created_at: Iso,
    pub updated_at: Iso,
}
