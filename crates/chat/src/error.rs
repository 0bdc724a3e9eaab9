//! Errors, each with a message for the person who made the request.

use crate::call_refusal::CallRefusal;
use crate::guest_refusal::GuestRefusal;
use crate::phone_owner::PhoneOwner;
use meeshy_domain::preferences::Consent;
use meeshy_domain::text::InvalidText;
use meeshy_domain::{LinkClosed, PhoneRefusal, Timestamp};
use meeshy_media::MediaError;
use meeshy_store::StoreError;
use std::time::Duration;

/// A rejection or a failure. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// The input is invalid.
    #[error("{field}: {problem}")]
    Invalid {
        /// The field as the wire names it.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Not authenticated: a bad or expired token, a wrong name or password.
    #[error("{0}")]
    Unauthenticated(String),
    /// It does not exist, or the caller may not know of it.
    #[error("no such {what}")]
    NotFound {
        /// The noun: `conversation`, `user`, `message`.
        what: &'static str,
    },
    /// The caller is not a member of this conversation.
    #[error("you are not a member of this conversation")]
    NotAMember,
    /// The caller may not do this.
    #[error("{0}")]
    Forbidden(String),
    /// These preferences turn something on that needs consents which are not recorded.
    #[error("this needs a consent that is not recorded: {}", fields(.0))]
    ConsentRequired(Vec<(&'static str, Vec<Consent>)>),
    /// Another account has this name or address.
    #[error("this {field} is already taken")]
    Taken {
        /// The field as the wire names it.
        field: &'static str,
    },
    /// The setup code is not the current one.
    #[error("invalid setup code; the server logs the current one at startup")]
    SetupCodeInvalid,
    /// A step with a code that was sent to a telephone is refused.
    #[error("{}", .0.sentence())]
    PhoneCode(PhoneRefusal),
    /// Another account has confirmed this telephone number.
    #[error("another account has this telephone number")]
    PhoneOwned(Box<PhoneOwner>),
    /// The token with which a registration takes a telephone number does not work.
    #[error("the confirmation of this telephone number is wrong, has expired or was used; confirm it again")]
    TransferTokenInvalid,
    /// Not possible in the current state.
    #[error("{0}")]
    InvalidOperation(String),
    /// Too many failed sign-in attempts on an account, or on a name without one.
    #[error("too many sign-in attempts; try again in {} seconds", seconds(.retry_after))]
    TooManyAttempts {
        /// How long attempts are rejected.
        retry_after: Duration,
    },
    /// It was changed a short time ago.
    #[error("you can change your {what} again from {}", date(.next))]
    TooSoon {
        /// The noun: `username`.
        what: &'static str,
        /// When it can be changed again.
        next: Timestamp,
    },
    /// Nobody joins by this link any more.
    #[error("{}", .0.sentence())]
    LinkClosed(LinkClosed),
    /// Somebody cannot join as a guest, though the link works.
    #[error(transparent)]
    Guest(#[from] GuestRefusal),
    /// Something about a call is refused.
    #[error(transparent)]
    Call(#[from] CallRefusal),
    /// A file is too large, or all files of a user are.
    #[error("{0}")]
    TooLarge(String),
    /// A part of a file does not continue what was received.
    #[error("{0}")]
    UploadConflict(String),
    /// Another request sends this file now.
    #[error("another request is sending this file")]
    UploadLocked,
    /// The folder of uploads failed.
    #[error("the file cannot be stored: {0}")]
    Files(#[from] std::io::Error),
    /// Overloaded; trying again later helps.
    #[error("{0}")]
    Busy(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<MediaError> for ChatError {
    fn from(error: MediaError) -> Self {
        match error {
            MediaError::File(_, cause) => Self::Files(cause),
            MediaError::Busy => Self::Busy("many files are being uploaded; try again in a moment".into()),
            error => Self::invalid("files", error),
        }
    }
}

fn fields(missing: &[(&'static str, Vec<Consent>)]) -> String {
    missing.iter().map(|(field, _)| *field).collect::<Vec<_>>().join(", ")
}

/// Whole seconds, at least one.
fn seconds(wait: &Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1)
}

fn date(time: &Timestamp) -> String {
    let time = jiff::Timestamp::from_millisecond(time.millis()).unwrap_or_default();
    time.strftime("%Y-%m-%d").to_string()
}

impl ChatError {
    pub(crate) fn invalid(field: &str, problem: impl ToString) -> Self {
        Self::Invalid { field: field.to_owned(), problem: problem.to_string() }
    }
}

impl From<InvalidText> for ChatError {
    fn from(error: InvalidText) -> Self {
        Self::Invalid { field: error.field.to_owned(), problem: error.problem }
    }
}
