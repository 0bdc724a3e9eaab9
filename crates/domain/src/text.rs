//! Checks on what people type (wire-contract 1.8, 1.9). Each says what is wrong in a sentence for that person.

use crate::limits;

/// What was typed cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct InvalidText {
    /// The field as the wire names it.
    pub field: &'static str,
    /// What is wrong, for the person who typed it.
    pub problem: String,
}

fn invalid<T>(field: &'static str, problem: impl Into<String>) -> Result<T, InvalidText> {
    Err(InvalidText { field, problem: problem.into() })
}

/// The text of a message: something to see, at most `max_chars` characters, no NUL (which PostgreSQL cannot hold).
///
/// It is kept as typed, with its spaces.
///
/// # Errors
/// When one of these does not hold.
pub fn message(content: &str, max_chars: usize) -> Result<(), InvalidText> {
    if content.chars().all(is_blank) {
        return invalid("content", "the message is empty");
    }
    no_nul("content", content)?;
    // Counting stops early, so that ten megabytes cost no more than a little over the limit.
    if content.chars().nth(max_chars).is_some() {
        return invalid("content", format!("the message is longer than {max_chars} characters"));
    }
    Ok(())
}

/// Whether a character shows nothing by itself: space, and what Unicode means for joining, spacing and direction only.
fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}

/// A client's own id of a message: 1 to 64 printable characters.
///
/// # Errors
/// When it is none.
pub fn client_message_id(id: &str) -> Result<(), InvalidText> {
    let length = id.chars().take(limits::CLIENT_MESSAGE_ID_CHARS + 1).count();
    if length == 0 || length > limits::CLIENT_MESSAGE_ID_CHARS || id.chars().any(char::is_control) {
        return invalid("clientMessageId", "expected 1 to 64 printable characters");
    }
    Ok(())
}

/// A username: 2 to 16 of letters, digits, `_` and `-`. Returned trimmed, in the case it was typed.
///
/// # Errors
/// When it is none.
pub fn username(typed: &str) -> Result<&str, InvalidText> {
    let name = typed.trim();
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !(2..=16).contains(&name.len()) || !name.chars().all(allowed) {
        return invalid("username", "use 2 to 16 letters, digits, `_` or `-`");
    }
    Ok(name)
}

/// An e-mail address in the shape `name@host.tld`, at most 255 bytes; returned in lower case.
///
/// # Errors
/// When it has not that shape. Whether it exists only a mail can tell.
pub fn email(typed: &str) -> Result<String, InvalidText> {
    let address = typed.trim().to_lowercase();
    let shape = address.split_once('@').is_some_and(|(name, host)| {
        let labels = host.split('.').count();
        !name.is_empty() && labels >= 2 && host.split('.').all(|l| !l.is_empty()) && !host.contains('@')
    });
    if !shape || address.len() > 255 || address.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return invalid("email", "this is not an e-mail address");
    }
    Ok(address)
}

/// A password: at least 8 characters, at most 1,024 bytes, any content.
///
/// # Errors
/// When it is shorter or longer.
pub fn password(typed: &str) -> Result<(), InvalidText> {
    if typed.chars().count() < limits::PASSWORD_CHARS {
        return invalid("password", "use at least 8 characters");
    }
    if typed.len() > limits::PASSWORD_BYTES {
        return invalid("password", "use at most 1,024 bytes");
    }
    Ok(())
}

/// A line that a person fills in, such as a name or a title: trimmed, 1 to `max_chars` characters, no control characters.
///
/// # Errors
/// When it is empty, too long or has control characters.
pub fn line<'a>(field: &'static str, typed: &'a str, max_chars: usize) -> Result<&'a str, InvalidText> {
    let text = typed.trim();
    if text.is_empty() {
        return invalid(field, "this is empty");
    }
    if text.chars().nth(max_chars).is_some() {
        return invalid(field, format!("use at most {max_chars} characters"));
    }
    if text.chars().any(char::is_control) {
        return invalid(field, "control characters are not allowed");
    }
    Ok(text)
}

/// A paragraph that a person may leave empty: trimmed, at most `max_chars` characters, no NUL.
///
/// # Errors
/// When it is too long or holds a NUL.
pub fn paragraph<'a>(field: &'static str, typed: &'a str, max_chars: usize) -> Result<&'a str, InvalidText> {
    let text = typed.trim();
    no_nul(field, text)?;
    if text.chars().nth(max_chars).is_some() {
        return invalid(field, format!("use at most {max_chars} characters"));
    }
    Ok(text)
}

fn no_nul(field: &'static str, text: &str) -> Result<(), InvalidText> {
    if text.contains('\0') { invalid(field, "a NUL character is not allowed") } else { Ok(()) }
}

/// A name with each of its words capitalised, as profiles keep it: `jean-luc PICARD` becomes `Jean-Luc PICARD`.
pub fn capitalised(name: &str) -> String {
    let mut start = true;
    name.chars()
        .flat_map(|c| {
            let upper = start && c.is_lowercase();
            start = !c.is_alphanumeric() && c != '\'';
            if upper { c.to_uppercase().collect::<Vec<_>>() } else { vec![c] }
        })
        .collect()
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
        assert_eq!(message("a\0b", 4_000).unwrap_err().problem, "a NUL character is not allowed");
    }

    #[test]
    fn usernames_and_addresses() {
        assert_eq!(
            username(" Léa "),
            Err(InvalidText { field: "username", problem: "use 2 to 16 letters, digits, `_` or `-`".into() })
        );
        assert_eq!(username(" lea_2 "), Ok("lea_2"));
        assert_eq!(email(" Lea@Example.ORG ").unwrap(), "lea@example.org");
        for wrong in [
            "",
            "lea",
            "@example.org",
            "lea@example",
            "lea@.org",
            "lea@a@b.org",
            "l ea@example.org",
            "a\0@b.c",
        ] {
            assert!(email(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn words_are_capitalised() {
        assert_eq!(capitalised("jean-luc d'arc éva"), "Jean-Luc D'arc Éva");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = (message(&text, 10), username(&text), email(&text), password(&text), line("title", &text, 5), client_message_id(&text));
            let _ = capitalised(&text);
        }
    }
}
