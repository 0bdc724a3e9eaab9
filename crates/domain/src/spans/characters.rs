//! Character properties that the rules use.

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup, Script};
use icu_properties::script::ScriptWithExtensions;
use icu_properties::{CodePointMapData, CodePointSetData};

/// Scripts without spaces between words, and Korean, which has none before particles.
const WITHOUT_SPACES: [Script; 11] = [
    Script::Han,
    Script::Hiragana,
    Script::Katakana,
    Script::Bopomofo,
    Script::Hangul,
    Script::Yi,
    Script::Thai,
    Script::Lao,
    Script::Khmer,
    Script::Myanmar,
    Script::Tibetan,
];

fn is_in(group: GeneralCategoryGroup, c: char) -> bool {
    group.contains(CodePointMapData::<GeneralCategory>::new().get(c))
}

/// Whether it is a visible letter, mark or number of any script.
pub(super) fn is_word(c: char) -> bool {
    const WORD: GeneralCategoryGroup =
        GeneralCategoryGroup::Letter.union(GeneralCategoryGroup::Mark).union(GeneralCategoryGroup::Number);
    if c.is_ascii() { c.is_ascii_alphanumeric() } else { is_in(WORD, c) && !is_invisible(c) }
}

/// Whether it combines with the character before it.
pub(super) fn is_mark(c: char) -> bool {
    !c.is_ascii() && is_in(GeneralCategoryGroup::Mark, c)
}

/// Whether it is invisible: joiners, fillers, variation selectors, directional marks and overrides.
pub(super) fn is_invisible(c: char) -> bool {
    !c.is_ascii() && CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Whether a letter belongs to a script in which words follow each other without spaces.
pub(super) fn needs_no_space(c: char) -> bool {
    let scripts = ScriptWithExtensions::new();
    !c.is_ascii() && WITHOUT_SPACES.iter().any(|&script| scripts.has_script(c, script))
}

/// Whether a word continues across the boundary between this character and an ASCII name.
pub(super) fn joins(c: char) -> bool {
    is_word(c) && !needs_no_space(c)
}
