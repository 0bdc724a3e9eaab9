//! The e-mails of a test.

#![expect(clippy::unwrap_used, reason = "only tests use it, and they may panic")]

use meeshy_chat::MailSettings;
use meeshy_mail::Mailer;
use std::fs;
use tempfile::TempDir;

/// The folder into which a chat writes its e-mails.
pub struct Inbox(TempDir);

/// A sent e-mail.
#[derive(Debug, Clone)]
pub struct Email {
    /// The address of the reader.
    pub to: String,
    /// The plain text.
    pub text: String,
}

impl Default for Inbox {
    fn default() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
}

impl Inbox {
    /// Settings that write e-mails here.
    #[must_use]
    pub fn settings(&self) -> MailSettings {
        let mailer = Mailer::folder("Meeshy <noreply@meeshy.example>", self.0.path().to_owned()).unwrap();
        MailSettings { mailer: Some(mailer), site: "https://meeshy.example".into() }
    }

    /// Removes and returns the e-mails, the oldest first.
    #[must_use]
    pub fn take(&self) -> Vec<Email> {
        let mut files: Vec<_> =
            fs::read_dir(self.0.path()).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        let read = |path| {
            let email = Email::parse(&fs::read_to_string(&path).unwrap());
            fs::remove_file(path).unwrap();
            email
        };
        files.into_iter().map(read).collect()
    }
}

impl Email {
    fn parse(source: &str) -> Self {
        let to = source.lines().find_map(|line| line.strip_prefix("To: ")).unwrap().to_owned();
        let part = source.split("Content-Type: text/plain").nth(1).unwrap();
        let (head, body) = part.split_once("\r\n\r\n").unwrap();
        let body = body.split("\r\n--").next().unwrap();
        let text = if head.contains("quoted-printable") { unquoted(body) } else { body.to_owned() };
        Self { to, text }
    }

    /// The value of a parameter of its link.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn parameter(&self, name: &str) -> String {
        let start = format!("{name}=");
        let mut parameters = self.text.split(['?', '&', '\n', '\r']);
        parameters.find_map(|parameter| parameter.strip_prefix(&start)).unwrap().to_owned()
    }
}

/// Undoes the quoted-printable encoding (RFC 2045, 6.7).
fn unquoted(text: &str) -> String {
    let text = text.replace("=\r\n", "");
    let mut parts = text.split('=');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).unwrap()
}
