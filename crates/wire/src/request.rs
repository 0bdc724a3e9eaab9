//! What clients send to REST. Unknown keys are ignored, except where the type says otherwise.

use crate::{Iso, MessageContent, MessageText};
use meeshy_domain::{AbuseKind, ConversationKind, Language, MemberRole, MessageType, ReportedKind, limits};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

// Bodies that contain secrets have no `Debug`, so that they cannot be logged.

/// A new account.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{
    "username": "nina", "password": "correct horse", "firstName": "Nina", "lastName": "Test",
    "email": "nina@example.org", "systemLanguage": "en",
}]))]
pub struct Register {
    #[schemars(
        length(min = *limits::USERNAME_CHARS.start(), max = *limits::USERNAME_CHARS.end()),
        regex(pattern = "^[A-Za-z0-9_-]+$")
    )]
    pub username: String,
    #[schemars(length(min = limits::PASSWORD_CHARS, max = limits::PASSWORD_BYTES))]
    pub password: String,
    #[schemars(length(min = 1, max = limits::NAME_CHARS))]
    pub first_name: String,
    #[schemars(length(min = 1, max = limits::NAME_CHARS))]
    pub last_name: String,
    #[schemars(email, length(max = limits::EMAIL_BYTES))]
    pub email: String,
    #[schemars(with = "Option<Language>")]
    pub system_language: Option<String>,
    #[schemars(with = "Option<Language>")]
    pub regional_language: Option<String>,
    /// None if empty.
    pub phone_number: Option<String>,
    /// The country of a number without a calling code, as two letters; `FR` if absent.
    pub phone_country_code: Option<String>,
    /// The `transferToken` of `POST /auth/phone-transfer/verify-registration`, for a number that another account
    /// has.
    pub phone_transfer_token: Option<String>,
    /// The setup code that makes the first account an administrator; the server prints it.
    pub setup_code: Option<String>,
}

/// Credentials; the name is a username, an address or a telephone number.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "username": "lea", "password": "correct horse" }]))]
pub struct Login {
    pub username: String,
    pub password: String,
    #[serde(default)]
    pub remember_device: bool,
}

/// The code of an authenticator, and the token from the first step of the sign-in.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{
    "twoFactorToken": "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "code": "123456",
}]))]
pub struct LoginCode {
    pub two_factor_token: String,
    pub code: String,
}

/// The code of an authenticator.
#[derive(Clone, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{ "code": "123456" }]))]
pub struct Code {
    pub code: String,
}

/// The token to refresh. Clients also send `refreshToken`, which is ignored.
#[derive(Clone, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{ "token": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl" }]))]
pub struct Refresh {
    pub token: String,
}

/// Changes to the caller's profile. Unknown keys are an error.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[schemars(extend("examples" = [{ "bio": "hello" }]))]
pub struct PatchMe {
    #[schemars(length(min = 1, max = limits::NAME_CHARS))]
    pub first_name: Option<String>,
    #[schemars(length(min = 1, max = limits::NAME_CHARS))]
    pub last_name: Option<String>,
    /// If empty, the username is shown.
    #[schemars(length(max = limits::DISPLAY_NAME_CHARS))]
    pub display_name: Option<String>,
    /// The current one: it is changed with `PATCH /users/me/username`.
    pub username: Option<String>,
    /// The current one: it cannot be changed here, because a new one has to be confirmed.
    pub email: Option<String>,
    /// A new one is sent a code, and is the caller's once it was entered; none if `null` or empty.
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Option<String>")]
    pub phone_number: Option<Option<String>>,
    #[schemars(length(max = limits::BIO_CHARS))]
    pub bio: Option<String>,
    /// A name of the time zone database, such as `Europe/Paris`, for the hours without notifications.
    pub timezone: Option<String>,
    #[schemars(with = "Option<Language>")]
    pub system_language: Option<String>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Option<Language>")]
    pub regional_language: Option<Option<String>>,
    #[serde(deserialize_with = "present")]
    #[schemars(with = "Option<Language>")]
    pub custom_destination_language: Option<Option<String>>,
    pub auto_translate_enabled: Option<bool>,
    pub translate_to_system_language: Option<bool>,
    pub translate_to_regional_language: Option<bool>,
    pub use_custom_destination: Option<bool>,
}

