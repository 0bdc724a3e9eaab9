//! What users are told by e-mail.

use crate::texts::wording_for;
use crate::wording::{Notice, Wording};
use html_escape::{encode_double_quoted_attribute, encode_text};
use meeshy_domain::Language;
use std::time::Duration;

// The texts state these times.
/// How long the link of [`Letter::VerifyAddress`] works.
pub const VERIFY_FOR: Duration = Duration::from_secs(86_400);
/// How long the link of [`Letter::ChangeAddress`] works.
pub const CHANGE_FOR: Duration = Duration::from_secs(86_400);
/// How long the link of [`Letter::ResetPassword`] works.
pub const RESET_FOR: Duration = Duration::from_secs(3_600);
/// How long the link of [`Letter::SignIn`] works.
pub const SIGN_IN_FOR: Duration = Duration::from_secs(60);

/// What a user is told. It has no `Debug`, because links contain secrets.
#[derive(Clone)]
pub enum Letter {
    /// Asks the owner of a new account to confirm the address.
    VerifyAddress {
        /// The link that confirms it.
        link: String,
    },
    /// Lets a user choose a new password.
    ResetPassword {
        /// The link to the form.
        link: String,
    },
    /// Signs a user in without a password.
    SignIn {
        /// The link that signs in.
        link: String,
    },
    /// Asks the owner of an account to confirm its new address; sent there.
    ChangeAddress {
        /// The link that confirms it.
        link: String,
    },
    /// Tells the owner that the password was changed.
    PasswordChanged,
    /// Tells the owner at the old address that the account has a new one.
    AddressChanged,
    /// Answers who asks for a link that signs in or changes the password, that the address is too new for it.
    TooEarly,
    /// Tells the owner that a telephone number was added to the account, or replaced the one before.
    NumberConfirmed,
    /// Tells the owner that the telephone number is another account's now.
    NumberMoved,
}

/// A letter in a language. It has no `Debug`, because links contain secrets.
#[derive(Clone)]
pub struct Written {
    /// The subject.
    pub subject: String,
    /// As plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

impl Letter {
    /// Writes the letter to the user `username` in `language`, or in English.
    #[must_use]
    pub fn write(&self, username: &str, language: Language) -> Written {
        let (wording, written_in) = wording_for(language);
        let (notice, link) = self.notice(wording);
        let greeting = wording.greeting.replace("{name}", username);
        let mut text = format!("{greeting}\n\n{}\n", notice.text);
        let mut html = format!("<p>{}</p>\n<p>{}</p>\n", encode_text(&greeting), encode_text(notice.text));
        if let Some(link) = link {
            text += &format!("\n{link}\n");
            let href = encode_double_quoted_attribute(link);
            html += &format!(
                "<p><a href=\"{href}\" style=\"display:inline-block;padding:12px 20px;border-radius:8px;\
                 background:#2f5bd7;color:#fff;text-decoration:none\">{}</a></p>\n<p>{}<br>\
                 <a href=\"{href}\" dir=\"ltr\">{}</a></p>\n",
                encode_text(notice.button),
                encode_text(wording.or_copy),
                encode_text(link),
            );
        }
        text += &format!("\n{}\n\nMeeshy\n", notice.caution);
        html += &format!("<p>{}</p>\n<p>Meeshy</p>\n", encode_text(notice.caution));
        let html = format!(
            "<!doctype html>\n<html lang=\"{}\" dir=\"{}\">\n<head><meta charset=\"utf-8\"><title>{}</title></head>\n\
             <body style=\"font-family:sans-serif;line-height:1.5\">\n{html}</body>\n</html>\n",
            written_in.code(),
            match written_in.direction() {
                meeshy_domain::Direction::Ltr => "ltr",
                meeshy_domain::Direction::Rtl => "rtl",
            },
            encode_text(notice.subject),
        );
        Written { subject: notice.subject.to_owned(), text, html }
    }

    fn notice<'a>(&'a self, wording: &'static Wording) -> (&'static Notice, Option<&'a str>) {
        match self {
            Self::VerifyAddress { link } => (&wording.verify_address, Some(link)),
            Self::ResetPassword { link } => (&wording.reset_password, Some(link)),
            Self::SignIn { link } => (&wording.sign_in, Some(link)),
            Self::ChangeAddress { link } => (&wording.change_address, Some(link)),
            Self::PasswordChanged => (&wording.password_changed, None),
            Self::AddressChanged => (&wording.address_changed, None),
            Self::TooEarly => (&wording.too_early, None),
            Self::NumberConfirmed => (&wording.number_confirmed, None),
            Self::NumberMoved => (&wording.number_moved, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters() -> Vec<Letter> {
        let link = || "https://meeshy.example/x?token=abc&email=lea%40example.org".to_owned();
        vec![
            Letter::VerifyAddress { link: link() },
            Letter::ResetPassword { link: link() },
            Letter::SignIn { link: link() },
            Letter::ChangeAddress { link: link() },
            Letter::PasswordChanged,
            Letter::AddressChanged,
            Letter::TooEarly,
            Letter::NumberConfirmed,
            Letter::NumberMoved,
        ]
    }

    #[test]
    fn each_language_has_texts_of_its_own() {
        let mut subjects = Vec::new();
        for code in ["en", "fr", "es", "ar"] {
            for letter in letters() {
                let written = letter.write("lea", Language::parse(code).unwrap());
                assert!(written.text.contains("lea"), "{}", written.text);
                assert!(written.html.contains(&format!("lang=\"{code}\"")), "{}", written.html);
                assert!(!written.text.contains('{') && !written.subject.is_empty());
                subjects.push(written.subject);
            }
        }
        let all = subjects.len();
        subjects.sort();
        subjects.dedup();
        assert_eq!(subjects.len(), all);
    }

    #[test]
    fn others_read_english_and_arabic_is_written_from_right_to_left() {
        let write = |code| Letter::PasswordChanged.write("lea", Language::parse(code).unwrap());
        assert_eq!(write("ja").subject, write("en").subject);
        assert!(write("ja").html.contains("lang=\"en\" dir=\"ltr\""));
        assert!(write("ar").html.contains("dir=\"rtl\""));
    }

    #[test]
    fn a_link_is_escaped_in_html_only() {
        let written = letters()[0].write("lea", Language::parse("en").unwrap());
        assert!(written.text.contains("?token=abc&email=lea%40example.org\n"));
        assert!(
            written.html.contains("href=\"https://meeshy.example/x?token=abc&amp;email=lea%40example.org\"")
        );
    }
}
