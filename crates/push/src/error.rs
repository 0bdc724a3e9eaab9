//! Why a message was not sent.

use std::time::Duration;

/// Why a message was not sent. Contains neither texts nor addresses of devices.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The device does not want messages any more, or not from this server: its subscription is to be removed.
    #[error("the device is not subscribed any more (HTTP {0})")]
    Gone(u16),
    /// The operator does not allow this push service (any more).
    #[error("this server does not use the push service of the device")]
    NotAllowed,
    /// It will never be accepted, so sending it again does not help.
    #[error("the push service rejected the message with HTTP {0}")]
    Rejected(u16),
    /// Sending it again later may help.
    #[error("the push service failed: {why}")]
    Failed {
        /// Why.
        why: String,
        /// How long the service wants to be left alone, if it says so.
        after: Option<Duration>,
    },
    /// The message could not be encrypted or signed.
    #[error("failed to encrypt or sign a push message: {0}")]
    Crypto(String),
}

/// Web Push cannot be set up like this.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A pattern is no host.
    #[error("`{0}` is not a host of a push service; expected `push.example.org` or `*.example.org`")]
    Host(String),
    /// The contact is neither an e-mail address nor a page.
    #[error("the contact for push services must be `mailto:…` or `https://…`")]
    Contact,
    /// TLS is not available, or the key cannot be used.
    #[error("failed to set up Web Push: {0}")]
    Failed(String),
}
