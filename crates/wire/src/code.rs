//! Why something was refused or failed, for programs.

use schemars::JsonSchema;
use serde::Serialize;

/// One declaration for each code: its name, the status of an answer that carries it, and what it says.
macro_rules! codes {
    ($($(#[doc = $doc:literal])* $variant:ident = $status:literal $name:literal),* $(,)?) => {
        /// Why something was refused or failed, for programs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
        pub enum ErrorCode {
            $($(#[doc = $doc])* #[serde(rename = $name)] $variant),*
        }

        impl ErrorCode {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// As it is written on the wire.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The status of an answer that carries it.
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status),* }
            }

            /// What it says, in a sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),*).trim_ascii()),* }
            }
        }
    };
}

codes! {
    /// Something that was sent cannot be taken; `details` names the fields.
    ValidationError = 400 "VALIDATION_ERROR",
    /// The request could not be read to its end.
    InvalidInput = 400 "INVALID_INPUT",
    /// Somebody else has this name or address.
    AlreadyExists = 400 "ALREADY_EXISTS",
    /// The setup code is not the one that makes the first administrator.
    SetupCodeInvalid = 400 "SETUP_CODE_INVALID",
    /// An event came with binary data.
    BinaryNotSupported = 400 "BINARY_NOT_SUPPORTED",
    /// Nobody called, where somebody has to.
    AuthRequired = 401 "AUTH_REQUIRED",
    /// The credentials are no good, or not any more.
    AuthFailed = 401 "AUTH_FAILED",
    /// The caller may not do this.
    Forbidden = 403 "FORBIDDEN",
    /// The caller is not a member of this conversation.
    ConversationAccessDenied = 403 "CONVERSATION_ACCESS_DENIED",
    /// A page of another site called.
    OriginNotAllowed = 403 "ORIGIN_NOT_ALLOWED",
    /// There is no such thing, or none that the caller may know of.
    NotFound = 404 "NOT_FOUND",
    /// There is no such conversation.
    ConversationNotFound = 404 "CONVERSATION_NOT_FOUND",
    /// There is no such message, or none that the caller may read.
    MessageNotFound = 404 "MESSAGE_NOT_FOUND",
    /// There is no such person.
    UserNotFound = 404 "USER_NOT_FOUND",
    /// There is no such event.
    UnknownEvent = 404 "UNKNOWN_EVENT",
    /// This path cannot be called with this method.
    MethodNotAllowed = 405 "METHOD_NOT_ALLOWED",
    /// The request is too large.
    PayloadTooLarge = 413 "PAYLOAD_TOO_LARGE",
    /// It makes no sense in this state.
    InvalidOperation = 422 "INVALID_OPERATION",
    /// There is no translation; `reasonCode` says why.
    TranslationUnavailable = 422 "TRANSLATION_UNAVAILABLE",
    /// Too many calls; `retryAfter` says when to try again.
    RateLimitExceeded = 429 "RATE_LIMIT_EXCEEDED",
    /// Something went wrong on our side.
    InternalError = 500 "INTERNAL_ERROR",
    /// The database failed.
    DatabaseError = 500 "DATABASE_ERROR",
    /// The translation failed; `reasonCode` says why.
    TranslationError = 500 "TRANSLATION_ERROR",
    /// Too much to do just now; try again in a moment.
    ServiceUnavailable = 503 "SERVICE_UNAVAILABLE",
    /// The database is not available just now; try again in a moment.
    DatabaseUnavailable = 503 "DATABASE_UNAVAILABLE",
    /// The translation is still under way.
    TranslationPending = 504 "TRANSLATION_PENDING",
    /// The server's disk is full.
    StorageFull = 507 "STORAGE_FULL",
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
