//! The e-mails and text messages of a test.

#![expect(clippy::unwrap_used, reason = "only tests use it, and they may panic")]

use meeshy_chat::MailSettings;
use meeshy_mail::Mailer;
use meeshy_mail::sms::SmsSender;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// The folder into which a chat writes its e-mails and text messages.
pub struct Inbox(TempDir);

/// A sent e-mail.
#[derive(Debug, Clone)]
pub struct Email {
    /// The address of the reader.
    pub to: String,
    /// The plain text.
    pub text: String,
}

/// A sent text message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The number of the reader.
    pub to: String,
    /// What it says.
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
        let mailer = Mailer::folder("Meeshy <noreply@meeshy.example>", self.folder("mail")).unwrap();
        MailSettings { mailer: Some(mailer), site: "https://meeshy.example".into() }
    }

    /// Writes text messages here.
    #[must_use]
    pub fn sms(&self) -> SmsSender {
        SmsSender::folder(self.folder("sms"))
    }

    /// Removes and returns the e-mails, the oldest first.
    #[must_use]
    pub fn take(&self) -> Vec<Email> {
        self.files("mail").iter().map(|content| Email::parse(content)).collect()
    }

    /// Removes and returns the text messages, the oldest first.
    #[must_use]
    pub fn take_texts(&self) -> Vec<Text> {
        self.files("sms").iter().map(|content| Text::parse(content)).collect()
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Removes the files in a folder, and returns their contents.
    fn files(&self, folder: &str) -> Vec<String> {
        let Ok(files) = fs::read_dir(self.folder(folder)) else { return Vec::new() };
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        let read = |path| {
            let content = fs::read_to_string(&path).unwrap();
            fs::remove_file(path).unwrap();
            content
        };
        files.into_iter().map(read).collect()
    }
}

impl Text {
    fn parse(source: &str) -> Self {
        let (to, text) = source.strip_prefix("To: ").unwrap().split_once("\n\n").unwrap();
        Self { to: to.to_owned(), text: text.trim_end().to_owned() }
    }

    /// Its code.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn code(&self) -> String {
        let is_code = |word: &&str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
        let mut words = self.text.split(|c: char| !c.is_ascii_alphanumeric());
        words.find(is_code).unwrap().to_owned()
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
