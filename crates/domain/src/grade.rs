//! How good a translation is expected to be.

use crate::named::named;

named!(
    /// The grade of a translation, as shown to readers; the worst is the greatest.
    Grade, "grade" {
        /// It reads well.
        Good = "good",
        /// It can be understood, with mistakes.
        Fair = "fair",
        /// It conveys the gist at most, or may be wrong.
        Rough = "rough",
    }
);
