//! What is answered to who registers, signs in or looks after the own account.

use crate::{Session, Success, User};
use meeshy_domain::{UserId, WebAddress};
use schemars::JsonSchema;
use serde::Serialize;

// The answers that hold secrets have no `Debug`, so that no log can show them.

/// Somebody is signed in.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SignedIn {
    pub user: User,
    /// To be shown with each call, as `Authorization: Bearer`.
    pub token: String,
    /// To be shown with each call instead, as `X-Session-Token`; it belongs to this device.
    pub session_token: String,
    pub session: Session,
    /// In seconds.
    pub expires_in: u64,
}

/// What signing in leads to.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum LoginAnswer {
    SignedIn(Box<SignedIn>),
    NeedsCode(Box<NeedsCode>),
}

/// The account is protected by a second factor.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NeedsCode {
    #[serde(rename = "requires2FA")]
    pub requires_code: bool,
    /// To be sent with the code.
    pub two_factor_token: String,
    pub remember_device: bool,
    pub user: ChallengedUser,
    pub message: String,
}

/// Who is asked for a code.
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

/// A fresh token.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    pub token: String,
    /// In seconds.
    pub expires_in: u64,
}

/// A fresh token, and copies of it where a part of the old web client looks for them.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Refreshed {
    #[serde(flatten)]
    pub answer: Success<Token>,
    pub access_token: String,
    pub expires_in: u64,
}

/// A sentence for a person.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Notice {
    pub message: String,
}

/// What the first screen of a new messenger has to know.
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

/// Whether what was asked for is free.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Availability {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username_available: Option<bool>,
    /// Names that are free, where the one that was asked for is not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suggestions: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_available: Option<bool>,
}
