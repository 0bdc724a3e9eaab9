//! Validation of user input, with messages for the user, and the forms in which texts are compared.

mod email;
mod fold;
mod grams;
mod name;
mod visible;

pub use email::{email, email_key};
pub use fold::{FOLD_VERSION, Names, found_words, is_enough_to_search, key, nfc, searched_words, words};
pub use grams::{TextSearch, grams};
pub use name::{capitalised, line};
pub use visible::{is_blank, is_visible};

use crate::limits;

/// Invalid input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct InvalidText {
    /// The name of the field on the wire.
    pub field: &'static str,
    /// What is wrong, for the user who typed it.
    pub problem: String,
}

fn invalid<T>(field: &'static str, problem: impl Into<String>) -> Result<T, InvalidText> {
    Err(InvalidText { field, problem: problem.into() })
}

/// Validates the text of a message: something visible, at most `max_chars` characters, no NUL (which
/// PostgreSQL cannot store).
///
/// The text is kept as typed, including spaces.
///
/// # Errors
/// If it is not valid.
pub fn message(content: &str, max_chars: usize) -> Result<(), InvalidText> {
    if !is_visible(content) {
        return invalid("content", "the message is empty");
    }
    caption(content, max_chars)
}

/// Validates the text that goes with files: as that of a message, but it may be empty.
///
/// # Errors
/// If it is not valid.
pub fn caption(content: &str, max_chars: usize) -> Result<(), InvalidText> {
    no_nul("content", content)?;
    // Counting stops early, so that ten megabytes cost hardly more than a text just over the limit.
    if content.chars().nth(max_chars).is_some() {
        return invalid("content", format!("the message is longer than {max_chars} characters"));
    }
    Ok(())
}

/// Validates a client's message id: 1 to 64 printable characters.
///
/// # Errors
/// If it is not valid.
pub fn client_message_id(id: &str) -> Result<(), InvalidText> {
    let length = id.chars().take(limits::CLIENT_MESSAGE_ID_CHARS + 1).count();
    if length == 0 || length > limits::CLIENT_MESSAGE_ID_CHARS || id.chars().any(char::is_control) {
        return invalid("clientMessageId", "expected 1 to 64 printable characters");
    }
    Ok(())
}

/// Validates a username: 2 to 16 letters, digits, `_` and `-`. Returns it trimmed, in the case it was typed.
///
/// # Errors
/// If it is not valid.
pub fn username(typed: &str) -> Result<&str, InvalidText> {
    let name = typed.trim();
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !limits::USERNAME_CHARS.contains(&name.len()) || !name.chars().all(allowed) {
        return invalid("username", "use 2 to 16 letters, digits, `_` or `-`");
    }
    Ok(name)
}

/// Validates a password: at least 8 characters, at most 1,024 bytes, any content. Returns it as
/// [`prepared_password`] does.
///
/// # Errors
/// If it is too short or too long.
pub fn password(typed: &str) -> Result<String, InvalidText> {
    if typed.len() > limits::PASSWORD_BYTES {
        return invalid("password", "use at most 1,024 bytes");
    }
    let password = prepared_password(typed);
    if password.chars().count() < limits::PASSWORD_CHARS {
        return invalid("password", "use at least 8 characters");
    }
    Ok(password)
}

/// The form of a password that is hashed, independent of the keyboard: NFC, with every space as U+0020 (RFC
/// 8265, 4.2.2).
pub fn prepared_password(typed: &str) -> String {
    // Unicode separators other than line separators.
    let is_space = |c: char| c.is_whitespace() && !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}');
    nfc(&typed.replace(is_space, " "))
}

/// Validates an optional paragraph: at most `max_chars` characters, no NUL. Returns it trimmed; invisible
/// text becomes empty.
///
/// # Errors
/// If it is too long or contains a NUL.
pub fn paragraph<'a>(field: &'static str, typed: &'a str, max_chars: usize) -> Result<&'a str, InvalidText> {
    let text = typed.trim();
    no_nul(field, text)?;
    if text.chars().nth(max_chars).is_some() {
        return invalid(field, format!("use at most {max_chars} characters"));
    }
    Ok(if is_visible(text) { text } else { "" })
}

fn no_nul(field: &'static str, text: &str) -> Result<(), InvalidText> {
    if text.contains('\0') { invalid(field, "NUL characters are not allowed") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn messages_at_the_limits() {
        assert!(message(&"é".repeat(4_000), 4_000).is_ok());
        assert_eq!(
            message(&"é".repeat(4_001), 4_000).unwrap_err().problem,
            "the message is longer than 4000 characters"
        );
        for blank in ["", " \n\t ", "\u{200B}", " \u{FEFF}\u{200D} \u{202E}"] {
            assert_eq!(message(blank, 4_000).unwrap_err().problem, "the message is empty", "{blank:?}");
        }
        assert_eq!(message("a\0b", 4_000).unwrap_err().problem, "NUL characters are not allowed");
    }

    #[test]
    fn usernames_and_addresses() {
        assert_eq!(
            username(" Léa "),
            Err(InvalidText { field: "username", problem: "use 2 to 16 letters, digits, `_` or `-`".into() })
        );
        assert_eq!(username(" lea_2 "), Ok("lea_2"));
    }

    #[test]
    fn a_password_does_not_depend_on_the_keyboard() {
        let composed = password("mot de passe n° é7").unwrap();
        assert_eq!(password("mot de passe n° e\u{301}7").unwrap(), composed);
        assert_eq!(password("mot\u{a0}de passe n°\u{3000}é7").unwrap(), composed);
        assert_ne!(password("Mot de passe n° é7").unwrap(), composed);
        assert!(password("e\u{301}e\u{301}e\u{301}e\u{301}").is_err(), "four letters");
        assert!(password(&"x".repeat(limits::PASSWORD_BYTES + 1)).is_err());
    }

    #[test]
    fn an_invisible_paragraph_is_empty() {
        assert_eq!(paragraph("bio", " hello\n", 10), Ok("hello"));
        assert_eq!(paragraph("bio", "\u{2800}\u{200B}", 10), Ok(""));
    }

    proptest! {
        #[test]
        fn no_input_panics(text in "\\PC*") {
            let _ = (message(&text, 10), username(&text), email(&text), password(&text), line("title", &text, 5), client_message_id(&text));
            let _ = capitalised(&text, crate::Language::parse("nl").unwrap());
        }
    }
}
