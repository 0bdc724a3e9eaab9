//! Patterns, and the parts of a text that they find.

use regex::Regex;
use std::ops::Range;

/// Ranges of a text, in bytes.
pub(super) type Ranges = Vec<Range<usize>>;

/// A constant pattern.
pub(super) fn pattern(text: &str) -> Regex {
    // The patterns are constants, and a test compiles each of them.
    Regex::new(text).expect("a constant pattern is valid")
}
