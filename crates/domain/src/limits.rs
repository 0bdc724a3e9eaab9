//! Sizes that hold everywhere.

/// Characters of a message, at most.
pub const MESSAGE_CHARS: usize = 4_000;
/// How long its author may change a message.
pub const EDIT_WINDOW: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);
/// Characters of a client's own message id, at most.
pub const CLIENT_MESSAGE_ID_CHARS: usize = 64;
/// Characters of a username, at least and at most.
pub const USERNAME_CHARS: std::ops::RangeInclusive<usize> = 2..=16;
/// Characters of a first and of a last name, at most.
pub const NAME_CHARS: usize = 50;
/// Characters of the name that others see, at most.
pub const DISPLAY_NAME_CHARS: usize = 100;
/// Characters of what somebody says about themselves, at most.
pub const BIO_CHARS: usize = 500;
/// Characters of the name that somebody gives a conversation for its address, at most.
pub const IDENTIFIER_CHARS: usize = 50;
/// Characters of a tag of a language, at most: RFC 5646 (section 4.4.1) asks for room for 35; no tag of a language needs more.
pub const LANGUAGE_TAG_CHARS: usize = 35;
/// Characters of a conversation's title, at most.
pub const TITLE_CHARS: usize = 100;
/// Characters of a conversation's description, at most.
pub const DESCRIPTION_CHARS: usize = 500;
/// People in a conversation when it is created, at most.
pub const PARTICIPANTS: usize = 1_000;
/// Bytes of an e-mail address, at most (RFC 5321, 4.5.3.1.3, less the brackets around it).
pub const EMAIL_BYTES: usize = 254;
/// Bytes of a password, at most: hashing must not be a way to burn our processor.
pub const PASSWORD_BYTES: usize = 1_024;
/// Characters of a password, at least.
pub const PASSWORD_CHARS: usize = 8;
/// Characters of a text that is translated without being a message, at most.
pub const TRANSLATED_TEXT_CHARS: usize = 1_000;
/// Such texts in one request, at most.
pub const TRANSLATED_TEXTS: usize = 10;
/// How long a caller waits for a translation on request, at most.
pub const TRANSLATION_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);
/// Terms of a glossary, at most: each is looked for in each message.
pub const GLOSSARY_TERMS: usize = 500;
/// People that a message mentions, at most; further mentions are text.
pub const MENTIONS: usize = 50;
/// Members of a conversation who are told who of them comes online and goes offline, at most; a larger one has figures on demand.
pub const PRESENCE_MEMBERS: i64 = 250;
/// Characters of a term and of its translation, at most.
pub const TERM_CHARS: usize = 100;
/// Characters that a reader can add to a report, at most.
pub const REPORT_CHARS: usize = 1_000;
