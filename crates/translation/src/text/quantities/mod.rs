//! Numbers, with or without units, times, dates and amounts of money.
//!
//! A neural engine gets them as they are, because the words around them agree with them: "às 11:20", "por volta das
//! 11:00". [`lost`] checks that they have survived, in any notation. Rule-based engines get placeholders
//! instead, and so do neural ones for a text that fails the check.

mod kept;
mod read;

use crate::mark::{is_mark, mark, mark_index};
pub(crate) use kept::lost;
use read::{Found, find};
use std::ops::Range;

/// How many quantities of a text are replaced at most; a sentence has fewer.
const MAX_REPLACED: usize = 1_000;

/// A text whose quantities are replaced by placeholders.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Replaced {
    /// The text; its own marks come first.
    pub(crate) text: String,
    first: usize,
    pieces: Vec<String>,
}

impl Replaced {
    /// Replaces the quantities. A plain integer is left to the engine, because the words around it agree with it.
    pub(crate) fn formatted(text: &str) -> Self {
        Self::those(text, |found| !found.is_plain)
    }

    /// Replaces all, also plain integers.
    pub(crate) fn all(text: &str) -> Self {
        Self::those(text, |_| true)
    }

    /// Replaces those that a translation of the text has [`lost`].
    pub(crate) fn those_lost(text: &str, lost: &[Range<usize>]) -> Self {
        Self::those(text, |found| lost.contains(&found.range))
    }

    fn those(text: &str, is_wanted: impl Fn(&Found) -> bool) -> Self {
        let first = text.chars().filter_map(mark_index).map(|index| index + 1).max().unwrap_or(0);
        let mut replaced = Self { text: String::with_capacity(text.len()), first, pieces: Vec::new() };
        let mut at = 0;
        let wanted = find(text).into_iter().filter(|found| !found.is_in_word && is_wanted(found));
        for found in wanted.take(MAX_REPLACED) {
            replaced.text.push_str(&text[at..found.range.start]);
            replaced.text.push(mark(first + replaced.pieces.len()));
            replaced.pieces.push(text[found.range.clone()].to_owned());
            at = found.range.end;
        }
        replaced.text.push_str(&text[at..]);
        replaced
    }

    /// A translation of the text with the quantities of the source.
    pub(crate) fn put_back(&self, translation: &str) -> String {
        let mut text = String::with_capacity(translation.len());
        for character in translation.chars() {
            let piece = mark_index(character)
                .and_then(|index| index.checked_sub(self.first))
                .and_then(|index| self.pieces.get(index));
            match piece {
                Some(piece) => text.push_str(piece),
                None => text.push(character),
            }
        }
        text
    }
}

/// Whether a text has letters outside of marks and quantities.
pub(crate) fn has_words(text: &str) -> bool {
    text.chars().any(char::is_alphabetic) && Replaced::formatted(text).text.chars().any(char::is_alphabetic)
}

/// The text with spaces for marks and quantities.
pub(crate) fn words(text: &str) -> String {
    Replaced::formatted(text).text.replace(is_mark, " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("12:30, 5 km, 20 %, €5, 3.50€, 1,234.5 and 2026-11-21", "◆, ◆, ◆, ◆, ◆, ◆ and ◆")]
    #[case("走5km回家", "走◆回家")]
    #[case("2 cats, C++ and a/b", "2 cats, C++ and a/b")]
    #[case("in 2026 at 7", "in 2026 at 7")]
    #[case("R$ 25 or US$ 7", "◆ or ◆")]
    #[case("5 mètres, 2,5 mètres", "5 mètres, ◆ mètres")]
    #[case("at 3 p.m. or 3pm", "at ◆ or ◆")]
    #[case("3 amigos, 10 amper", "3 amigos, 10 amper")]
    #[case("12h30 et 15h", "◆ et ◆")]
    #[case("H1N1, A4, x2 and B2B", "H1N1, A4, x2 and B2B")]
    #[case("the 1990s, the 21st, 3D", "the 1990s, the 21st, 3D")]
    #[case("1 234,5 € and 10 000 people", "◆ and ◆ people")]
    #[case("٣٫٥ كم", "◆ كم")]
    #[case("版本1.5很好", "版本◆很好")]
    #[case("100 km/h, 25 °C, 3 m²", "◆, ◆, ◆")]
    #[case("24/7 and 5-6", "24/7 and 5-6")]
    #[case("05.12.2025 or 12/5/25", "◆ or ◆")]
    #[case("30 min 20 s 4 GB", "◆ ◆ ◆")]
    #[case("1.234.567,89", "◆")]
    #[case("1'234.50 CHF", "◆")]
    #[case("no numbers", "no numbers")]
    #[case("", "")]
    fn formatted_quantities_are_replaced(#[case] text: &str, #[case] expected: &str) {
        let replaced = Replaced::formatted(text);
        assert_eq!(replaced.text.replace(is_mark, "◆"), expected);
        assert_eq!(replaced.put_back(&replaced.text), text);
    }

    #[rstest]
    #[case("2 cats at 5 pm in 2026", "◆ cats at ◆ in ◆")]
    #[case("the 1990s and the 21st", "the 1990s and the 21st")]
    fn all_quantities_are_replaced(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(Replaced::all(text).text.replace(is_mark, "◆"), expected);
    }

    #[test]
    fn the_marks_of_the_text_come_first() {
        let text = format!("{} at 12:30 {}", mark(0), mark(1));
        let replaced = Replaced::formatted(&text);
        assert_eq!(replaced.text, format!("{} at {} {}", mark(0), mark(2), mark(1)));
        assert_eq!(replaced.put_back(&replaced.text), text);
    }

    #[rstest]
    #[case("5 km", false)]
    #[case("12:30!", false)]
    #[case("€20, 3 pm", false)]
    #[case("5 cats", true)]
    #[case("at 5 km", true)]
    #[case("", false)]
    fn words_are_told_from_units(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(has_words(text), expected);
    }
}
