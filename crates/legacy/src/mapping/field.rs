//! What a field of a document is, which column it becomes, and what stands for it where it is absent.
//!
//! A list of fields is read in both directions: an import takes the values out of a document by it, an export puts them back.

use std::borrow::Cow;

/// What a value means, and with it the BSON type that the old system kept it as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An ObjectId; also its 24 digits.
    Id,
    /// A string; where it names something, also an ObjectId.
    Text,
    /// A boolean.
    Flag,
    /// An int64; also an int32 or a double without a fraction.
    Int,
    /// A double; also a whole number.
    Real,
    /// A date in milliseconds; also an ISO 8601 string or a timestamp.
    Time,
    /// A document or an array, as JSON text.
    Json,
    /// An array of strings, as JSON text.
    Texts,
    /// An array of ObjectIds, as JSON text.
    Ids,
    /// Binary data.
    Bytes,
    /// One of some names, in whatever case.
    Name(&'static [&'static str]),
    /// One of some names, which had others before: what was written, in lower case, and what it is.
    Renamed(&'static [(&'static str, &'static str)]),
    /// A language that Meeshy knows.
    Language,
}

/// A value that a column has where the document has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// No value.
    Null,
    /// The document cannot be taken.
    Required,
    /// The default of the old system's own schema.
    Flag(bool),
    /// The default of the old system's own schema.
    Int(i64),
    /// The default of the old system's own schema.
    Text(&'static str),
    /// The second in which the document's ObjectId was made.
    IdTime,
    /// What another column has.
    Column(&'static str),
}

/// What a document can refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Parent {
    /// A person.
    User,
    /// A community.
    Community,
    /// A conversation.
    Conversation,
    /// A link by which guests come in.
    ShareLink,
    /// A guest.
    Guest,
    /// A category of one person's conversations.
    Category,
    /// A message.
    Message,
    /// A file.
    Attachment,
    /// A call.
    Call,
    /// What somebody said in a call.
    Transcription,
    /// An invitation.
    AffiliateToken,
    /// A short link.
    TrackingLink,
    /// A key of the server's own.
    EncryptionKey,
    /// A key that another platform knows a person by.
    Enrollment,
}

impl Parent {
    /// The collection in which it is.
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

/// What a field refers to, and what happens where that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    /// To what.
    pub to: Parent,
    /// The reference is left out, and reported; otherwise the document cannot be taken.
    pub is_nullable: bool,
}

/// A field of a document and the column that it becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name in the document.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What stands for it.
    pub absent: Absent,
    /// What it refers to, if the database holds the reference.
    pub reference: Option<Reference>,
    column: Option<&'static str>,
}

/// A field of some kind, which may be absent.
pub const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, absent: Absent::Null, reference: None, column: None }
}

/// A field of each kind, such as `text("title")`.
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

/// A field that holds one of `names`.
pub const fn name(field_name: &'static str, names: &'static [&'static str]) -> Field {
    field(field_name, Kind::Name(names))
}

impl Field {
    /// The document cannot be taken without it.
    pub const fn required(self) -> Self {
        Self { absent: Absent::Required, ..self }
    }

    /// The default of the old system's own schema.
    pub const fn or_flag(self, on: bool) -> Self {
        Self { absent: Absent::Flag(on), ..self }
    }

    /// The default of the old system's own schema.
    pub const fn or_int(self, number: i64) -> Self {
        Self { absent: Absent::Int(number), ..self }
    }

    /// The default of the old system's own schema.
    pub const fn or_text(self, text: &'static str) -> Self {
        Self { absent: Absent::Text(text), ..self }
    }

    /// The second in which the document's ObjectId was made.
    pub const fn or_id_time(self) -> Self {
        Self { absent: Absent::IdTime, ..self }
    }

    /// What another column has.
    pub const fn or_column(self, column: &'static str) -> Self {
        Self { absent: Absent::Column(column), ..self }
    }

    /// Refers to something that has to be there.
    pub const fn of(self, to: Parent) -> Self {
        Self { absent: Absent::Required, reference: Some(Reference { to, is_nullable: false }), ..self }
    }

    /// Refers to something, if to anything, and is left out where that is gone.
    pub const fn of_or_null(self, to: Parent) -> Self {
        Self { reference: Some(Reference { to, is_nullable: true }), ..self }
    }

    /// Refers to something, if to anything, that has to be there.
    pub const fn of_optional(self, to: Parent) -> Self {
        Self { reference: Some(Reference { to, is_nullable: false }), ..self }
    }

    /// The column, where it is not the name in the other style.
    pub const fn column(self, column: &'static str) -> Self {
        Self { column: Some(column), ..self }
    }

    /// The column that it becomes: `createdAt` is `created_at`.
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
