//! What readers do with files.

use crate::named::named;

named!(
    /// What a reader has done with a file.
    FileAction, "action" {
        /// Opened it.
        Viewed = "viewed",
        /// Saved it.
        Downloaded = "downloaded",
        /// Played a recording.
        Listened = "listened",
        /// Played a film.
        Watched = "watched",
    }
);

impl FileAction {
    /// Whether it is done to an end.
    #[must_use]
    pub fn has_an_end(self) -> bool {
        matches!(self, Self::Listened | Self::Watched)
    }
}
