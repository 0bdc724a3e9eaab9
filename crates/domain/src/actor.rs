//! Who acts in a conversation.

use crate::id::InvalidId;
use crate::{GuestId, UserId};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// How the id of a guest begins as a text, so that it is never read as that of a user.
const GUEST: &str = "guest:";

/// A user, or a guest, who has joined one conversation by a link and has no account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// A registered user.
    User(UserId),
    /// A guest.
    Guest(GuestId),
}

impl Actor {
    /// The user, unless it is a guest.
    #[must_use]
    pub fn user(self) -> Option<UserId> {
        match self {
            Self::User(id) => Some(id),
            Self::Guest(_) => None,
        }
    }

    /// The guest, unless it is a user.
    #[must_use]
    pub fn guest(self) -> Option<GuestId> {
        match self {
            Self::User(_) => None,
            Self::Guest(id) => Some(id),
        }
    }

    /// The id alone, which does not say whose it is.
    #[must_use]
    pub fn id(self) -> String {
        match self {
            Self::User(id) => id.to_string(),
            Self::Guest(id) => id.to_string(),
        }
    }

    /// The one of two columns that is set.
    #[must_use]
    pub fn of(user: Option<UserId>, guest: Option<GuestId>) -> Option<Self> {
        user.map(Self::User).or(guest.map(Self::Guest))
    }
}

impl From<UserId> for Actor {
    fn from(id: UserId) -> Self {
        Self::User(id)
    }
}

impl From<GuestId> for Actor {
    fn from(id: GuestId) -> Self {
        Self::Guest(id)
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => id.fmt(f),
            Self::Guest(id) => write!(f, "{GUEST}{id}"),
        }
    }
}

impl FromStr for Actor {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        match text.strip_prefix(GUEST) {
            Some(id) => id.parse().map(Self::Guest),
            None => text.parse().map(Self::User),
        }
    }
}

impl Serialize for Actor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Actor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guests_and_users_with_the_same_digits_are_told_apart() {
        const DIGITS: &str = "65a0c0ffee0123456789abcd";
        let user = Actor::User(DIGITS.parse().unwrap());
        let guest = Actor::Guest(DIGITS.parse().unwrap());
        assert_eq!((user.to_string(), guest.to_string()), (DIGITS.to_owned(), format!("guest:{DIGITS}")));
        for actor in [user, guest] {
            assert_eq!(actor.to_string().parse(), Ok(actor));
            let json = serde_json::to_string(&actor).unwrap();
            assert_eq!(serde_json::from_str::<Actor>(&json).unwrap(), actor);
        }
        assert!("guest:".parse::<Actor>().is_err());
    }
}
