//! Settings for sign-in and messages.

use crate::calls::CallSettings;
use crate::signing_key::SigningKey;
use crate::uploads::UploadSettings;
use meeshy_domain::limits;
use meeshy_mail::Mailer;
use meeshy_mail::sms::SmsSender;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

/// Settings for sign-in and messages.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The key that signs tokens.
    pub signing_key: SigningKey,
    /// The token lifetime.
    pub token_lifetime: Duration,
    /// The session lifetime on a device that is not remembered.
    pub session_lifetime: Duration,
    /// The session lifetime on a remembered device.
    pub trusted_session_lifetime: Duration,
    /// The most sessions per user; the oldest are ended first.
    pub sessions_per_user: i64,
    /// The maximum length of a message, in characters.
    pub message_chars: usize,
    /// Whether failed sign-in attempts are limited; off for tests and benchmarks only.
    pub limit_sign_ins: bool,
    /// The cost of password hashes.
    pub hashing: HashingCost,
    /// Whether a file is served to whoever knows its path. Old clients need this, because they build URLs
    /// themselves.
    pub unsigned_file_paths: bool,
    /// The name of this machine in the list of translators.
    pub machine: String,
    /// How users are written to.
    pub mail: MailSettings,
    /// What sends codes to telephones; without it, they wait until a process has one.
    pub sms: Option<SmsSender>,
    /// How browsers are notified.
    pub push: PushSettings,
    /// How users call each other.
    pub calls: CallSettings,
    /// Where files are kept, and how large they may be.
    pub uploads: UploadSettings,
}

/// How browsers are notified.
#[derive(Debug, Clone)]
pub struct PushSettings {
    /// The push services that may be used ([`Services::new`](meeshy_push::Services::new)). Without one, no browser is notified.
    pub services: Vec<String>,
    /// How they reach the operator: `mailto:…` or `https://…`.
    pub contact: String,
}

impl Default for PushSettings {
    fn default() -> Self {
        Self { services: Vec::new(), contact: "mailto:noreply@localhost".into() }
    }
}

/// How users are written to.
#[derive(Debug, Clone, Default)]
pub struct MailSettings {
    /// What sends e-mails; without it, they wait until a process has one.
    pub mailer: Option<Mailer>,
    /// The URL at which users reach the web client, without a slash at the end; links start with it.
    pub site: Arc<str>,
}

impl Settings {
    /// The default settings with this key.
    pub fn new(signing_key: SigningKey) -> Self {
        const DAY: Duration = Duration::from_secs(86_400);
        Self {
            signing_key,
            token_lifetime: DAY,
            session_lifetime: DAY * 30,
            trusted_session_lifetime: DAY * 365,
            sessions_per_user: 10,
            message_chars: limits::MESSAGE_CHARS,
            limit_sign_ins: true,
            hashing: HashingCost::default(),
            unsigned_file_paths: true,
            machine: String::new(),
            mail: MailSettings::default(),
            sms: None,
            push: PushSettings::default(),
            calls: CallSettings::default(),
            uploads: UploadSettings::default(),
        }
    }
}

/// The cost of a hash. The default is the minimum that OWASP recommends: 19 MiB, 2 passes, 1 lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HashingCost {
    /// Memory of one hash, in KiB.
    pub memory_kib: u32,
    /// Passes over that memory.
    pub passes: u32,
    /// The number of hashes computed at the same time.
    pub at_once: usize,
}

impl Default for HashingCost {
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2, at_once: 2 }
    }
}
