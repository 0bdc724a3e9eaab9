//! Characters that are not text: emoji, directional marks, and private-use characters.

use super::pattern::Ranges;
use icu_properties::props::{BidiControl, EmojiModifier, ExtendedPictographic, RegionalIndicator};
use icu_properties::{CodePointSetData, CodePointSetDataBorrowed};
use icu_segmenter::GraphemeClusterSegmenter;

/// Turns a digit into a keycap, with or without U+FE0F in between.
const KEYCAP: char = '\u{20E3}';

const PICTOGRAPHIC: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<ExtendedPictographic>();
const REGIONAL: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<RegionalIndicator>();
const MODIFIER: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<EmojiModifier>();
const DIRECTION: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<BidiControl>();

/// Emoji, with everything that joins or modifies them; adjacent ones are one piece.
pub(super) fn emoji(text: &str) -> Ranges {
    if text.is_ascii() {
        return Vec::new();
    }
    let mut ranges: Ranges = Vec::new();
    let mut start = 0;
    for end in GraphemeClusterSegmenter::new().segment_str(text).skip(1) {
        if text[start..end].chars().any(is_emoji) {
            match ranges.last_mut() {
                Some(last) if last.end == start => last.end = end,
                _ => ranges.push(start..end),
            }
        }
        start = end;
    }
    ranges
}

fn is_emoji(c: char) -> bool {
    c == KEYCAP || PICTOGRAPHIC.contains(c) || REGIONAL.contains(c)
}

/// Directional marks and overrides, which the engines' vocabularies lack, private-use characters, and emoji
/// modifiers without an emoji; one by one.
pub(super) fn signs(text: &str) -> Ranges {
    if text.is_ascii() {
        return Vec::new();
    }
    text.char_indices()
        .filter(|&(_, c)| DIRECTION.contains(c) || MODIFIER.contains(c) || is_private(c))
        .map(|(at, c)| at..at + c.len_utf8())
        .collect()
}

/// All three private-use areas; the engines' marks ([`crate::is_mark`]) are in the first.
fn is_private(c: char) -> bool {
    matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{FFFFD}' | '\u{100000}'..='\u{10FFFD}')
}

#[cfg(test)]
mod tests {
    use crate::text::protect::protected;
    use rstest::rstest;

    fn pieces(text: &str) -> Vec<&str> {
        protected(text, |_| Vec::new()).0.into_iter().map(|range| &text[range]).collect()
    }

    #[rstest]
    #[case("nice 👍🏽 family 👨‍👩‍👧‍👦🇫🇷 1️⃣ ❤️", &["👍🏽", "👨‍👩‍👧‍👦🇫🇷", "1️⃣", "❤️"])]
    #[case("🏴󠁧󠁢󠁥󠁮󠁧󠁿 🏽 #️⃣ ©", &["🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🏽", "#️⃣", "©"])]
    #[case("x\u{E001}y\u{F0000}z\u{10FFFD}", &["\u{E001}", "\u{F0000}", "\u{10FFFD}"])]
    #[case("a\u{202E}b\u{202C}c\u{200F}", &["\u{202E}", "\u{202C}", "\u{200F}"])]
    #[case("می\u{200C}خواهم क्\u{200D}ष", &[])]
    fn symbols_are_found(#[case] text: &str, #[case] expected: &[&str]) {
        assert_eq!(pieces(text), expected);
    }

    /// The old system's emoji pattern matched these letters.
    #[test]
    fn letters_are_not_mistaken_for_emoji() {
        for text in [
            "今日は東京へ行きます。",
            "오늘 서울에 갑니다.",
            "วันนี้ฉันไปกรุงเทพ",
            "اليوم أذهب",
            "आज मैं",
            "ዛሬ",
            "დღეს",
        ] {
            assert_eq!(pieces(text), Vec::<&str>::new(), "{text}");
        }
    }
}
