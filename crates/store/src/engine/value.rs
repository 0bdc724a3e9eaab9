//! The six kinds of value that both databases share, and rows of them.

use crate::StoreError;
use meeshy_domain::Timestamp;
use std::sync::Arc;

/// A value written to or read from a database.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// NULL.
    Null,
    /// A boolean. SQLite stores it as 0 or 1.
    Bool(bool),
    /// An integer, also a time in milliseconds.
    Int(i64),
    /// A floating-point number.
    Real(f64),
    /// Text, also an id.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(value.clone())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

impl From<Timestamp> for Value {
    fn from(value: Timestamp) -> Self {
        Self::Int(value.millis())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<&meeshy_domain::Secret> for Value {
    fn from(value: &meeshy_domain::Secret) -> Self {
        Self::Text(value.expose().to_owned())
    }
}

impl From<meeshy_domain::Secret> for Value {
    fn from(value: meeshy_domain::Secret) -> Self {
        Self::from(&value)
    }
}

impl FromValue for meeshy_domain::Secret {
    fn from_value(value: Value) -> Result<Self, String> {
        String::from_value(value).map(Into::into)
    }
}

/// The id, for a column of users or one of guests.
impl From<meeshy_domain::Actor> for Value {
    fn from(value: meeshy_domain::Actor) -> Self {
        match value {
            meeshy_domain::Actor::User(id) => id.into(),
            meeshy_domain::Actor::Guest(id) => id.into(),
        }
    }
}

/// Implements conversions for types that are stored as their text.
macro_rules! kept_as_text {
    ($($type:ty),* $(,)?) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::Text(value.to_string())
            }
        }

        impl FromValue for $type {
            fn from_value(value: Value) -> Result<Self, String> {
                let text = String::from_value(value)?;
                text.parse().map_err(|error| format!("{error}"))
            }
        }
    )*};
}

kept_as_text!(
    meeshy_domain::UserId,
    meeshy_domain::NotificationKind,
    meeshy_domain::SessionId,
    meeshy_domain::ConversationId,
    meeshy_domain::MemberId,
    meeshy_domain::MailId,
    meeshy_domain::PhonePurpose,
    meeshy_domain::MessageId,
    meeshy_domain::AttachmentId,
    meeshy_domain::ReactionId,
    meeshy_domain::TermId,
    meeshy_domain::CategoryId,
    meeshy_domain::PreferencesId,
    meeshy_domain::ReportId,
    meeshy_domain::FriendRequestId,
    meeshy_domain::FriendRequestStatus,
    meeshy_domain::ReportedKind,
    meeshy_domain::AbuseKind,
    meeshy_domain::TextId,
    meeshy_domain::CommunityId,
    meeshy_domain::CommunityMemberId,
    meeshy_domain::CallId,
    meeshy_domain::CallParticipantId,
    meeshy_domain::ShareLinkId,
    meeshy_domain::PushTokenId,
    meeshy_domain::GuestId,
    meeshy_domain::PushService,
    meeshy_domain::PushPlatform,
    meeshy_domain::FileKind,
    meeshy_domain::CallMode,
    meeshy_domain::CallRole,
    meeshy_domain::CallStatus,
    meeshy_domain::CommunityRole,
    meeshy_domain::Language,
    meeshy_domain::Role,
    meeshy_domain::MemberRole,
    meeshy_domain::SystemEvent,
    meeshy_domain::ConversationKind,
    meeshy_domain::Grade,
);

/// A type that a column can be read as.
pub trait FromValue: Sized {
    /// Converts the value, or returns what was found instead.
    ///
    /// # Errors
    /// When the value is of another kind.
    fn from_value(value: Value) -> Result<Self, String>;
}

fn wrong<T>(expected: &str, found: &Value) -> Result<T, String> {
    Err(format!("expected {expected}, found {found:?}"))
}

impl FromValue for Value {
    fn from_value(value: Value) -> Result<Self, String> {
        Ok(value)
    }
}

impl FromValue for bool {
    fn from_value(value: Value) -> Result<Self, String> {
        match value {
            Value::Bool(on) => Ok(on),
            Value::Int(0) => Ok(false),
            Value::Int(1) => Ok(true),
            other => wrong("a truth value", &other),
        }
    }
}

impl FromValue for i64 {
    fn from_value(value: Value) -> Result<Self, String> {
        match value {
            Value::Int(number) => Ok(number),
            other => wrong("a whole number", &other),
        }
    }
}

impl FromValue for f64 {
    fn from_value(value: Value) -> Result<Self, String> {
        match value {
            Value::Real(number) => Ok(number),
            other => wrong("a measurement", &other),
        }
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Result<Self, String> {
        match value {
            Value::Text(text) => Ok(text),
            other => wrong("text", &other),
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: Value) -> Result<Self, String> {
        match value {
            Value::Bytes(bytes) => Ok(bytes),
            other => wrong("bytes", &other),
        }
    }
}

impl FromValue for Timestamp {
    fn from_value(value: Value) -> Result<Self, String> {
        i64::from_value(value).map(Timestamp::from_millis)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Result<Self, String> {
        match value {
            Value::Null => Ok(None),
            other => T::from_value(other).map(Some),
        }
    }
}

/// One row of a result. Its columns are read in order, or taken by name.
#[derive(Debug)]
pub struct Row {
    columns: Arc<[String]>,
    values: Vec<Value>,
    position: usize,
}

impl Row {
    pub(crate) fn new(columns: Arc<[String]>, values: Vec<Value>) -> Self {
        Self { columns, values, position: 0 }
    }

    /// Reads the next column of the row.
    ///
    /// # Errors
    /// When there are no more columns, or it is of another kind.
    pub(crate) fn next<T: FromValue>(&mut self) -> Result<T, StoreError> {
        let at = self.position;
        let Some(value) = self.values.get_mut(at) else {
            return Err(StoreError::Statement(format!("the result has only {at} columns")));
        };
        self.position += 1;
        let value = std::mem::replace(value, Value::Null);
        T::from_value(value).map_err(|problem| {
            let name = self.columns.get(at).map_or("?", String::as_str);
            StoreError::Statement(format!("column `{name}`: {problem}"))
        })
    }

    /// Whether the next column has no value.
    pub(crate) fn next_is_null(&self) -> bool {
        matches!(self.values.get(self.position), Some(Value::Null))
    }

    /// Takes the column `name` out of the row.
    ///
    /// # Errors
    /// When there is no such column, it was already taken, or it is of another kind.
    pub fn take<T: FromValue>(&mut self, name: &str) -> Result<T, StoreError> {
        let value = self.take_value(name)?;
        T::from_value(value).map_err(|problem| StoreError::Statement(format!("column `{name}`: {problem}")))
    }

    /// Takes the column `name` out of the row, whatever its kind.
    ///
    /// # Errors
    /// When there is no such column.
    pub fn take_value(&mut self, name: &str) -> Result<Value, StoreError> {
        let index = self.columns.iter().position(|column| column == name);
        let value = index
            .and_then(|index| self.values.get_mut(index))
            .map(|value| std::mem::replace(value, Value::Null));
        value.ok_or_else(|| StoreError::Statement(format!("the result has no column `{name}`")))
    }
}
