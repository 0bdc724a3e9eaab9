//! Guests, who join a conversation by a link and have no account, and the links as they see them.

use crate::{Attachment, Iso, LinkCreator, LinkStats, Pagination};
use meeshy_domain::{
    ConversationId, ConversationKind, GuestId, Language, MemberRole, MessageId, ShareLinkId, UserId,
    WebAddress, limits,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who wants to join as a guest.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "firstName": "Anna", "lastName": "Lind", "username": "anna", "language": "en" }]))]
pub struct JoinAsGuest {
    #[schemars(length(min = 1, max = limits::NAME_CHARS))]
    pub first_name: String,
    #[schemars(length(min = 1, max = limits::NAME_CHARS))]
    pub last_name: String,
    /// The name by which others know the guest; made from the others if absent or empty.
    #[schemars(length(max = limits::GUEST_NAME_CHARS))]
    pub username: Option<String>,
    /// Absent or empty if there is none.
    pub email: Option<String>,
    /// A date or a time; absent or empty if it is not given.
    pub birthday: Option<String>,
    /// The language that the guest reads and writes; `fr` if absent.
    pub language: Option<String>,
    /// What the client says of the device.
    pub device_fingerprint: Option<String>,
}

/// The secret of a guest.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "sessionToken": "anon_1767225600000_0123456789abcdef0123456789abcdef_" }]))]
pub struct GuestSecret {
    pub session_token: String,
}

/// A guest, as they see themselves.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnGuest {
    pub id: GuestId,
    pub username: String,
    pub first_name: String,
    pub last_name: String,
    pub language: Language,
    /// Whether they have an account: `false`.
    pub is_meeshyer: bool,
    pub can_send_messages: bool,
    pub can_send_files: bool,
    pub can_send_images: bool,
}

/// The conversation of a guest.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GuestConversation {
    pub id: ConversationId,
    pub title: Option<String>,
    #[serde(rename = "type")]
    pub kind: ConversationKind,
    /// Whether the guest sees what was written before they joined.
    pub allow_view_history: bool,
}

/// A guest who has joined.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JoinedAsGuest {
    /// The secret by which the guest is known from now on, sent only once.
    pub session_token: String,
    pub participant: OwnGuest,
    pub conversation: GuestConversation,
    /// The secret part of the URL of the link.
    pub link_id: String,
    /// The id of the link.
    pub id: ShareLinkId,
}

/// A guest who comes back.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefreshedGuest {
    pub participant: OwnGuest,
    pub conversation: GuestConversation,
    pub link_id: String,
}

/// What everybody may know of a link that works.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkInfo {
    pub id: ShareLinkId,
    pub link_id: String,
    pub name: Option<String>,
    pub description: Option<String>,
    pub expires_at: Option<Iso>,
    pub max_uses: Option<i64>,
    pub current_uses: i64,
    pub max_concurrent_users: Option<i64>,
    pub current_concurrent_users: i64,
    pub require_account: bool,
    pub require_nickname: bool,
    pub require_email: bool,
    pub require_birthday: bool,
    pub allowed_languages: Vec<String>,
    pub conversation: LinkInfoConversation,
    /// `null` if there is no such account any more.
    pub creator: Option<LinkCreator>,
    pub stats: LinkStats,
}

/// Where a link leads.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkInfoConversation {
    pub id: ConversationId,
    pub title: Option<String>,
    pub description: Option<String>,
    #[serde(rename = "type")]
    pub kind: ConversationKind,
    pub created_at: Iso,
}

/// How a link is used.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkUsage {
    pub id: ShareLinkId,
    pub link_id: String,
    pub is_active: bool,
    pub expires_at: Option<Iso>,
    pub max_uses: Option<i64>,
    pub current_uses: i64,
    pub max_concurrent_users: Option<i64>,
    pub current_concurrent_users: i64,
    pub max_unique_sessions: Option<i64>,
    pub current_unique_sessions: i64,
    #[serde(flatten)]
    pub stats: LinkStats,
}

