//! Links by which people join a conversation.

use crate::Iso;
use crate::request::present;
use meeshy_domain::{ConversationId, ConversationKind, Language, ShareLinkId, UserId, WebAddress, limits};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A new link. What it says of guests does not concern registered users.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("examples" = [{ "name": "Open day", "maxUses": 50 }]))]
pub struct CreateShareLink {
    #[schemars(length(max = limits::SHARE_LINK_NAME_CHARS))]
    pub name: Option<String>,
    #[schemars(length(max = limits::DESCRIPTION_CHARS))]
    pub description: Option<String>,
    /// How many people can join by it; everybody counts once.
    #[schemars(range(min = 1, max = limits::SHARE_LINK_USES))]
    pub max_uses: Option<i64>,
    /// How many guests can be there at the same time.
    #[schemars(range(min = 1, max = limits::SHARE_LINK_USES))]
    pub max_concurrent_users: Option<i64>,
    /// How many sessions of guests there can be.
    #[schemars(range(min = 1, max = limits::SHARE_LINK_USES))]
    pub max_unique_sessions: Option<i64>,
    /// When it expires; a time in the future.
    pub expires_at: Option<Iso>,
    /// `true` by default.
    pub allow_anonymous_messages: Option<bool>,
    /// `false` by default.
    pub allow_anonymous_files: Option<bool>,
    /// `true` by default.
    pub allow_anonymous_images: Option<bool>,
    /// `true` by default.
    pub allow_view_history: Option<bool>,
    /// `false` by default.
    pub require_account: Option<bool>,
    /// `true` by default.
    pub require_nickname: Option<bool>,
    /// `false` by default.
    pub require_email: Option<bool>,
    /// `false` by default.
    pub require_birthday: Option<bool>,
    /// Codes of two letters; all countries if empty.
    #[schemars(length(max = limits::SHARE_LINK_ORIGINS))]
    pub allowed_countries: Option<Vec<String>>,
    /// Codes of languages; all if empty.
    #[schemars(length(max = limits::SHARE_LINK_ORIGINS))]
    pub allowed_languages: Option<Vec<String>>,
    /// Addresses, and ranges such as `192.0.2.0/24`; all if empty.
    #[schemars(length(max = limits::SHARE_LINK_ORIGINS))]
    pub allowed_ip_ranges: Option<Vec<String>>,
}

/// Changes to a link; what is missing stays as it is, and `null` removes a limit.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("examples" = [{ "name": "Open day", "maxUses": 50 }]))]
pub struct UpdateShareLink {
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Option<String>", length(max = limits::SHARE_LINK_NAME_CHARS))]
    pub name: Option<Option<String>>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Option<String>", length(max = limits::DESCRIPTION_CHARS))]
    pub description: Option<Option<String>>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Option<i64>", range(min = 1, max = limits::SHARE_LINK_USES))]
    pub max_uses: Option<Option<i64>>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Option<i64>", range(min = 1, max = limits::SHARE_LINK_USES))]
    pub max_concurrent_users: Option<Option<i64>>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Option<i64>", range(min = 1, max = limits::SHARE_LINK_USES))]
    pub max_unique_sessions: Option<Option<i64>>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Option<Iso>")]
    pub expires_at: Option<Option<Iso>>,
    pub is_active: Option<bool>,
    pub allow_anonymous_messages: Option<bool>,
    pub allow_anonymous_files: Option<bool>,
    pub allow_anonymous_images: Option<bool>,
    /// For guests who join from now on.
    pub allow_view_history: Option<bool>,
    pub require_account: Option<bool>,
    pub require_nickname: Option<bool>,
    pub require_email: Option<bool>,
    pub require_birthday: Option<bool>,
    /// Codes of two letters; all countries if empty.
    #[schemars(length(max = limits::SHARE_LINK_ORIGINS))]
    pub allowed_countries: Option<Vec<String>>,
    /// Codes of languages; all if empty.
    #[schemars(length(max = limits::SHARE_LINK_ORIGINS))]
    pub allowed_languages: Option<Vec<String>>,
    /// Addresses, and ranges such as `192.0.2.0/24`; all if empty.
    #[schemars(length(max = limits::SHARE_LINK_ORIGINS))]
    pub allowed_ip_ranges: Option<Vec<String>>,
}

/// Whether a link is turned on.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "isActive": false }]))]
pub struct ToggleShareLink {
    pub is_active: bool,
}

/// A later end of a link.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "expiresAt": "2099-01-01T00:00:00.000Z" }]))]
pub struct ExtendShareLink {
    /// A time in the future.
    pub expires_at: Iso,
}

