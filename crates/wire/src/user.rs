//! Users and their devices.

use crate::Iso;
use meeshy_domain::{Direction, LanguageSettings, Permission, Role, SessionId, UserId, WebAddress};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use std::borrow::Cow;

/// The whole account, for its owner.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    pub id: UserId,
    pub username: String,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub display_name: String,
    pub bio: String,
    pub avatar: Option<WebAddress>,
    pub banner: Option<WebAddress>,
    pub phone_number: Option<String>,
    pub role: Role,
    pub is_active: bool,
    pub deactivated_at: Option<Iso>,
    #[serde(flatten)]
    pub languages: LanguageSettings,
    pub is_online: bool,
    pub last_active_at: Iso,
    pub email_verified_at: Option<Iso>,
    pub phone_verified_at: Option<Iso>,
    pub two_factor_enabled_at: Option<Iso>,
    pub last_password_change: Option<Iso>,
    pub last_login_ip: Option<String>,
    pub last_login_location: Option<String>,
    pub last_login_device: Option<String>,
    /// A name of the time zone database.
    pub timezone: Option<String>,
    pub profile_completion_rate: i64,
    pub created_at: Iso,
    pub updated_at: Iso,
    pub permissions: Permissions,
}

/// A user, for everybody.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicUser {
    pub id: UserId,
    pub username: String,
    pub first_name: String,
    pub last_name: String,
    pub display_name: String,
    pub avatar: Option<WebAddress>,
    pub banner: Option<WebAddress>,
    pub bio: String,
    pub role: Role,
    /// Only told to signed-in users whom no block separates from this one; `false` for others.
    pub is_online: bool,
    /// The same.
    pub last_active_at: Option<Iso>,
    #[serde(flatten)]
    pub languages: LanguageSettings,
    pub is_active: bool,
    pub deactivated_at: Option<Iso>,
    pub created_at: Iso,
    pub updated_at: Iso,
    /// Always empty: e-mail addresses are private.
    pub email: &'static str,
    pub is_anonymous: bool,
    pub is_meeshyer: bool,
}

/// A user, for a page about them.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserPage {
    pub id: UserId,
    pub username: String,
    pub first_name: String,
    pub last_name: String,
    pub display_name: String,
    pub avatar: Option<WebAddress>,
    pub bio: String,
    pub role: Role,
    /// As in `PublicUser`.
    pub is_online: bool,
    /// The same.
    pub last_active_at: Option<Iso>,
    pub created_at: Iso,
}

/// What a user has done, without the room for everybody.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserStats {
    /// Up to 10,000.
    pub messages_sent: i64,
    /// The messages of others in the conversations that the user is in.
    pub messages_received: i64,
    /// Direct conversations.
    pub conversations_count: i64,
    /// Other conversations.
    pub groups_count: i64,
    /// Both.
    pub total_conversations: i64,
    pub last_activity: Option<Iso>,
}

/// Whether a token is valid.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignedInTest {
    pub user_id: UserId,
    pub message: String,
    pub timestamp: Iso,
}

/// What a role allows: every permission by its name, and whether it is given.
#[derive(Debug, Clone, Copy)]
pub struct Permissions(pub Role);

impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer
            .collect_map(Permission::ALL.iter().map(|permission| (permission, self.0.allows(*permission))))
    }
}

impl JsonSchema for Permissions {
    fn schema_name() -> Cow<'static, str> {
        "Permissions".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names = Permission::ALL.iter().map(|permission| permission.name());
        let switches: serde_json::Map<_, _> =
            names.map(|name| (name.to_owned(), serde_json::json!({ "type": "boolean" }))).collect();
        json_schema!({ "type": "object", "required": Permission::ALL, "properties": switches })
    }
}

/// The supported languages.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Languages {
    pub languages: Vec<Language>,
}

/// The token of a referral link.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AffiliateToken {
    pub token: String,
}

/// A user found by a search.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FoundUser {
    pub id: UserId,
    pub username: String,
    pub first_name: String,
    pub last_name: String,
    pub display_name: String,
    /// Always empty: e-mail addresses are private.
    pub email: &'static str,
    pub avatar: Option<WebAddress>,
    pub is_online: bool,
    /// `null` if the user hides it.
    pub last_active_at: Option<Iso>,
    pub system_language: meeshy_domain::Language,
}

/// A session, as its owner sees it after signing in.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    pub id: SessionId,
    pub device_type: Option<String>,
    pub browser_name: Option<String>,
    pub os_name: Option<String>,
    pub location: Option<String>,
    pub is_mobile: bool,
    pub is_trusted: bool,
    pub created_at: Iso,
}

/// A session, in the list of its owner's devices.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionDetails {
    #[serde(flatten)]
    pub session: Session,
    pub user_id: UserId,
    pub device_vendor: Option<String>,
    pub device_model: Option<String>,
    pub os_version: Option<String>,
    pub browser_version: Option<String>,
    pub ip_address: Option<String>,
    pub country: Option<String>,
    pub city: Option<String>,
    pub last_activity_at: Iso,
    /// Whether this is the session of the request.
    pub is_current_session: bool,
}

/// The signed-in devices of a user.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Sessions {
    pub sessions: Vec<SessionDetails>,
    pub total_count: usize,
}

/// How many sessions were ended.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionsEnded {
    pub message: String,
    pub revoked_count: usize,
}

/// Whether a device secret is valid, and its session.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SessionCheck {
    pub valid: bool,
    pub session: Option<SessionDetails>,
}

/// A language that users can choose.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Language {
    pub code: &'static str,
    /// The English name.
    pub name: &'static str,
    /// The name in the language itself.
    pub native_name: &'static str,
    pub direction: Direction,
    pub script: &'static str,
    /// What this server translates into this language.
    pub translated_from: TranslatedFrom,
}

/// The languages from which another one is translated, by the `quality` to expect.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct TranslatedFrom {
    pub good: Vec<meeshy_domain::Language>,
    pub fair: Vec<meeshy_domain::Language>,
    pub rough: Vec<meeshy_domain::Language>,
    /// Another process of an older version translates these, and does not say how well.
    pub unknown: Vec<meeshy_domain::Language>,
}
