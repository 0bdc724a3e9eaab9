//! Responses to registration, sign-in and profile requests.

use crate::{Session, Success, User};
use meeshy_domain::{UserId, WebAddress};
use schemars::JsonSchema;
use serde::Serialize;

// Responses with secrets have no `Debug`, so that they cannot be logged.

/// A successful sign-in.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignedIn {
    pub user: User,
    /// The token for `Authorization: Bearer` headers.
    pub token: String,
    /// The alternative for `X-Session-Token` headers; it belongs to this device.
    pub session_token: String,
    pub session: Session,
    /// In seconds.
    pub expires_in: u64,
}

/// The result of a sign-in.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum LoginAnswer {
    SignedIn(Box<SignedIn>),
    NeedsCode(Box<NeedsCode>),
}

/// A second factor is required.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NeedsCode {
    #[serde(rename = "requires2FA")]
    pub requires_code: bool,
    /// The token to send with the code.
    pub two_factor_token: String,
    pub remember_device: bool,
    pub user: ChallengedUser,
    pub message: String,
}

/// The user who has to enter a code.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChallengedUser {
    pub id: UserId,
    pub username: String,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub display_name: String,
    pub avatar: Option<WebAddress>,
}

/// A new token.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    pub token: String,
    /// In seconds.
    pub expires_in: u64,
}

/// A new token, with copies where a part of the old web client expects them.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Refreshed {
    #[serde(flatten)]
    pub answer: Success<Token>,
    pub access_token: String,
    pub expires_in: u64,
}

/// A sentence for users.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Notice {
    pub message: String,
}

/// The setup state of the server.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetupState {
    pub needs_administrator: bool,
    pub has_accounts: bool,
}

/// The caller's account.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Me {
    pub user: User,
}

/// The caller's account after a change.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProfileUpdated {
    pub user: User,
    pub message: String,
}

/// The availability of a name and an address.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Availability {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username_available: Option<bool>,
    /// Available names, if the requested one is taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suggestions: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_available: Option<bool>,
}
