//! Durable changes of conversations: what the [event log](crate::events) contains.

use meeshy_domain::{Actor, AttachmentId, FileAction, Language, MessageId, UserId};

/// A durable change of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Change {
    /// It was created.
    Created,
    /// A message was written.
    MessageNew(MessageId),
    /// A message was edited.
    MessageEdited(MessageId),
    /// A message was deleted.
    MessageDeleted(MessageId),
    /// A message was pinned, or its pin was taken off.
    Pinned(MessageId),
    /// A user has done something with a file of a message, for the first time or to its end.
    File(MessageId, AttachmentId, UserId, FileAction),
    /// A user or a guest has added or removed a reaction to a message, with this emoji.
    Reaction(MessageId, Actor, String),
    /// A translation of a message ended, with or without a text.
    Translated(MessageId, Language),
    /// A member has read it to its end.
    Read(UserId),
    /// Its glossary, or the proposals for it.
    Glossary,
    /// Its title, its picture, or another attribute.
    Updated,
    /// It was closed.
    Closed,
    /// A user has become a member.
    Joined(UserId),
    /// A member has left or was removed.
    Left(UserId),
    /// A member has another role.
    Role(UserId),
}

impl Change {
    /// The values of the columns `kind` and `subject`.
    pub(crate) fn columns(&self) -> (&'static str, String) {
        match self {
            Self::Created => ("created", String::new()),
            Self::MessageNew(message) => ("message", message.to_string()),
            Self::MessageEdited(message) => ("edit", message.to_string()),
            Self::MessageDeleted(message) => ("delete", message.to_string()),
            Self::Pinned(message) => ("pin", message.to_string()),
            Self::File(message, file, user, action) => ("file", format!("{message} {file} {user} {action}")),
            Self::Reaction(message, by, emoji) => ("reaction", format!("{message} {by} {emoji}")),
            Self::Translated(message, language) => ("translation", format!("{message} {language}")),
            Self::Read(user) => ("read", user.to_string()),
            Self::Glossary => ("glossary", String::new()),
            Self::Updated => ("updated", String::new()),
            Self::Closed => ("closed", String::new()),
            Self::Joined(user) => ("joined", user.to_string()),
            Self::Left(user) => ("left", user.to_string()),
            Self::Role(user) => ("role", user.to_string()),
        }
    }

    /// `None` for a change written by a newer version of the program.
    pub(crate) fn parse(kind: &str, subject: &str) -> Option<Self> {
        Some(match kind {
            "created" => Self::Created,
            "message" => Self::MessageNew(subject.parse().ok()?),
            "edit" => Self::MessageEdited(subject.parse().ok()?),
            "delete" => Self::MessageDeleted(subject.parse().ok()?),
            "pin" => Self::Pinned(subject.parse().ok()?),
            "file" => {
                let mut parts = subject.split(' ');
                let mut part = || parts.next();
                Self::File(
                    part()?.parse().ok()?,
                    part()?.parse().ok()?,
                    part()?.parse().ok()?,
                    part()?.parse().ok()?,
                )
            }
            "reaction" => {
                let (message, rest) = subject.split_once(' ')?;
                let (by, emoji) = rest.split_once(' ')?;
                Self::Reaction(message.parse().ok()?, by.parse().ok()?, emoji.to_owned())
            }
            "translation" => {
                let (message, language) = subject.split_once(' ')?;
                Self::Translated(message.parse().ok()?, Language::parse(language).ok()?)
            }
            "read" => Self::Read(subject.parse().ok()?),
            "glossary" => Self::Glossary,
            "updated" => Self::Updated,
            "closed" => Self::Closed,
            "joined" => Self::Joined(subject.parse().ok()?),
            "left" => Self::Left(subject.parse().ok()?),
            "role" => Self::Role(subject.parse().ok()?),
            _ => return None,
        })
    }

    /// The changed message, if the change is of a message.
    #[must_use]
    pub fn message(&self) -> Option<MessageId> {
        match *self {
            Self::MessageNew(id)
            | Self::MessageEdited(id)
            | Self::MessageDeleted(id)
            | Self::Pinned(id)
            | Self::File(id, ..)
            | Self::Translated(id, _)
            | Self::Reaction(id, ..) => Some(id),
            Self::Created
            | Self::Read(_)
            | Self::Glossary
            | Self::Updated
            | Self::Closed
            | Self::Joined(_)
            | Self::Left(_)
            | Self::Role(_) => None,
        }
    }
}
