//! Text messages with codes, sent by a provider over HTTP or, if none is configured, into a folder.

mod message;
mod notice;
mod provider;
mod sender;

pub use message::{Sms, SmsError};
pub use notice::{CODE_FOR, CodeNotice};
pub use provider::{Provider, ProviderError};
pub use sender::SmsSender;
