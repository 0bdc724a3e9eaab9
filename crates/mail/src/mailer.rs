//! Sends e-mails.

use crate::folder;
use crate::local::is_local;
use crate::mail::Mail;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp;
use lettre::transport::smtp::response::Category;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

/// How long each step of the conversation with a server may take.
const STEP_TIMEOUT: Duration = Duration::from_secs(20);
/// How long sending one e-mail may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Sends e-mails from one sender. Cheap to clone.
#[derive(Clone)]
pub struct Mailer {
    from: Arc<Mailbox>,
    way: Way,
}

#[derive(Clone)]
enum Way {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Folder(Arc<PathBuf>),
}

/// The sender or the server is not valid.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The sender is not an address.
    #[error("the sender must be an address such as `Meeshy <noreply@example.org>`")]
    Sender,
    /// The URL of the server is not valid. Contains no password.
    #[error("the SMTP server must be a URL such as `smtps://user:password@mail.example.org`")]
    Server,
    /// Passwords and links would cross the network in clear text.
    #[error("`smtp://` needs `?tls=required`, unless the server is on this machine")]
    ClearText,
}

/// Why an e-mail was not sent. Contains neither texts nor addresses.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It will never be accepted, so sending it again does not help.
    #[error("the e-mail was rejected{0}")]
    Rejected(String),
    /// Sending it again may help.
    #[error("the mail server failed: {0}")]
    Failed(String),
    /// The file could not be written.
    #[error("failed to write the e-mail: {0}")]
    File(#[from] std::io::Error),
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.way {
            Way::Smtp(_) => f.write_str("Mailer(SMTP)"),
            Way::Folder(folder) => f.debug_tuple("Mailer").field(folder).finish(),
        }
    }
}

impl Mailer {
    /// Sends by SMTP: `smtps://` is TLS, `smtp://` with `?tls=required` STARTTLS. A server on this machine
    /// needs no TLS.
    ///
    /// # Errors
    /// When the sender or the URL is not valid, or passwords would be sent in clear text.
    pub fn smtp(from: &str, url: &str) -> Result<Self, SetupError> {
        let from = sender(from)?;
        if url.starts_with("smtp://") && !url.contains("tls=required") && !is_local(url) {
            return Err(SetupError::ClearText);
        }
        let transport =
            AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|_| SetupError::Server)?;
        Ok(Self { from, way: Way::Smtp(transport.timeout(Some(STEP_TIMEOUT)).build()) })
    }

    /// Writes files `<id>.eml` into a folder, which keeps the newest 1,000.
    ///
    /// # Errors
    /// When the sender is not valid.
    pub fn folder(from: &str, folder: PathBuf) -> Result<Self, SetupError> {
        Ok(Self { from: sender(from)?, way: Way::Folder(Arc::new(folder)) })
    }

    /// Sends an e-mail.
    ///
    /// # Errors
    /// [`MailError::Rejected`] when it is useless to try again.
    pub async fn send(&self, mail: Mail) -> Result<(), MailError> {
        let id = mail.id.clone();
        let message = self.message(mail)?;
        match &self.way {
            Way::Smtp(transport) => match tokio::time::timeout(TIMEOUT, transport.send(message)).await {
                Ok(sent) => sent.map(drop).map_err(|error| failure(&error)),
                Err(_) => Err(MailError::Failed("timed out".into())),
            },
            Way::Folder(folder) => {
                let folder = Arc::clone(folder);
                let write = move || folder::write(&folder, &id, "eml", &message.formatted());
                Ok(tokio::task::spawn_blocking(write).await.map_err(std::io::Error::other)??)
            }
        }
    }

    fn message(&self, mail: Mail) -> Result<Message, MailError> {
        let rejected = || MailError::Rejected(": it has no valid address".into());
        let to = mail.to.parse().map_err(|_| rejected())?;
        let at = UNIX_EPOCH + Duration::from_millis(u64::try_from(mail.at.millis()).unwrap_or_default());
        let domain = self.from.email.domain();
        let mut message = Message::builder()
            .from((*self.from).clone())
            .to(Mailbox::new(None, to))
            .subject(mail.written.subject)
            .date(at)
            .message_id(Some(format!("<{}@{domain}>", mail.id)))
            .multipart(MultiPart::alternative_plain_html(mail.written.text, mail.written.html))
            .map_err(|_| rejected())?;
        // RFC 3834: answering machines do not answer.
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        message.headers_mut().insert_raw(HeaderValue::new(automatic, "auto-generated".to_owned()));
        Ok(message)
    }
}

fn sender(from: &str) -> Result<Arc<Mailbox>, SetupError> {
    from.parse().map(Arc::new).map_err(|_| SetupError::Sender)
}

/// What a server says may contain the address, so only its code is kept.
fn failure(error: &smtp::Error) -> MailError {
    let code = error.status().map(|code| format!(" with code {code}")).unwrap_or_default();
    // RFC 4954: those are about our password, not about the e-mail.
    let is_ours = error.status().is_some_and(|code| code.category == Category::Unspecified3);
    if error.is_permanent() && !is_ours {
        return MailError::Rejected(code);
    }
    let what = if error.is_timeout() {
        "it timed out"
    } else if error.is_tls() {
        "the TLS connection failed"
    } else if error.is_transient() {
        "it asks to try again later"
    } else {
        "it cannot be reached"
    };
    MailError::Failed(format!("{what}{code}"))
}
