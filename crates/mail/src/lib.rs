//! E-mails and text messages to users.
//!
//! A [`Letter`] is what a user is told, in their language where there is a translation and in English
//! otherwise. A [`Mailer`] sends it as plain text and HTML, by SMTP or, if no server is configured, into a
//! folder, where an operator or a developer finds it. [`sms`] does the same for text messages.
//!
//! Invariant: nothing here knows accounts, or decides who is written to.

mod folder;
mod letter;
mod local;
mod mail;
mod mailer;
pub mod sms;
mod texts;
mod wording;

pub use letter::{CHANGE_FOR, Letter, RESET_FOR, SIGN_IN_FOR, VERIFY_FOR, Written};
pub use mail::Mail;
pub use mailer::{MailError, Mailer, SetupError};
