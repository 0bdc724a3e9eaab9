//! Communities.

use crate::{Conversation, FoundUser, Iso};
use meeshy_domain::{CommunityId, CommunityMemberId, CommunityRole, UserId, WebAddress, limits};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A community with its first members; more of them when requested alone than in a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Community {
    pub id: CommunityId,
    pub identifier: String,
    pub name: String,
    pub description: Option<String>,
    pub avatar: Option<WebAddress>,
    pub banner: Option<WebAddress>,
    /// Whether only members can see it.
    pub is_private: bool,
    pub is_active: bool,
    /// Always `null`: a deleted community is not shown.
    pub deleted_at: Option<Iso>,
    pub created_by: UserId,
    pub created_at: Iso,
    pub updated_at: Iso,
    /// `null` if the account is not active.
    pub creator: Option<FoundUser>,
    pub members: Vec<CommunityMember>,
    /// The same as `memberCount` and `conversationCount`.
    #[serde(rename = "_count")]
    pub counts: CommunityCounts,
    pub member_count: i64,
    /// Up to 1,000.
    pub conversation_count: i64,
    /// The caller's role; `null` if the caller is not a member.
    pub current_user_role: Option<CommunityRole>,
}

/// What belongs to a community.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CommunityCounts {
    pub members: i64,
    #[serde(rename = "Conversation")]
    pub conversations: i64,
}

/// A membership of a community.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommunityMember {
    pub id: CommunityMemberId,
    pub community_id: CommunityId,
    pub user_id: UserId,
    pub joined_at: Iso,
    pub role: CommunityRole,
    pub is_active: bool,
    /// Always `null`: who has left is not shown.
    pub left_at: Option<Iso>,
    pub user: FoundUser,
}

/// A conversation of a community.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CommunityConversation {
    #[serde(flatten)]
    pub conversation: Conversation,
    #[serde(rename = "_count")]
    pub counts: ConversationCounts,
}

/// What belongs to a conversation.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ConversationCounts {
    /// The number of the newest message; deleted ones keep their numbers.
    pub messages: i64,
    pub members: i64,
}

/// Whether an identifier is free.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct IdentifierChecked {
    pub available: bool,
    /// The identifier that a community gets which requests this one.
    pub identifier: String,
}

/// An invitation to a community.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InviteLink {
    /// A path of the web client on this server; it ends with a secret.
    pub link: String,
    pub expires_at: Iso,
}

/// The caller has joined a community.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct JoinedByInvite {
    pub group: Community,
    pub member: CommunityMember,
}

/// A new community.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "name": "Gardeners" }]))]
pub struct CreateCommunity {
    #[schemars(length(min = 1, max = limits::COMMUNITY_NAME_CHARS))]
    pub name: String,
    /// The identifier; made from the name if absent.
    #[schemars(length(max = limits::IDENTIFIER_CHARS), regex(pattern = "^[A-Za-z0-9@_-]*$"))]
    pub identifier: Option<String>,
    #[schemars(length(max = limits::DESCRIPTION_CHARS))]
    pub description: Option<String>,
    /// The URL of a picture.
    #[schemars(length(max = limits::PICTURE_URL_BYTES))]
    pub avatar: Option<String>,
    /// The URL of a picture.
    #[schemars(length(max = limits::PICTURE_URL_BYTES))]
    pub banner: Option<String>,
    /// Whether only members can see it.
    #[serde(default = "yes")]
    pub is_private: bool,
}

fn yes() -> bool {
    true
}

/// Changes to a community. An empty text clears an attribute.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("examples" = [{ "description": "about plants" }]))]
pub struct PatchCommunity {
    #[schemars(length(min = 1, max = limits::COMMUNITY_NAME_CHARS))]
    pub name: Option<String>,
    #[schemars(length(min = 1, max = limits::IDENTIFIER_CHARS))]
    pub identifier: Option<String>,
    #[schemars(length(max = limits::DESCRIPTION_CHARS))]
    pub description: Option<String>,
    /// The URL of a picture.
    #[schemars(length(max = limits::PICTURE_URL_BYTES))]
    pub avatar: Option<String>,
    /// The URL of a picture.
    #[schemars(length(max = limits::PICTURE_URL_BYTES))]
    pub banner: Option<String>,
    pub is_private: Option<bool>,
}

/// A user to add to a community.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "userId": "65a0c0ffee0123456789abcd", "role": "member" }]))]
pub struct AddCommunityMember {
    pub user_id: String,
    /// `member` if absent.
    #[schemars(with = "Option<CommunityRole>")]
    pub role: Option<String>,
}

/// The new role of a member of a community.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{ "role": "moderator" }]))]
pub struct ChangeCommunityRole {
    #[schemars(with = "CommunityRole")]
    pub role: String,
}

/// An invitation to accept.
#[derive(Clone, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{ "link": "/communities/join/00000000000000000000000000000000" }]))]
pub struct JoinByInvite {
    /// The link, or the secret at its end.
    #[serde(alias = "token", alias = "inviteCode", alias = "code")]
    #[schemars(length(max = limits::INVITE_BYTES))]
    pub link: String,
}