/// What shows that the caller's account may be deleted: the password, or a code of the authenticator if the account
/// needs codes.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("examples" = [{ "password": "wrong horse" }]))]
pub struct DeleteAccount {
    pub password: Option<String>,
    pub code: Option<String>,
}

/// A new profile picture. Unknown keys are an error.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "avatar": "https://example.org/lea.png" }]))]
pub struct PatchAvatar {
    /// An `http:` or `https:` URL, or a `data:` URL with a PNG, JPEG, GIF or WebP file of at most 512 KB; `null`
    /// or an empty text for no picture.
    pub avatar: Option<String>,
}

/// A new username. Unknown keys are an error.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("examples" = [{ "newUsername": "lea-k", "currentPassword": "wrong horse" }]))]
pub struct PatchUsername {
    #[schemars(
        length(min = *limits::USERNAME_CHARS.start(), max = *limits::USERNAME_CHARS.end()),
        regex(pattern = "^[A-Za-z0-9_-]+$")
    )]
    pub new_username: String,
    pub current_password: String,
}

/// A new password.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "currentPassword": "wrong horse", "newPassword": "battery staple" }]))]
pub struct ChangePassword {
    pub current_password: String,
    #[schemars(length(min = limits::PASSWORD_CHARS, max = limits::PASSWORD_BYTES))]
    pub new_password: String,
    /// The new password again.
    pub confirm_password: Option<String>,
}

/// The secret of a device.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{
    "sessionToken": "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
}]))]
pub struct ValidateSession {
    pub session_token: String,
}

/// Turns two-factor sign-in off.
#[derive(Clone, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{ "password": "wrong horse" }]))]
pub struct DisableTwoFactor {
    pub password: String,
    /// A code of the authenticator, or a backup code. Not required.
    pub code: Option<String>,
}

/// Distinguishes a `null` from a missing key.
pub(crate) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// A new conversation.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "type": "group", "title": "Another" }]))]
pub struct CreateConversation {
    #[serde(rename = "type")]
    #[schemars(extend("enum" = ConversationKind::OPENABLE))]
    pub kind: String,
    #[schemars(length(max = limits::TITLE_CHARS))]
    pub title: Option<String>,
    #[schemars(length(max = limits::DESCRIPTION_CHARS))]
    pub description: Option<String>,
    /// The ids of the other members.
    #[serde(default)]
    #[schemars(length(max = limits::PARTICIPANTS))]
    pub participant_ids: Vec<String>,
    /// The identifier; generated if absent.
    #[schemars(length(max = limits::IDENTIFIER_CHARS), regex(pattern = "^[A-Za-z0-9@_-]*$"))]
    pub identifier: Option<String>,
    /// The community that it belongs to. The caller has to be a member of it; all others become members of it.
    #[schemars(regex(pattern = "^([0-9a-fA-F]{24})?$"))]
    pub community_id: Option<String>,
}

/// The new text of a message.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "content": "hello" }]))]
pub struct PutMessage {
    #[schemars(with = "MessageText")]
    pub content: String,
    /// Detected if absent.
    #[schemars(with = "Option<Language>")]
    pub original_language: Option<String>,
}

/// How a new message is shown, and for how long.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Disclosure {
    /// Everybody may view it only once.
    pub is_view_once: Option<bool>,
    /// How many users may view it, if it is so; all if absent.
    #[schemars(range(min = 1))]
    pub max_view_once_count: Option<i64>,
    /// Clients show it only on request.
    pub is_blurred: Option<bool>,
    /// When it is deleted, within a year.
    pub expires_at: Option<Iso>,
}

/// A new message.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "content": "hello" }]))]
pub struct PostMessage {
    #[schemars(with = "MessageContent")]
    pub content: String,
    /// Detected if absent.
    #[schemars(with = "Option<Language>")]
    pub original_language: Option<String>,
    /// That of the first file if absent, or `text`.
    #[schemars(with = "Option<MessageType>")]
    pub message_type: Option<String>,
    /// The ids of uploaded files of the sender that were in no message.
    #[serde(default, alias = "attachments")]
    #[schemars(length(max = limits::MESSAGE_FILES))]
    pub attachment_ids: Vec<String>,
    /// The id of the message that it replies to.
    pub reply_to_id: Option<String>,
    /// The client's id of the message, for retries: sending the same id again returns the same message. An empty one counts as absent.
    #[schemars(length(max = limits::CLIENT_MESSAGE_ID_CHARS))]
    pub client_message_id: Option<String>,
    #[serde(flatten)]
    pub disclosure: Disclosure,
}

