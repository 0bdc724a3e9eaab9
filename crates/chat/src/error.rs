//! Why something could not be done, in a sentence for the person who asked.

use meeshy_domain::text::InvalidText;
use meeshy_store::StoreError;
use std::time::Duration;

/// A refusal or a failure. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// What was given cannot be taken.
    #[error("{field}: {problem}")]
    Invalid {
        /// The field as the wire names it.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Nobody we know: a bad or expired token, a wrong name or password.
    #[error("{0}")]
    Unauthenticated(String),
    /// There is none, or none that the caller may know of.
    #[error("no such {what}")]
    NotFound {
        /// The noun: `conversation`, `user`, `message`.
        what: &'static str,
    },
    /// The caller takes no part in this conversation.
    #[error("you are not a member of this conversation")]
    NotAMember,
    /// The caller may not do this.
    #[error("{0}")]
    Forbidden(String),
    /// Somebody else has this name or address.
    #[error("this {field} is already taken")]
    Taken {
        /// The field as the wire names it.
        field: &'static str,
    },
    /// The setup code is not the one that makes the first administrator.
    #[error("invalid setup code; the server logs the current one at startup")]
    SetupCodeInvalid,
    /// It makes no sense in this state.
    #[error("{0}")]
    InvalidOperation(String),
    /// Too many wrong passwords or codes at an account, or under a name that nobody has.
    #[error("too many sign-in attempts; try again in {} seconds", seconds(.retry_after))]
    TooManyAttempts {
        /// How long no attempt is looked at.
        retry_after: Duration,
    },
    /// Too much to do just now; trying again later helps.
    #[error("{0}")]
    Busy(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whole seconds, at least one.
fn seconds(wait: &Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1)
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
