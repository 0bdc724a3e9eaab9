//! Why somebody cannot join as a guest.

use meeshy_domain::OutsideOrigins;

/// Why somebody cannot join as a guest, though the link works.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GuestRefusal {
    /// The link is for registered users only.
    #[error("this link is for people with an account; sign in to join")]
    AccountRequired,
    /// It is not for people from there.
    #[error("{}", .0.sentence())]
    Outside(OutsideOrigins),
    /// As many guests are there as may be at the same time.
    #[error("as many guests as possible are there at the moment; try again later")]
    Full,
    /// Somebody else has this name.
    #[error("somebody has this name already; you could be `{suggestion}`")]
    NameTaken {
        /// A name that is free.
        suggestion: String,
    },
}