/// A new message, and its conversation: an id or an identifier.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "content": "hello", "conversationId": "meeshy" }]))]
pub struct PostMessageTo {
    pub conversation_id: String,
    #[serde(flatten)]
    pub message: PostMessage,
}

/// A text to upload as a file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{ "content": "a long text" }]))]
pub struct UploadText {
    pub content: String,
}

/// Where to forward a message: the id or the identifier of a conversation.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "conversationId": "meeshy" }]))]
pub struct ForwardMessage {
    pub conversation_id: String,
}

/// A user to add to a conversation.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "userId": "65a0c0ffee0123456789abcd" }]))]
pub struct AddMember {
    pub user_id: String,
}

/// The new role of a member. Who makes another member the creator becomes an administrator.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{ "role": "MODERATOR" }]))]
pub struct ChangeRole {
    #[schemars(with = "MemberRole")]
    pub role: String,
}

/// Changes to a conversation. An empty text clears an attribute.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("examples" = [{ "description": "about a trip" }]))]
pub struct PatchConversation {
    #[schemars(length(min = 1, max = limits::TITLE_CHARS))]
    pub title: Option<String>,
    #[schemars(length(max = limits::DESCRIPTION_CHARS))]
    pub description: Option<String>,
    /// The URL of a picture.
    #[schemars(length(max = limits::PICTURE_URL_BYTES))]
    pub avatar: Option<String>,
    /// The same as `avatar`, which is preferred.
    #[schemars(length(max = limits::PICTURE_URL_BYTES))]
    pub image: Option<String>,
    /// The URL of a picture.
    #[schemars(length(max = limits::PICTURE_URL_BYTES))]
    pub banner: Option<String>,
    #[serde(rename = "type")]
    #[schemars(extend("enum" = ["group", "public", "broadcast", null]))]
    pub kind: Option<String>,
    /// The role that is needed for writing: `everyone`, or one of a member.
    pub default_write_role: Option<String>,
    /// Whether only moderators write.
    pub is_announcement_channel: Option<bool>,
    /// The minimum time between two messages of a member, in seconds.
    #[schemars(range(min = 0, max = 21_600))]
    pub slow_mode_seconds: Option<i64>,
}

/// Asks a user to be friends.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{ "receiverId": "65a0c0ffee0123456789abcd" }]))]
pub struct SendFriendRequest {
    pub receiver_id: String,
    #[schemars(length(max = limits::FRIEND_REQUEST_CHARS))]
    pub message: Option<String>,
}

/// Answers or withdraws a friend request.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{ "action": "accept" }]))]
pub struct AnswerFriendRequest {
    /// `accept` and `reject` are for its receiver, `cancel` for its sender.
    #[schemars(extend("enum" = ["accept", "reject", "cancel"]))]
    pub action: String,
}

/// Answers a friend request.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(extend("examples" = [{ "status": "accepted" }]))]
pub struct PatchFriendRequest {
    #[schemars(extend("enum" = ["accepted", "rejected"]))]
    pub status: String,
}

/// Reports something to the moderators of the server.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("examples" = [{
    "reportedType": "user", "reportedEntityId": "65a0c0ffee0123456789abcd", "reportType": "spam",
}]))]
pub struct PostReport {
    #[schemars(with = "ReportedKind")]
    pub reported_type: String,
    pub reported_entity_id: String,
    #[schemars(with = "AbuseKind")]
    pub report_type: String,
    #[schemars(length(max = limits::REPORT_CHARS))]
    pub reason: Option<String>,
}

/// Reports a user to the moderators of the server.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("examples" = [{ "reportType": "spam", "reason": "advertisements" }]))]
pub struct ReportUser {
    /// `other` if absent.
    #[schemars(with = "Option<AbuseKind>")]
    pub report_type: Option<String>,
    #[schemars(length(max = limits::REPORT_CHARS))]
    pub reason: Option<String>,
}