/// A conversation as those see it who are there by a link.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkConversation {
    pub conversation: LinkedDetails,
    pub link: LinkRules,
    /// What the caller is there.
    pub user_type: LinkUserType,
    /// For a member: where the conversation is in the web client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_to: Option<String>,
    /// The newest ones, the oldest of them first.
    pub messages: Vec<LinkMessage>,
    pub stats: LinkConversationStats,
    /// The first members.
    pub members: Vec<LinkMember>,
    /// Guests, at most 100.
    pub anonymous_participants: Vec<LinkGuest>,
    pub current_user: LinkUser,
}

/// What somebody is in the conversation of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LinkUserType {
    /// A member.
    Member,
    /// A guest.
    Anonymous,
}

/// The conversation of a link.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkedDetails {
    pub id: ConversationId,
    pub title: Option<String>,
    pub description: Option<String>,
    #[serde(rename = "type")]
    pub kind: ConversationKind,
    pub created_at: Iso,
    pub updated_at: Iso,
}

/// What a link allows and requires.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkRules {
    pub id: ShareLinkId,
    pub link_id: String,
    pub name: Option<String>,
    pub description: Option<String>,
    pub allow_view_history: bool,
    pub allow_anonymous_messages: bool,
    pub allow_anonymous_files: bool,
    pub allow_anonymous_images: bool,
    pub require_account: bool,
    pub require_email: bool,
    pub require_nickname: bool,
    pub require_birthday: bool,
    pub expires_at: Option<Iso>,
    pub is_active: bool,
}

/// A message, with its author in one form for users and guests.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkMessage {
    pub id: MessageId,
    pub content: String,
    pub original_language: Language,
    pub message_type: String,
    pub is_edited: bool,
    pub reply_to_id: Option<MessageId>,
    pub created_at: Iso,
    pub updated_at: Iso,
    /// Always empty: receipts have routes of their own.
    pub status: [(); 0],
    /// `null` if the account was deleted.
    pub sender: Option<LinkSender>,
    pub attachments: Vec<Attachment>,
    pub translations: Vec<crate::Translation>,
}

/// A user or a guest who wrote a message.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkSender {
    pub id: crate::ActorId,
    pub username: String,
    pub first_name: String,
    pub last_name: String,
    pub display_name: String,
    pub avatar: Option<WebAddress>,
    /// Whether they have an account.
    pub is_meeshyer: bool,
}

/// Numbers of a conversation.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkConversationStats {
    pub total_messages: i64,
    pub total_members: i64,
    /// Guests, up to 1,000.
    pub total_anonymous_participants: i64,
    pub online_anonymous_participants: i64,
    pub has_more: bool,
}

/// A member of the conversation of a link.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkMember {
    pub id: UserId,
    pub role: MemberRole,
    pub joined_at: Iso,
    pub user: LinkMemberUser,
}

/// The user of a member.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkMemberUser {
    pub id: UserId,
    pub username: String,
    pub first_name: String,
    pub last_name: String,
    pub display_name: String,
    pub avatar: Option<WebAddress>,
    pub is_online: bool,
    pub last_active_at: Option<Iso>,
}

/// A guest in the conversation of a link.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkGuest {
    pub id: GuestId,
    pub username: String,
    pub first_name: String,
    pub last_name: String,
    pub language: Language,
    pub is_online: bool,
    pub last_active_at: Iso,
    pub joined_at: Iso,
    pub can_send_messages: bool,
    pub can_send_files: bool,
    pub can_send_images: bool,
}

/// The caller.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkUser {
    pub id: crate::ActorId,
    pub username: String,
    pub first_name: String,
    pub last_name: String,
    pub display_name: String,
    pub language: Language,
    /// Whether they have an account.
    pub is_meeshyer: bool,
    pub permissions: LinkPermissions,
}

/// What the caller may send.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkPermissions {
    pub can_send_messages: bool,
    pub can_send_files: bool,
    pub can_send_images: bool,
}

/// A page of messages by a link.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinkMessages {
    /// The oldest first.
    pub messages: Vec<crate::Message>,
    pub conversation: GuestConversation,
    pub has_more: bool,
    pub total: i64,
    pub pagination: Pagination,
}

/// A message that was sent by a link.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SentLinkMessage {
    pub message_id: MessageId,
    pub message: crate::Message,
}
