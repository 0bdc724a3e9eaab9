//! The versions of Engine.IO.

/// The version of Engine.IO.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// Clients ping, and join the namespace `/` implicitly.
    V3,
    /// The server pings.
    V4,
}
