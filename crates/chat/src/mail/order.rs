//! Orders of e-mails: the parameters of the job that sends them.

use crate::secrets::digest;
use meeshy_domain::{Timestamp, UserId, text};
use meeshy_jobs::Kind;
use meeshy_store::{StoreError, Tx};
use serde::{Deserialize, Serialize};

/// The job that sends an e-mail.
pub(crate) const MAIL: Kind<Order> = Kind::new("send-mail");

/// What is to be sent. It contains no token: that is made when the e-mail is sent, so that only its reader
/// has it, and its time starts then.
///
/// What strangers ask for names the address as they typed it, so that asking takes the same time whether or
/// not an account has it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "letter", rename_all = "snake_case")]
pub(crate) enum Order {
    /// A link that confirms the address of an account.
    VerifyAddress {
        /// The address.
        email: String,
    },
    /// A link to choose a new password.
    ResetPassword {
        /// The address.
        email: String,
        /// When it was asked for.
        asked_at: Timestamp,
    },
    /// A link to sign in.
    SignIn {
        /// The address.
        email: String,
        /// Whether to remember the device.
        remember: bool,
        /// When it was asked for.
        asked_at: Timestamp,
    },
    /// A link that confirms the new address of an account.
    ChangeAddress {
        /// The user.
        user: UserId,
    },
    /// Word that the password was changed.
    PasswordChanged {
        /// The user.
        user: UserId,
    },
    /// Word that the address was changed.
    AddressChanged {
        /// The user.
        user: UserId,
        /// The address before, which it is sent to.
        old: String,
    },
    /// Word that a telephone number was confirmed for the account.
    NumberConfirmed {
        /// The user.
        user: UserId,
    },
    /// Word that the telephone number is another account's now.
    NumberMoved {
        /// The user who had it.
        user: UserId,
    },
}

impl Order {
    /// Orders the e-mail, which replaces an earlier one of its kind to the same reader that was not sent yet.
    pub fn place(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        MAIL.enqueue(tx, &self.key(), self)
    }

    /// Names the kind and the reader. Keys are logged, so they contain no addresses.
    fn key(&self) -> String {
        let hash = |email: &str| digest(&text::email_key(email).unwrap_or_default());
        match self {
            Self::VerifyAddress { email } => format!("verify {}", hash(email)),
            Self::ResetPassword { email, .. } => format!("reset {}", hash(email)),
            Self::SignIn { email, .. } => format!("sign-in {}", hash(email)),
            Self::ChangeAddress { user } => format!("change {user}"),
            Self::PasswordChanged { user } => format!("password-changed {user}"),
            Self::NumberConfirmed { user } => format!("number-confirmed {user}"),
            Self::NumberMoved { user } => format!("number-moved {user}"),
            // Everyone who had the account in turn is told.
            Self::AddressChanged { user, old } => format!("address-changed {user} {}", hash(old)),
        }
    }
}
