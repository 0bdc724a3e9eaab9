//! What scripts have in common.

use icu_properties::CodePointMapData;
use icu_properties::props::LineBreak;

/// Whether a character belongs to a script without spaces between words: Chinese, Japanese, Thai, Khmer ...
pub(crate) fn needs_no_spaces(c: char) -> bool {
    matches!(
        CodePointMapData::<LineBreak>::new().get(c),
        LineBreak::Ideographic | LineBreak::ConditionalJapaneseStarter | LineBreak::ComplexContext
    )
}
