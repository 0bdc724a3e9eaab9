//! Telephone numbers of accounts: confirmed with codes that are sent to them, taken over, and used to choose a
//! new password.
//!
//! A number belongs to the account that was last confirmed with a code sent to it. Nobody else's account loses
//! it before, and nobody learns from an answer that an account has entered a number without confirming it.

mod budget;
mod claim;
mod codes;
mod numbers;
mod order;
mod post;
mod recovery;
mod transfer;

pub(crate) use claim::{RECOVERS_AFTER, take};
pub use codes::Phones;
pub(crate) use numbers::parsed;
pub(crate) use order::SMS;
pub(crate) use post::SmsPost;
pub use recovery::{IdentityCheck, Recovery};
