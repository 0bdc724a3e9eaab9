//! Links that users are sent by e-mail: requests for them, and what they lead to.

use crate::Iso;
use meeshy_domain::limits;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

// Bodies that contain secrets have no `Debug`, so that they cannot be logged.

/// The address to which a link is sent. Old clients also send `captchaToken` and `deviceFingerprint`, which are
/// ignored.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "email": "nina@example.org" }]))]
pub struct AskByMail {
    #[schemars(length(max = limits::EMAIL_BYTES))]
    pub email: String,
}

/// A new password, and the token of the link.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{
    "token": "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "newPassword": "battery staple", "confirmPassword": "battery staple",
}]))]
pub struct ResetPassword {
    pub token: String,
    #[schemars(length(min = limits::PASSWORD_CHARS))]
    pub new_password: String,
    /// The same again.
    pub confirm_password: Option<String>,
    /// The code of the authenticator or a backup code, if the account needs one.
    pub two_factor_code: Option<String>,
}

/// What a link to choose a new password is good for.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResetLink {
    #[schemars(extend("const" = true))]
    pub valid: bool,
    /// Whether the code of an authenticator is needed.
    #[serde(rename = "requires2FA")]
    pub requires_code: bool,
    pub expires_at: Iso,
}

/// The token of the link that confirms an address.
#[derive(Clone, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "token": "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "email": "nina@example.org",
}]))]
pub struct VerifyEmail {
    pub token: String,
    pub email: String,
}

/// A confirmed address.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EmailVerified {
    pub message: String,
    /// Whether it was confirmed before.
    pub already_verified: bool,
    pub verified_at: Iso,
}

/// The address to which a link that signs in is sent.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "email": "nina@example.org" }]))]
pub struct AskMagicLink {
    #[schemars(length(max = limits::EMAIL_BYTES))]
    pub email: String,
    #[serde(default)]
    pub remember_device: bool,
}

/// Whether a link that signs in may be sent, without the usual envelope.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MagicLinkAsked {
    pub success: bool,
    pub message: String,
    /// `RATE_LIMITED` after too many of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'static str>,
}

/// The token of a link.
#[derive(Clone, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "token": "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
}]))]
pub struct LinkToken {
    pub token: String,
}

/// A new address of the caller.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("examples" = [{ "newEmail": "nina@example.net" }]))]
pub struct ChangeEmail {
    #[schemars(length(max = limits::EMAIL_BYTES))]
    pub new_email: String,
}

/// A new address that waits to be confirmed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EmailChangeAsked {
    pub message: String,
    pub pending_email: String,
}

/// The token of the link that was sent to a new address.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{
    "token": "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
}]))]
pub struct VerifyEmailChange {
    pub token: String,
}

/// The same token, as old clients send it. They also send the new `email`, which is known.
#[derive(Clone, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{
    "code": "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
}]))]
pub struct VerifyEmailCode {
    pub code: String,
}

/// The caller's address after a change.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EmailChanged {
    pub message: String,
    pub new_email: String,
}
