//! What a system message tells.

use crate::named::named;
use std::time::Duration;

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
    /// For how long [what is told once](Self::is_told_once) is not told again: who comes and goes in a loop does not fill the
    /// conversation.
    pub const QUIET: Duration = Duration::from_secs(10 * 60);

    /// Whether it is told once when the same person does it again, to the same one, in the same conversation. A new title is
    /// always told, because it is another one.
    #[must_use]
    pub fn is_told_once(self) -> bool {
        self != Self::TitleChanged
    }

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
