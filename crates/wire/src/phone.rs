//! Telephone numbers: codes that are sent to them, and what they lead to.

use meeshy_domain::{PhoneRefusal, limits};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

// Bodies that contain secrets have no `Debug`, so that they cannot be logged.

/// A number that an account has entered.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "phoneNumber": "+33612345678" }]))]
pub struct SendPhoneCode {
    #[schemars(length(max = limits::PHONE_CHARS))]
    pub phone_number: String,
}

/// The code that was sent to a number.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "phoneNumber": "+33612345678", "code": "012345" }]))]
pub struct VerifyPhone {
    #[schemars(length(max = limits::PHONE_CHARS))]
    pub phone_number: String,
    pub code: String,
}

/// A new number of the caller. Unknown keys are an error.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("examples" = [{ "newPhoneNumber": "+33612345678" }]))]
pub struct ChangePhone {
    #[schemars(length(max = limits::PHONE_CHARS))]
    pub new_phone_number: String,
}

/// A new number that waits to be confirmed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PhoneChangeAsked {
    pub message: String,
    pub pending_phone_number: String,
}

/// The code that was sent to the new number. Unknown keys are an error.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "code": "012345" }]))]
pub struct VerifyPhoneChange {
    pub code: String,
}

/// The caller's number after a change.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PhoneChanged {
    pub message: String,
    pub new_phone_number: String,
}

/// The number of somebody who has forgotten the password.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "phoneNumber": "+33612345678" }]))]
pub struct LookUpPhone {
    /// One that is no number is answered with `invalid_phone`.
    pub phone_number: String,
    /// The country of a number without a calling code, as two letters; `FR` if absent.
    pub country_code: Option<String>,
}

/// The account of a number, without the usual envelope.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PhoneFound {
    pub success: bool,
    /// The id to go on with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub masked_user_info: Option<MaskedUser>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<PhoneRefusal>,
}

/// What is shown of an account to somebody who may be its owner: first letters.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MaskedUser {
    pub display_name: String,
    pub username: String,
    pub email: String,
    /// Whether there is a picture, which is not shown.
    pub has_avatar: bool,
}

/// Who somebody is who has forgotten the password.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{
    "tokenId": "ffffffffffffffffffffffffffffffff", "fullUsername": "nina", "fullEmail": "nina@example.org",
}]))]
pub struct VerifyIdentity {
    pub token_id: String,
    pub full_username: String,
    pub full_email: String,
}

/// Whether somebody has named the account, without the usual envelope.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IdentityVerified {
    pub success: bool,
    /// Whether a code is sent.
    pub code_sent: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts_remaining: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<PhoneRefusal>,
}

/// The code of somebody who has forgotten the password.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "tokenId": "ffffffffffffffffffffffffffffffff", "code": "012345" }]))]
pub struct RecoveryCode {
    pub token_id: String,
    pub code: String,
}

/// What a code leads to, without the usual envelope.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecoveryVerified {
    pub success: bool,
    /// The token for `POST /auth/reset-password`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<PhoneRefusal>,
}

/// The id of somebody who has forgotten the password.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "tokenId": "ffffffffffffffffffffffffffffffff" }]))]
pub struct RecoveryId {
    pub token_id: String,
}

/// Whether something was done, without the usual envelope.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PhoneStep {
    pub success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<PhoneRefusal>,
}

/// Whether an account has a number.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PhoneChecked {
    pub exists: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub masked_info: Option<MaskedUser>,
}

/// A number of another account that the caller wants to have.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "phoneNumber": "+33612345678", "newUserId": "65a0c0ffee0123456789abcd" }]))]
pub struct BeginTransfer {
    #[schemars(length(max = limits::PHONE_CHARS))]
    pub phone_number: String,
    /// The country of a number without a calling code, as two letters; `FR` if absent.
    pub phone_country_code: Option<String>,
    /// The caller.
    pub new_user_id: String,
}

/// A transfer that waits for its code.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransferBegun {
    pub transfer_id: String,
    pub masked_owner_info: MaskedUser,
}

/// The code of a transfer.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "transferId": "ffffffffffffffffffffffffffffffff", "code": "012345" }]))]
pub struct TransferCode {
    pub transfer_id: String,
    pub code: String,
}

/// A transfer was done.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Transferred {
    pub transferred: bool,
}

/// A number of another account with which somebody wants to register. Clients also send `pendingUsername` and
/// `pendingEmail`, which are checked by the registration.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "phoneNumber": "+33612345678" }]))]
pub struct BeginRegistrationTransfer {
    #[schemars(length(max = limits::PHONE_CHARS))]
    pub phone_number: String,
    /// The country of a number without a calling code, as two letters; `FR` if absent.
    pub phone_country_code: Option<String>,
}

/// The id of a transfer.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "transferId": "ffffffffffffffffffffffffffffffff" }]))]
pub struct TransferId {
    pub transfer_id: String,
}

/// What a registration takes the number with.
#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransferVerified {
    pub verified: bool,
    /// The `phoneTransferToken` of `POST /auth/register`, for 15 minutes.
    pub transfer_token: String,
}

/// Another account has the number of a registration, which was not done.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PhoneConflict {
    #[schemars(extend("const" = true))]
    pub phone_ownership_conflict: bool,
    pub phone_owner_info: PhoneOwnerInfo,
    pub pending_registration: PendingRegistration,
}

/// What is shown of the account that has the number.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PhoneOwnerInfo {
    pub masked_display_name: String,
    pub masked_username: String,
    pub masked_email: String,
    pub phone_number: String,
    pub phone_country_code: Option<String>,
}

/// The registration as it was sent, without the password.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PendingRegistration {
    pub username: String,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub system_language: Option<String>,
    pub regional_language: Option<String>,
}
