//! Fields of documents: their meaning, their columns, and their defaults.
//!
//! A list of fields is used in both directions: an import reads values from a document with it, an export
//! writes them.

use std::borrow::Cow;

/// The meaning of a value, and the BSON type in which the old system stored it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An ObjectId, or its 24 digits.
    Id,
    /// A string; for names also an ObjectId.
    Text,
    /// A boolean.
    Flag,
    /// An int64, or an int32 or a double without a fraction.
    Int,
    /// A double, or an integer.
    Real,
    /// A date in milliseconds, or an ISO 8601 string or a timestamp.
    Time,
    /// A document or an array, as JSON text.
    Json,
    /// An array of strings, as JSON text.
    Texts,
    /// An array of ObjectIds, as JSON text.
    Ids,
    /// Binary data.
    Bytes,
    /// One of some names, in any case.
    Name(&'static [&'static str]),
    /// One of some names that were renamed: the written name in lower case, and its current name.
    Renamed(&'static [(&'static str, &'static str)]),
    /// A language that Meeshy knows.
    Language,
}

/// The value of a column if the document has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// NULL.
    Null,
    /// The document is rejected.
    Required,
    /// A boolean default of the old schema.
    Flag(bool),
    /// A number, the default of the old schema.
    Int(i64),
    /// A text, the default of the old schema.
    Text(&'static str),
    /// The time of the document's ObjectId, in seconds.
    IdTime,
    /// The value of another column.
    Column(&'static str),
}

/// What a document can refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Parent {
    /// A user.
    User,
    /// A community.
    Community,
    /// A conversation.
    Conversation,
    /// A share link for guests.
    ShareLink,
    /// A guest.
    Guest,
    /// A category of one user's conversations.
    Category,
    /// A message.
    Message,
    /// A file.
    Attachment,
    /// A call.
    Call,
    /// A transcribed utterance.
    Transcription,
    /// An invitation.
    AffiliateToken,
    /// A short link.
    TrackingLink,
    /// A key of the server.
    EncryptionKey,
    /// A key that identifies a user on another platform.
    Enrollment,
}

impl Parent {
    /// Its collection.
    #[must_use]
    pub fn collection(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Community => "Community",
            Self::Conversation => "Conversation",
            Self::ShareLink => "ConversationShareLink",
            Self::Guest => "AnonymousParticipant",
            Self::Category => "UserConversationCategory",
            Self::Message => "Message",
            Self::Attachment => "MessageAttachment",
            Self::Call => "CallSession",
            Self::Transcription => "Transcription",
            Self::AffiliateToken => "AffiliateToken",
            Self::TrackingLink => "TrackingLink",
            Self::EncryptionKey => "ServerEncryptionKey",
            Self::Enrollment => "DMAEnrollment",
        }
    }
}

/// The target of a field, and what happens if it is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    /// The target.
    pub to: Parent,
    /// The reference is omitted and reported; otherwise the document is rejected.
    pub is_nullable: bool,
}

/// A field of a document and the column that it becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name in the document.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// Its default.
    pub absent: Absent,
    /// Its target, if the database enforces the reference.
    pub reference: Option<Reference>,
    column: Option<&'static str>,
}

/// A field of some kind, which may be absent.
pub const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, absent: Absent::Null, reference: None, column: None }
}

/// Constructors for fields of each kind, such as `text("title")`.
macro_rules! fields_of_kind {
    ($($function:ident $kind:ident),* $(,)?) => {$(
        /// A field of the kind of the same name.
        pub const fn $function(name: &'static str) -> Field {
            field(name, Kind::$kind)
        }
    )*};
}

fields_of_kind!(
    id Id, text Text, flag Flag, int Int, real Real, time Time, json Json, texts Texts, ids Ids, bytes Bytes, language Language
);

/// A field whose value is one of `names`.
pub const fn name(field_name: &'static str, names: &'static [&'static str]) -> Field {
    field(field_name, Kind::Name(names))
}

impl Field {
    /// The document is rejected without it.
    pub const fn required(self) -> Self {
        Self { absent: Absent::Required, ..self }
    }

    /// Sets a boolean default of the old schema.
    pub const fn or_flag(self, on: bool) -> Self {
        Self { absent: Absent::Flag(on), ..self }
    }

    /// Sets a number as the default of the old schema.
    pub const fn or_int(self, number: i64) -> Self {
        Self { absent: Absent::Int(number), ..self }
    }

    /// Sets a text as the default of the old schema.
    pub const fn or_text(self, text: &'static str) -> Self {
        Self { absent: Absent::Text(text), ..self }
    }

    /// Defaults to the time of the document's ObjectId, in seconds.
    pub const fn or_id_time(self) -> Self {
        Self { absent: Absent::IdTime, ..self }
    }

    /// Defaults to the value of another column.
    pub const fn or_column(self, column: &'static str) -> Self {
        Self { absent: Absent::Column(column), ..self }
    }

    /// A required reference to an existing document.
    pub const fn of(self, to: Parent) -> Self {
        Self { absent: Absent::Required, reference: Some(Reference { to, is_nullable: false }), ..self }
    }

    /// An optional reference, omitted if its target is missing.
    pub const fn of_or_null(self, to: Parent) -> Self {
        Self { reference: Some(Reference { to, is_nullable: true }), ..self }
    }

    /// An optional reference; its target must exist.
    pub const fn of_optional(self, to: Parent) -> Self {
        Self { reference: Some(Reference { to, is_nullable: false }), ..self }
    }

    /// The column, if it is not the field's name in snake case.
    pub const fn column(self, column: &'static str) -> Self {
        Self { column: Some(column), ..self }
    }

    /// The column: `createdAt` becomes `created_at`.
    #[must_use]
    pub fn column_name(&self) -> Cow<'static, str> {
        if let Some(column) = self.column {
            return Cow::Borrowed(column);
        }
        let mut column = String::with_capacity(self.name.len() + 4);
        for (index, character) in self.name.char_indices() {
            if character.is_ascii_uppercase() && index > 0 {
                column.push('_');
            }
            column.push(character.to_ascii_lowercase());
        }
        Cow::Owned(column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_after_fields() {
        assert_eq!(text("canSendFiles").column_name(), "can_send_files");
        assert_eq!(text("name").column_name(), "name");
        assert_eq!(id("_id").column("id").column_name(), "id");
    }
}
