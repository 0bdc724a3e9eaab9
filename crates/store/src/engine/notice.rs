//! Notifications between the processes on one database (`LISTEN` and `NOTIFY`).
//!
//! A notification is a hint and is lost with its connection: after [`Notice::Missed`] a receiver reads what it needs from the database.
//! SQLite belongs to one process, which needs no notifications.

/// The subject of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// There are new translation jobs, or new texts.
    Jobs,
    /// Conversations have new events.
    Events,
    /// Texts that are not messages were translated.
    Texts,
    /// A user has connected to or disconnected from a gateway.
    Presence,
    /// Engines will be needed soon for these pairs.
    WarmUp,
}

impl Channel {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Jobs => "meeshy_translation_jobs",
            Self::Events => "meeshy_events",
            Self::Texts => "meeshy_texts",
            Self::Presence => "meeshy_presence",
            Self::WarmUp => "meeshy_warm_up",
        }
    }
}

/// What a listener receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A notification with its payload, perhaps from this process itself.
    Received(Channel, String),
    /// The connection was lost for a while, and notifications with it.
    Missed,
}

/// The longest payload of a notification, in bytes (PostgreSQL takes less than 8,000).
pub const MAX_NOTICE_BYTES: usize = 7_900;
