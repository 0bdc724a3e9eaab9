//! Maps errors to statuses and codes, in one place.

use crate::http::rate_limit::TooMany;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use meeshy_chat::{CallRefusal, ChatError, GuestRefusal, StoreError};
use meeshy_domain::account::FREE_ATTEMPTS;
use meeshy_domain::preferences::Consent;
use meeshy_domain::{PhoneRefusal, ReasonCode};
use meeshy_translation_api::Refusal;
use meeshy_wire::{ErrorBody, ErrorCode, ErrorDetail, Violation};
use std::io;
use std::time::Duration;

/// An error response.
#[derive(Debug)]
pub struct ApiError {
    pub status: StatusCode,
    pub body: Box<ErrorBody>,
    /// Why a step with a code on the telephone is refused, for the routes whose answers contain it.
    pub refusal: Option<PhoneRefusal>,
}

impl ApiError {
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, body: Box::new(ErrorBody::new(code, message)), refusal: None }
    }

    pub fn invalid(field: &str, problem: &str) -> Self {
        let mut error = Self::new(ErrorCode::ValidationError, format!("{field}: {problem}"));
        error.body.details = vec![ErrorDetail { field: field.to_owned(), message: problem.to_owned() }];
        error
    }

    /// Authentication is required.
    pub fn authentication_required() -> Self {
        Self::new(ErrorCode::AuthRequired, "Authentication required")
    }

    /// With the code where the translation routes of old clients expect it.
    pub fn with_error_code(mut self) -> Self {
        self.body.error_code = Some(self.body.code);
        self
    }

    /// Why a text has no translation, for clients to display.
    pub fn with_reason(mut self, code: ReasonCode) -> Self {
        self.body.reason_code = Some(code);
        self
    }

    fn retry_after(mut self, seconds: u64) -> Self {
        self.body.retry_after = Some(seconds);
        self
    }
}

impl From<ChatError> for ApiError {
    fn from(error: ChatError) -> Self {
        let message = error.to_string();
        match error {
            ChatError::Invalid { field, problem } => Self::invalid(&field, &problem),
            ChatError::Unauthenticated(_) => Self::new(ErrorCode::AuthFailed, message),
            ChatError::NotFound { what } => Self::new(not_found_code(what), message),
            ChatError::NotAMember => {
                let mut error = Self::new(ErrorCode::ConversationAccessDenied, message);
                error.body.suggestion = Some("ask a member to invite you".into());
                error
            }
            ChatError::Forbidden(_) => Self::new(ErrorCode::Forbidden, message),
            ChatError::ConsentRequired(missing) => {
                let mut error = Self::new(ErrorCode::ConsentRequired, message);
                // Old clients expect the code here.
                error.body.error = ErrorCode::ConsentRequired.name().to_owned();
                error.body.violations = missing.into_iter().map(violation).collect();
                error
            }
            ChatError::Taken { field: "identifier" } => {
                let mut error = Self::new(ErrorCode::IdentifierTaken, &message);
                error.body.details = vec![ErrorDetail { field: "identifier".to_owned(), message }];
                error
            }
            ChatError::Taken { field } => {
                let mut error = Self::invalid(field, "this is already taken");
                error.body.code = ErrorCode::AlreadyExists;
                error
            }
            ChatError::TooManyAttempts { retry_after } => {
                let calls = u32::try_from(FREE_ATTEMPTS).unwrap_or_default();
                too_many(message, calls, whole_seconds(retry_after))
            }
            ChatError::TooSoon { next, .. } => {
                let mut error = Self::new(ErrorCode::RateLimitExceeded, message);
                error.body.next_change_allowed_at = Some(next.into());
                error
            }
            ChatError::PhoneCode(refusal) => Self { refusal: Some(refusal), ..phone_refusal(refusal) },
            ChatError::PhoneOwned(_) => {
                let mut error = Self::invalid("phoneNumber", &message);
                error.body.code = ErrorCode::AlreadyExists;
                error
            }
            ChatError::TransferTokenInvalid => {
                let mut error = Self::new(ErrorCode::InvalidTransferToken, message);
                // Old clients expect the code here.
                error.body.error = ErrorCode::InvalidTransferToken.name().to_owned();
                error
            }
            ChatError::SetupCodeInvalid => Self::new(ErrorCode::SetupCodeInvalid, message),
            ChatError::InvalidOperation(_) => Self::new(ErrorCode::InvalidOperation, message),
            ChatError::LinkClosed(_) => Self::new(ErrorCode::LinkClosed, message),
            ChatError::Guest(refusal) => guest_refusal(refusal, message),
            ChatError::Call(refusal) => Self::new(call_code(&refusal), message),
            ChatError::TooLarge(_) => Self::new(ErrorCode::PayloadTooLarge, message),
            ChatError::UploadLocked => Self::new(ErrorCode::UploadLocked, message),
            ChatError::UploadConflict(_) => Self::new(ErrorCode::UploadConflict, message),
            ChatError::Files(error) => file_error(&error),
            ChatError::Busy(_) => Self::new(ErrorCode::ServiceUnavailable, message).retry_after(2),
            ChatError::Store(error) => store_error(&error),
        }
    }
}

