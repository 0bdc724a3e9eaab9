//! What a system message tells.

use crate::named::named;

named!(
    /// What has happened to a conversation.
    SystemEvent, "system event" {
        /// The actor has added somebody.
        Added = "added",
        /// The actor has joined.
        Joined = "joined",
        /// The actor has left.
        Left = "left",
        /// The actor has removed somebody.
        Removed = "removed",
        /// The actor has changed the title.
        TitleChanged = "title-changed",
        /// The actor has made somebody the owner.
        OwnershipTransferred = "ownership-transferred",
    }
);

impl SystemEvent {
    /// A sentence in English, for clients that have no words of their own. `value` is the new title.
    pub fn sentence(self, actor: &str, target: &str, value: &str) -> String {
        match self {
            Self::Added => format!("{actor} added {target}"),
            Self::Joined => format!("{actor} joined"),
            Self::Left => format!("{actor} left"),
            Self::Removed => format!("{actor} removed {target}"),
            Self::TitleChanged => format!("{actor} changed the title to \u{201c}{value}\u{201d}"),
            Self::OwnershipTransferred => format!("{actor} made {target} the owner"),
        }
    }
}
