//! Identifiers: 24 lower-case hexadecimal characters, in the format of a MongoDB ObjectId.
//!
//! Every noun has its own type, so that a message id cannot be passed for a conversation id.

use crate::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

/// The text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an identifier: expected 24 hexadecimal characters")]
pub struct InvalidId(String);

/// The twelve bytes of every identifier: seconds, process, counter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Raw([u8; 12]);

impl Raw {
    fn parse(text: &str) -> Result<Self, InvalidId> {
        let invalid = || InvalidId(text.chars().take(64).collect());
        let digits = text.as_bytes();
        if digits.len() != 24 {
            return Err(invalid());
        }
        let mut bytes = [0; 12];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |c: u8| char::from(c).to_digit(16);
            let (Some(high), Some(low)) = (digit(pair[0]), digit(pair[1])) else { return Err(invalid()) };
            *byte = u8::try_from(high << 4 | low).map_err(|_| invalid())?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 24];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            pair[0] = HEX[usize::from(byte >> 4)];
            pair[1] = HEX[usize::from(byte & 15)];
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

macro_rules! id {
    ($(#[doc = $doc:literal])* $name:ident) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Raw);

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Raw::parse(text).map(Self)
            }
        }

        impl From<NewId> for $name {
            fn from(id: NewId) -> Self {
                Self(id.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "string",
                    "description": concat!($($doc),*).trim_ascii(),
                    "pattern": "^[0-9a-f]{24}$",
                })
            }
        }
    };
}

id!(
    /// A registered user.
    UserId
);
id!(
    /// A session: a signed-in device of a user.
    SessionId
);
id!(
    /// A conversation of any kind.
    ConversationId
);
id!(
    /// A user's membership of a conversation.
    MemberId
);
id!(
    /// A file attached to a message.
    AttachmentId
);
id!(
    /// A message.
    MessageId
);
id!(
    /// A reaction to a message.
    ReactionId
);
id!(
    /// A term of a glossary.
    TermId
);
id!(
    /// A reader's report of a bad translation.
    ReportId
);
id!(
    /// A friend request.
    FriendRequestId
);
id!(
    /// A category into which a user sorts conversations.
    CategoryId
);
id!(
    /// The preferences of a user, of all kinds or for one conversation or community.
    PreferencesId
);
id!(
    /// An e-mail to a user.
    MailId
);
id!(
    /// A community.
    CommunityId
);
id!(
    /// A user's membership of a community.
    CommunityMemberId
);
id!(
    /// A text to translate that is not a message.
    TextId
);
id!(
    /// A call.
    CallId
);
id!(
    /// A participant of a call.
    CallParticipantId
);
id!(
    /// A link by which people join a conversation.
    ShareLinkId
);
id!(
    /// A device that gets push notifications.
    PushTokenId
);
id!(
    /// A guest of a conversation, who has no account.
    GuestId
);

/// A new identifier without a type yet: `UserId::from(ids.next(now))`.
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct NewId(Raw);

/// The key of a row that nothing refers to.
impl From<NewId> for String {
    fn from(id: NewId) -> Self {
        id.0.to_string()
    }
}

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Generates identifiers like MongoDB's drivers: four bytes of seconds, five of the process, three of a
/// counter.
///
/// Two generators must not share the same `process`. One generator makes up to 16,777,216 ids per second
/// before it repeats.
#[derive(Debug)]
pub struct IdGenerator {
    process: [u8; 5],
    counter: AtomicU32,
}

impl IdGenerator {
    /// A generator for a process identified by five random bytes, which counts from `first`.
    pub fn new(process: [u8; 5], first: u32) -> Self {
        Self { process, counter: AtomicU32::new(first) }
    }

    /// The next identifier, with the seconds of `now`.
    pub fn next(&self, now: Timestamp) -> NewId {
        let seconds = u32::try_from(now.millis().div_euclid(1000)).unwrap_or(u32::MAX).to_be_bytes();
        let count = self.counter.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let mut bytes = [0; 12];
        bytes[..4].copy_from_slice(&seconds);
        bytes[4..9].copy_from_slice(&self.process);
        bytes[9..].copy_from_slice(&count[1..]);
        NewId(Raw(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ids_are_lower_case_hex_and_ordered_by_time() {
        let ids = IdGenerator::new([1, 2, 3, 4, 5], 0x00ff_ffff);
        let first = MessageId::from(ids.next(Timestamp::from_millis(1_000)));
        let second = MessageId::from(ids.next(Timestamp::from_millis(2_000)));
        assert_eq!(first.to_string(), "000000010102030405ffffff");
        assert_eq!(second.to_string(), "000000020102030405000000");
        assert!(first < second);
    }

    #[test]
    fn upper_case_is_accepted_and_anything_else_rejected() {
        let id: UserId = "65A0C0FFEE0123456789ABCD".parse().unwrap();
        assert_eq!(id.to_string(), "65a0c0ffee0123456789abcd");
        for wrong in
            ["", "65a0", "65a0c0ffee0123456789abcg", "65a0c0ffee0123456789abcd0", "é5a0c0ffee0123456789abc"]
        {
            assert!(wrong.parse::<UserId>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn parsing_and_formatting_round_trip(text in "[0-9a-f]{24}") {
            prop_assert_eq!(text.parse::<MessageId>().unwrap().to_string(), text);
        }

        #[test]
        fn no_input_panics(text in ".*") {
            let _ = text.parse::<MessageId>();
        }
    }
}
