//! What a step of a route loses, as data, in points of chrF (0 to 100) on FLORES.
//!
//! The scale is that of differences: a route loses the sum of its steps, and the route that loses least is taken.
//! Apertium's figures are fitted (least squares, none below 3) to the chrF of all 102 paths of at most three steps
//! between English, Spanish, Catalan, French, Portuguese and Italian over the 997 sentences of FLORES dev. With them
//! English reaches French over Catalan (48.8) and not over Spanish (47.3). The absolute height comes from the Firefox
//! models on the same sentences: 11 to 15 points above Apertium from and into English.

use crate::engine::Pair;

/// What a further step costs in time and chance, whatever the engines.
pub(crate) const LOST_AT_A_PIVOT: f32 = 0.5;

/// One sentence of twelve words through a warm pipeline; measured between 0.8 and 1.3 ms.
pub(crate) const APERTIUM_MS: f32 = 1.0;
/// One sentence of twelve words on one core; measured between 5 ms (tiny) and 15 ms (base) with a shortlist.
pub(crate) const FIREFOX_MS: f32 = 10.0;

/// Little, and about the same for all: two models over English lose less than Apertium does in one step.
pub(crate) const LOST_BY_FIREFOX: f32 = 1.0;

/// For pairs that were not measured: as for Italian, the least developed of those that were.
const LOST_BY_APERTIUM: f32 = 6.0;

const APERTIUM: [(&str, &str, f32); 16] = [
    ("ca", "en", 3.8),
    ("ca", "es", 3.0),
    ("ca", "fr", 3.0),
    ("ca", "pt", 3.0),
    ("en", "ca", 7.7),
    ("en", "es", 7.7),
    ("es", "ca", 3.0),
    ("es", "en", 3.0),
    ("es", "fr", 4.5),
    ("es", "it", 6.0),
    ("es", "pt", 3.5),
    ("fr", "ca", 3.0),
    ("fr", "es", 4.4),
    ("it", "es", 6.0),
    ("pt", "ca", 3.0),
    ("pt", "es", 3.0),
];

/// What Apertium loses on a pair.
pub(crate) fn lost_by_apertium(pair: Pair) -> f32 {
    APERTIUM
        .iter()
        .find(|(from, to, _)| (*from, *to) == (pair.from.code(), pair.to.code()))
        .map_or(LOST_BY_APERTIUM, |&(_, _, lost)| lost)
}
