//! Responses to registration, sign-in and profile requests.

use crate::{Iso, PhoneConflict, Session, Success, User};
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

/// The result of a registration.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum RegisterAnswer {
    SignedIn(Box<SignedIn>),
    PhoneConflict(Box<PhoneConflict>),
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

/// The caller's picture after a change.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AvatarUpdated {
    pub avatar: Option<WebAddress>,
    pub message: String,
}

/// The caller's username after a change.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UsernameUpdated {
    pub username: String,
    pub message: String,
}

/// The availability of a username, also at the top level, where a part of the old web client expects it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UsernameChecked {
    #[serde(flatten)]
    pub answer: Success<UsernameAvailable>,
    pub available: bool,
}

/// The availability of a username.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UsernameAvailable {
    pub available: bool,
    /// Available names, if it is taken.
    pub suggestions: Vec<String>,
}

/// Whether codes are required to sign in.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TwoFactorStatus {
    pub enabled: bool,
    pub enabled_at: Option<Iso>,
    pub has_backup_codes: bool,
    pub backup_codes_count: usize,
}

/// What an authenticator needs.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TwoFactorSetup {
    /// In base32.
    pub secret: String,
    /// The QR code of `otpauthUrl`, a PNG file.
    pub qr_code_data_url: String,
    pub otpauth_url: String,
}

/// New backup codes, which are not shown again.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BackupCodes {
    pub message: String,
    pub backup_codes: Vec<String>,
}

/// A code was right.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CodeVerified {
    pub valid: bool,
    pub used_backup_code: bool,
}

/// The result of a code: a sign-in, or for signed-in users that it is right.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum CodeAnswer {
    SignedIn(Box<SignedIn>),
    Verified(CodeVerified),
}

/// The availability of a name, and the validity of an address and a telephone number.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Availability {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username_available: Option<bool>,
    /// Available names, if the requested one is taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suggestions: Vec<String>,
    /// Whether the address is valid. Whether it is taken is only told on registration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_available: Option<bool>,
    /// Whether the telephone number is valid, and no account has confirmed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number_available: Option<bool>,
}
