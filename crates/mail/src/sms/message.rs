//! One text message.

/// A text message. It has no `Debug`, because it contains a code.
#[derive(Clone)]
pub struct Sms {
    /// A unique id of letters and digits.
    pub id: String,
    /// The number of the reader (E.164).
    pub to: String,
    /// What it says.
    pub text: String,
}

/// Why a message was not sent. Contains neither texts nor numbers.
#[derive(Debug, thiserror::Error)]
pub enum SmsError {
    /// It will never be accepted, so sending it again does not help.
    #[error("the SMS provider rejected the message with HTTP {0}")]
    Rejected(u16),
    /// Sending it again may help.
    #[error("the SMS provider failed: {0}")]
    Failed(String),
    /// The file could not be written.
    #[error("failed to write the text message: {0}")]
    File(#[from] std::io::Error),
}
