//! Which characters are visible.

use icu_properties::props::{
    DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup, NoncharacterCodePoint, WhiteSpace,
};
use icu_properties::{CodePointMapData, CodePointSetData};

/// Whether a character is invisible by itself: white space, controls, default-ignorable characters (joiners,
/// variation selectors, tags, fillers), format characters except the few that are drawn, and a few blank
/// symbols.
pub fn is_blank(c: char) -> bool {
    if is_blank_symbol(c) || CodePointSetData::new::<WhiteSpace>().contains(c) {
        return true;
    }
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    let is_control = GeneralCategoryGroup::Control.contains(category);
    let is_format = GeneralCategoryGroup::Format.contains(category) && !is_prepended_mark(c);
    is_control
        || is_format
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || CodePointSetData::new::<NoncharacterCodePoint>().contains(c)
}

/// Letters, symbols and marks that only take up space, whatever their Unicode properties.
fn is_blank_symbol(c: char) -> bool {
    matches!(
        c,
        '\u{2800}'                      // Braille pattern blank
            | '\u{1D159}'               // the null notehead
            | '\u{13441}'
            ..='\u{13442}' // the blanks of hieroglyphs
            | '\u{16FE4}'               // the filler of the Khitan script
            | '\u{1107F}'               // the joiner of Brahmi numbers
            | '\u{2D7F}'                // the joiner of Tifinagh consonants
            | '\u{FFFC}' // object replacement character
    )
}

/// Prepended_Concatenation_Mark: format characters that are drawn around the following digits.
fn is_prepended_mark(c: char) -> bool {
    matches!(
        c,
        '\u{600}'
            ..='\u{605}'
                | '\u{6DD}'
                | '\u{70F}'
                | '\u{890}'
                | '\u{891}'
                | '\u{8E2}'
                | '\u{110BD}'
                | '\u{110CD}'
    )
}

/// Whether any character of a text is visible.
pub fn is_visible(text: &str) -> bool {
    !text.chars().all(is_blank)
}

/// Whether a character is a combining mark, which is drawn over or next to the one before it.
pub(super) fn is_mark(c: char) -> bool {
    GeneralCategoryGroup::Mark.contains(CodePointMapData::<GeneralCategory>::new().get(c))
}

/// Whether a character changes the direction of the following text: embeddings, overrides and isolates (UAX
/// #9, 2).
///
/// The directional marks (U+200E, U+200F, U+061C), which names in Arabic and Hebrew need, do not.
pub(super) fn changes_direction(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn invisible_characters_are_blank() {
        let blank = [
            "",
            " \n\t\u{A0}\u{3000}",
            "\u{200B}\u{FEFF}\u{2060}\u{AD}\u{34F}",
            "\u{202E}\u{2066}\u{200E}\u{61C}",
            "\u{2800}",
            "\u{3164}",
            "\u{FFA0}",
            "\u{115F}\u{1160}",
            "\u{FE0F}\u{E0100}\u{180B}",
            "\u{E0041}\u{E007F}",
            "\u{FFF9}\u{FFFB}",
            "\u{1}\u{2}\u{7F}\u{85}",
            "\u{2028}\u{2029}\u{17B4}\u{1D173}\u{13430}\u{FFFE}",
            "\u{13441}\u{13442}\u{16FE4}",
            "\u{FFFC}",
            "\u{2065}\u{FFF0}\u{1BCA0}\u{E01F0}\u{1680}\u{205F}\u{1107F}\u{2D7F}",
        ];
        for text in blank {
            assert!(!is_visible(text), "{}", text.escape_unicode());
        }
        for text in [
            "a",
            "\u{200B}é",
            "👩‍👩‍👧",
            "🏴\u{E0067}\u{E007F}",
            "\u{661}",
            "\u{6DD}\u{661}",
            "\u{E000}",
            "\u{FFFD}",
            "\u{13440}\u{13000}",
            "ー",
            "!",
        ] {
            assert!(is_visible(text), "{}", text.escape_unicode());
        }
    }

    proptest! {
        #[test]
        fn surrounding_blanks_change_nothing(text in "\\PC{0,8}", blanks in "[\u{200B}\u{2800}\u{3164}\u{E0041} ]{0,4}") {
            prop_assert_eq!(is_visible(&format!("{blanks}{text}{blanks}")), is_visible(&text));
        }
    }
}
