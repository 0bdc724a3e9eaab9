//! Kinds of conversations, of messages, and of what readers report.

use crate::named::named;

named!(
    /// The kinds of conversation.
    ConversationKind, "conversation type" {
        /// Two people.
        Direct = "direct",
        /// Invited people.
        Group = "group",
        /// Anybody may join.
        Public = "public",
        /// Everybody is in it.
        Global = "global",
        /// Few write, many read.
        Broadcast = "broadcast",
    }
);

impl ConversationKind {
    /// Those that people can open.
    pub const OPENABLE: &[Self] = &[Self::Direct, Self::Group, Self::Public];
}

named!(
    /// The kinds of message that clients send.
    MessageType, "message type" {
        /// Words.
        Text = "text",
        /// A picture.
        Image = "image",
        /// A file of another kind.
        File = "file",
        /// Sound.
        Audio = "audio",
        /// A film.
        Video = "video",
        /// A place.
        Location = "location",
    }
);

named!(
    /// What is wrong with a translation.
    ReportReason, "reason" {
        /// It says something else.
        Wrong = "wrong",
        /// A part is missing.
        Incomplete = "incomplete",
        /// It can be understood, but nobody would say it so.
        Clumsy = "clumsy",
        /// It is rude, and the message is not.
        Offensive = "offensive",
        /// It is not in the language it should be in.
        Language = "language",
        /// Something else, in the reader's own words.
        Other = "other",
    }
);
