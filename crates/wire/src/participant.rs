//! The participants of a conversation.

use crate::{Iso, Member, Permissions};
use meeshy_domain::{LanguageSettings, MemberRole, Role, UserId, WebAddress};
use schemars::JsonSchema;
use serde::Serialize;

/// A member of a conversation, or a guest in it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Participant {
    /// The id of the user, or of the guest.
    pub id: String,
    /// The id of the user; absent for a guest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    pub username: String,
    pub display_name: String,
    pub first_name: String,
    pub last_name: String,
    pub avatar: Option<WebAddress>,
    /// Always empty: e-mail addresses are private.
    pub email: &'static str,
    /// The role in the conversation.
    pub role: MemberRole,
    /// The same as `role`; absent for a guest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_role: Option<MemberRole>,
    /// The role on the server; absent for a guest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub global_role: Option<Role>,
    /// What the role on the server allows.
    pub permissions: Permissions,
    pub is_online: bool,
    /// `null` if the participant hides it.
    pub last_active_at: Option<Iso>,
    #[serde(flatten)]
    pub languages: LanguageSettings,
    pub is_active: bool,
    /// When the participant joined the conversation.
    pub joined_at: Iso,
    pub created_at: Iso,
    pub updated_at: Iso,
    /// Whether it is a guest, who has no account.
    pub is_anonymous: bool,
    pub can_send_messages: bool,
    /// Only for a guest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_send_files: Option<bool>,
    /// Only for a guest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_send_images: Option<bool>,
}

/// A user who has become a member.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AddedMember {
    pub member: Member,
    pub message: String,
}

/// A member who has another role.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoleChanged {
    pub user_id: UserId,
    pub role: MemberRole,
    pub participant: Member,
    pub message: String,
}
