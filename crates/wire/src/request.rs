//! Request bodies of the REST API. Unknown keys are ignored unless noted otherwise.

use serde::{Deserialize, Deserializer};

// Bodies that contain secrets have no `Debug`, so that they cannot be logged.

/// `POST /auth/register`.
#[derive(Clone, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Register {
    pub username: String,
    pub password: String,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub system_language: Option<String>,
    pub regional_language: Option<String>,
    /// Makes the first account of a messenger its administrator; the server prints it.
    pub setup_code: Option<String>,
}

/// `POST /auth/login`: a username, an e-mail address or a phone number.
#[derive(Clone, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Login {
    pub username: String,
    pub password: String,
    #[serde(default)]
    pub remember_device: bool,
}

/// `POST /auth/login/2fa`: the code, and the token from the first step.
#[derive(Clone, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoginCode {
    pub two_factor_token: String,
    pub code: String,
}

/// `POST /auth/2fa/verify`: only the code.
#[derive(Clone, Deserialize, utoipa::ToSchema)]
pub struct Code {
    pub code: String,
}

/// `POST /auth/refresh`; clients also send `refreshToken`, which is ignored.
#[derive(Clone, Deserialize, utoipa::ToSchema)]
pub struct Refresh {
    pub token: String,
}

/// `PATCH /users/me`: unknown keys are an error.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct PatchMe {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub display_name: Option<String>,
    pub bio: Option<String>,
    pub system_language: Option<String>,
    #[serde(deserialize_with = "present")]
    pub regional_language: Option<Option<String>>,
    #[serde(deserialize_with = "present")]
    pub custom_destination_language: Option<Option<String>>,
    pub auto_translate_enabled: Option<bool>,
    pub translate_to_system_language: Option<bool>,
    pub translate_to_regional_language: Option<bool>,
    pub use_custom_destination: Option<bool>,
}

/// Distinguishes a `null` from a missing key.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// `POST /conversations`.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateConversation {
    #[serde(rename = "type")]
    pub kind: String,
    pub title: Option<String>,
    pub description: Option<String>,
    #[serde(default)]
    pub participant_ids: Vec<String>,
    pub identifier: Option<String>,
}

/// `PUT /conversations/:id/messages/:messageId`, and `PUT` and `PATCH /messages/:messageId`.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PutMessage {
    pub content: String,
    pub original_language: Option<String>,
}

/// `POST /conversations/:id/messages`.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PostMessage {
    pub content: String,
    pub original_language: Option<String>,
    pub message_type: Option<String>,
    pub reply_to_id: Option<String>,
    pub client_message_id: Option<String>,
}