/// A link to a conversation that exists, to a new one, or to a public one with the name of the link.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("examples" = [{ "name": "Open day" }]))]
pub struct CreateLink {
    /// The conversation.
    pub conversation_id: Option<String>,
    /// A conversation to create.
    pub new_conversation: Option<LinkedNewConversation>,
    #[serde(flatten)]
    pub link: CreateShareLink,
}

/// A conversation that is created with its link.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkedNewConversation {
    #[schemars(length(min = 1, max = limits::TITLE_CHARS))]
    pub title: String,
    #[schemars(length(max = limits::DESCRIPTION_CHARS))]
    pub description: Option<String>,
    /// The other members.
    #[serde(default)]
    #[schemars(length(max = limits::PARTICIPANTS))]
    pub member_ids: Vec<String>,
}

/// A link that was created, and its conversation.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreatedLink {
    /// The secret part of its URL.
    pub link_id: String,
    pub conversation_id: ConversationId,
    pub share_link: ShareLink,
    /// The URL of a page of the web client that asks whether to join.
    pub link: WebAddress,
}

/// Whether a link can have this identifier.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LinkAvailability {
    pub available: bool,
    pub identifier: String,
}

/// A link that the caller has created.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnShareLink {
    #[serde(flatten)]
    pub link: ShareLink,
    pub conversation: OwnLinkedConversation,
    pub creator: Option<LinkCreator>,
    pub stats: LinkStats,
}

/// Who is in the conversation of a link.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkStats {
    /// Members and guests.
    pub total_participants: i64,
    pub member_count: i64,
    /// Guests, up to 1,000.
    pub anonymous_count: i64,
    pub language_count: usize,
    /// What they read, in order.
    pub spoken_languages: Vec<Language>,
}

/// The conversation of a link of the caller.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnLinkedConversation {
    pub id: ConversationId,
    pub title: Option<String>,
    #[serde(rename = "type")]
    pub kind: ConversationKind,
    pub description: Option<String>,
    /// Its path in the web client.
    pub conversation_url: String,
}

/// A link that was changed: `{"success":true,"data":…,"message":…}`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ChangedShareLink {
    #[schemars(extend("const" = true))]
    pub success: bool,
    pub data: ShareLink,
    pub message: String,
}

/// A link, for members of its conversation.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShareLink {
    pub id: ShareLinkId,
    /// The secret part of its URL.
    pub link_id: String,
    pub identifier: String,
    pub conversation_id: ConversationId,
    pub created_by: UserId,
    pub name: Option<String>,
    pub description: Option<String>,
    pub max_uses: Option<i64>,
    pub current_uses: i64,
    pub max_concurrent_users: Option<i64>,
    pub current_concurrent_users: i64,
    pub max_unique_sessions: Option<i64>,
    pub current_unique_sessions: i64,
    pub expires_at: Option<Iso>,
    pub is_active: bool,
    pub allow_anonymous_messages: bool,
    pub allow_anonymous_files: bool,
    pub allow_anonymous_images: bool,
    pub allow_view_history: bool,
    pub require_account: bool,
    pub require_nickname: bool,
    pub require_email: bool,
    pub require_birthday: bool,
    pub allowed_countries: Vec<String>,
    pub allowed_languages: Vec<String>,
    pub allowed_ip_ranges: Vec<String>,
    pub created_at: Iso,
    pub updated_at: Iso,
}

/// A link that was just created.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreatedShareLink {
    /// The URL of a page of the web client that asks whether to join.
    pub link: WebAddress,
    /// The secret part of it.
    pub code: String,
    pub share_link: ShareLink,
}

/// A link in a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ListedShareLink {
    #[serde(flatten)]
    pub link: ShareLink,
    pub conversation: LinkedConversation,
    /// `null` if there is no such account any more.
    pub creator: Option<LinkCreator>,
    #[serde(rename = "_count")]
    pub counts: ShareLinkCounts,
}

/// The conversation of a link.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LinkedConversation {
    pub id: ConversationId,
    pub title: Option<String>,
    #[serde(rename = "type")]
    pub kind: ConversationKind,
    pub description: Option<String>,
}

/// Who created a link.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkCreator {
    pub id: UserId,
    pub username: String,
    pub first_name: String,
    pub last_name: String,
    pub display_name: String,
    pub avatar: Option<WebAddress>,
}

/// Who came by a link.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShareLinkCounts {
    /// Guests, up to 1,000.
    pub anonymous_participants: i64,
}

/// The links of a conversation: `{"success":true,"data":[…],"isModerator":…}`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShareLinks {
    #[schemars(extend("const" = true))]
    pub success: bool,
    /// Those of all members for moderators, the caller's own for others; the newest 100.
    pub data: Vec<ListedShareLink>,
    /// Whether the caller sees those of all members.
    pub is_moderator: bool,
}

/// A conversation that the caller has joined, or was in already.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JoinedByLink {
    pub message: String,
    pub conversation_id: ConversationId,
}