fn phone_refusal(refusal: PhoneRefusal) -> ApiError {
    match refusal {
        PhoneRefusal::RateLimited | PhoneRefusal::TooManyAnswers => {
            ApiError::new(ErrorCode::RateLimitExceeded, refusal.sentence())
        }
        PhoneRefusal::InvalidPhone | PhoneRefusal::UserNotFound | PhoneRefusal::TooNew => {
            ApiError::invalid("phoneNumber", refusal.sentence())
        }
        refusal => ApiError::invalid("code", refusal.sentence()),
    }
}

/// The code of a refusal.
fn call_code(refusal: &CallRefusal) -> ErrorCode {
    match refusal {
        CallRefusal::AlreadyActive => ErrorCode::CallAlreadyActive,
        CallRefusal::NotFound => ErrorCode::CallNotFound,
        CallRefusal::NotAParticipant => ErrorCode::NotAParticipant,
        CallRefusal::Ended => ErrorCode::CallEnded,
        CallRefusal::Full => ErrorCode::MaxParticipantsReached,
        CallRefusal::VideoNotSupported => ErrorCode::VideoCallsNotSupported,
        CallRefusal::NotAllowed(_) => ErrorCode::PermissionDenied,
        CallRefusal::InvalidSignal(_) => ErrorCode::InvalidSignal,
        CallRefusal::TooManySignals => ErrorCode::RateLimitExceeded,
        CallRefusal::SenderMismatch => ErrorCode::SignalSenderMismatch,
        CallRefusal::TargetNotFound => ErrorCode::TargetNotFound,
    }
}

fn guest_refusal(refusal: GuestRefusal, message: String) -> ApiError {
    match refusal {
        GuestRefusal::AccountRequired => {
            let mut error = ApiError::new(ErrorCode::AccountRequired, message);
            error.body.requires_account = Some(true);
            error
        }
        GuestRefusal::Outside(_) => ApiError::new(ErrorCode::GuestNotAllowed, message),
        GuestRefusal::Full => ApiError::new(ErrorCode::LinkFull, message),
        GuestRefusal::NameTaken { suggestion } => {
            let mut error = ApiError::new(ErrorCode::NicknameTaken, message);
            error.body.suggested_nickname = Some(suggestion);
            error
        }
    }
}

fn violation((field, required_consents): (&str, Vec<Consent>)) -> Violation {
    let names: Vec<&str> = required_consents.iter().map(|consent| consent.name()).collect();
    let message = format!("{field} needs {}", names.join(" and "));
    Violation { field: field.to_owned(), message, required_consents }
}

fn file_error(error: &io::Error) -> ApiError {
    tracing::error!(%error, "A request failed because of the folder of uploads");
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            ApiError::new(ErrorCode::StorageFull, "the file cannot be saved: the server's disk is full")
        }
        _ => ApiError::new(ErrorCode::InternalError, "internal server error"),
    }
}

fn store_error(error: &StoreError) -> ApiError {
    if matches!(error, StoreError::Nul) {
        // An error of the caller, not a failure.
        return ApiError::new(ErrorCode::ValidationError, error.to_string());
    }
    tracing::error!(%error, "A request failed because of the database");
    match error {
        StoreError::Unavailable(_) | StoreError::InTheWay(_) => {
            let message = "the database is not available; try again in a moment";
            ApiError::new(ErrorCode::DatabaseUnavailable, message).retry_after(2)
        }
        StoreError::DiskFull => {
            let message = "nothing can be saved: the server's disk is full";
            ApiError::new(ErrorCode::StorageFull, message)
        }
        _ => ApiError::new(ErrorCode::DatabaseError, "internal server error"),
    }
}

fn not_found_code(what: &str) -> ErrorCode {
    match what {
        "conversation" => ErrorCode::ConversationNotFound,
        "message" => ErrorCode::MessageNotFound,
        "user" => ErrorCode::UserNotFound,
        _ => ErrorCode::NotFound,
    }
}

/// In LibreTranslate's form, which only reads `error`, and in our envelope.
impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal {
            Refusal::Unavailable(_) => ErrorCode::TranslationUnavailable,
            Refusal::Failed(_) | Refusal::TimedOut(_) => ErrorCode::TranslationError,
            Refusal::TooLarge => ErrorCode::PayloadTooLarge,
            _ => ErrorCode::ValidationError,
        };
        Self { status: refusal.status(), ..Self::new(code, refusal.to_string()) }
    }
}

impl From<TooMany> for ApiError {
    fn from(TooMany { limit, retry_after }: TooMany) -> Self {
        let seconds = retry_after.as_secs().max(1);
        let message = format!("too many requests; try again in {seconds} seconds");
        too_many(message, limit.calls(), seconds)
    }
}

/// Old clients expect the code in `error`.
fn too_many(message: String, limit: u32, seconds: u64) -> ApiError {
    let mut error = ApiError::new(ErrorCode::RateLimitExceeded, message);
    error.body.error = "RATE_LIMIT_EXCEEDED".into();
    error.body.limit = Some(limit);
    error.retry_after(seconds)
}

fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1)
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (code, retry_after, limit) = (self.body.code, self.body.retry_after, self.body.limit);
        let mut response = (self.status, Json(self.body)).into_response();
        // For whoever checks that the route declares it.
        response.extensions_mut().insert(code);
        let headers = response.headers_mut();
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            if let Some(calls) = limit {
                headers.insert("x-ratelimit-limit", HeaderValue::from(calls));
                headers.insert("x-ratelimit-remaining", HeaderValue::from(0));
                headers.insert("x-ratelimit-reset", HeaderValue::from(seconds));
            }
        }
        response
    }
}
