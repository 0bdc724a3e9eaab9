//! Error codes, for programs.

use schemars::JsonSchema;
use serde::Serialize;

/// Declares the codes: name, status of the response, and description.
macro_rules! codes {
    ($($(#[doc = $doc:literal])* $variant:ident = $status:literal $name:literal),* $(,)?) => {
        /// Error codes, for programs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
        pub enum ErrorCode {
            $($(#[doc = $doc])* #[serde(rename = $name)] $variant),*
        }

        impl ErrorCode {
            /// All codes.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name on the wire.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The status of a response with this code.
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status),* }
            }

            /// The description.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),*).trim_ascii()),* }
            }
        }
    };
}

codes! {
    /// The input is invalid; `details` names the fields.
    ValidationError = 400 "VALIDATION_ERROR",
    /// The request could not be read completely.
    InvalidInput = 400 "INVALID_INPUT",
    /// The name or address is already taken.
    AlreadyExists = 400 "ALREADY_EXISTS",
    /// The setup code is wrong.
    SetupCodeInvalid = 400 "SETUP_CODE_INVALID",
    /// The token with which a registration takes a telephone number does not work.
    InvalidTransferToken = 400 "INVALID_TRANSFER_TOKEN",
    /// An event contained binary data.
    BinaryNotSupported = 400 "BINARY_NOT_SUPPORTED",
    /// A signal of a call cannot be relayed.
    InvalidSignal = 400 "INVALID_SIGNAL",
    /// There are no video calls in such a conversation.
    VideoCallsNotSupported = 400 "VIDEO_CALLS_NOT_SUPPORTED",
    /// Authentication is required.
    AuthRequired = 401 "AUTH_REQUIRED",
    /// The credentials are invalid or have expired.
    AuthFailed = 401 "AUTH_FAILED",
    /// An event about a call needs authentication.
    NotAuthenticated = 401 "NOT_AUTHENTICATED",
    /// The caller is not allowed to do this.
    Forbidden = 403 "FORBIDDEN",
    /// The caller is not a member of this conversation.
    ConversationAccessDenied = 403 "CONVERSATION_ACCESS_DENIED",
    /// The link is for people with an account only.
    AccountRequired = 403 "ACCOUNT_REQUIRED",
    /// The link cannot be used from this country or network, or in this language.
    GuestNotAllowed = 403 "GUEST_NOT_ALLOWED",
    /// The caller is not in this call, or not a member of its conversation.
    NotAParticipant = 403 "NOT_A_PARTICIPANT",
    /// The caller is not allowed to do this with a call.
    PermissionDenied = 403 "PERMISSION_DENIED",
    /// A signal names another sender than the caller.
    SignalSenderMismatch = 403 "SIGNAL_SENDER_MISMATCH",
    /// This needs a consent that is not recorded; `violations` names the fields.
    ConsentRequired = 403 "CONSENT_REQUIRED",
    /// The request came from a page of another site.
    OriginNotAllowed = 403 "ORIGIN_NOT_ALLOWED",
    /// It does not exist, or the caller is not allowed to know of it.
    NotFound = 404 "NOT_FOUND",
    /// There is no such conversation.
    ConversationNotFound = 404 "CONVERSATION_NOT_FOUND",
    /// There is no such message, or the caller cannot read it.
    MessageNotFound = 404 "MESSAGE_NOT_FOUND",
    /// There is no such user.
    UserNotFound = 404 "USER_NOT_FOUND",
    /// There is no such call, or the caller is not a member of its conversation.
    CallNotFound = 404 "CALL_NOT_FOUND",
    /// The recipient of a signal is not in the call.
    TargetNotFound = 404 "TARGET_NOT_FOUND",
    /// There is no such event.
    UnknownEvent = 404 "UNKNOWN_EVENT",
    /// The path does not support this method.
    MethodNotAllowed = 405 "METHOD_NOT_ALLOWED",
    /// Another call is going on in the conversation.
    CallAlreadyActive = 409 "CALL_ALREADY_ACTIVE",
    /// The call is over.
    CallEnded = 409 "CALL_ENDED",
    /// The call has as many participants as possible.
    MaxParticipantsReached = 409 "MAX_PARTICIPANTS_REACHED",
    /// Somebody else has the name that a guest has chosen; `suggestedNickname` is free.
    NicknameTaken = 409 "NICKNAME_TAKEN",
    /// Something else has this identifier.
    IdentifierTaken = 409 "IDENTIFIER_TAKEN",
    /// A part of a file does not continue what was received.
    UploadConflict = 409 "UPLOAD_CONFLICT",
    /// Nobody joins by this link any more: it was turned off, has expired, or was used as often as possible.
    LinkClosed = 410 "LINK_CLOSED",
    /// The client speaks another version of the protocol.
    UnsupportedVersion = 412 "UNSUPPORTED_VERSION",
    /// The request is too large.
    PayloadTooLarge = 413 "PAYLOAD_TOO_LARGE",
    /// The content type of the body is not the one that this route takes.
    UnsupportedMediaType = 415 "UNSUPPORTED_MEDIA_TYPE",
    /// Not possible in the current state.
    InvalidOperation = 422 "INVALID_OPERATION",
    /// This server does not encrypt from end to end.
    EncryptionNotSupported = 422 "ENCRYPTION_NOT_SUPPORTED",
    /// There is no translation; `reasonCode` says why.
    TranslationUnavailable = 422 "TRANSLATION_UNAVAILABLE",
    /// Another request sends this file now.
    UploadLocked = 423 "UPLOAD_LOCKED",
    /// As many guests as possible are there at the moment.
    LinkFull = 429 "LINK_FULL",
    /// Too many requests; `retryAfter` says when to try again.
    RateLimitExceeded = 429 "RATE_LIMIT_EXCEEDED",
    /// Internal server error.
    InternalError = 500 "INTERNAL_ERROR",
    /// A signal was not relayed, because of the server.
    SignalFailed = 500 "SIGNAL_FAILED",
    /// A change of the microphone or the camera was not passed on, because of the server.
    MediaToggleFailed = 500 "MEDIA_TOGGLE_FAILED",
    /// Leaving a call failed, because of the server.
    ForceLeaveError = 500 "FORCE_LEAVE_ERROR",
    /// The database failed.
    DatabaseError = 500 "DATABASE_ERROR",
    /// The translation failed; `reasonCode` says why.
    TranslationError = 500 "TRANSLATION_ERROR",
    /// Overloaded; try again in a moment.
    ServiceUnavailable = 503 "SERVICE_UNAVAILABLE",
    /// The database is not available; try again in a moment.
    DatabaseUnavailable = 503 "DATABASE_UNAVAILABLE",
    /// The translation is still pending.
    TranslationPending = 504 "TRANSLATION_PENDING",
    /// The server's disk is full.
    StorageFull = 507 "STORAGE_FULL",
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
