//! The properties of characters that the rules ask for.

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup, Script};
use icu_properties::script::ScriptWithExtensions;
use icu_properties::{CodePointMapData, CodePointSetData};

/// Scripts that have no spaces between words, and Korean, which has none before its particles.
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

/// Whether it is a letter, a mark or a number of any script that can be seen.
pub(super) fn is_word(c: char) -> bool {
    const WORD: GeneralCategoryGroup =
        GeneralCategoryGroup::Letter.union(GeneralCategoryGroup::Mark).union(GeneralCategoryGroup::Number);
    if c.is_ascii() { c.is_ascii_alphanumeric() } else { is_in(WORD, c) && !is_invisible(c) }
}

/// Whether it belongs to the character before it.
pub(super) fn is_mark(c: char) -> bool {
    !c.is_ascii() && is_in(GeneralCategoryGroup::Mark, c)
}

/// Whether it shows nothing: joiners, fillers, variation selectors, marks and overrides of direction.
pub(super) fn is_invisible(c: char) -> bool {
    !c.is_ascii() && CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Whether a letter is of a script in which a word can follow the one before without a space.
pub(super) fn needs_no_space(c: char) -> bool {
    let scripts = ScriptWithExtensions::new();
    !c.is_ascii() && WITHOUT_SPACES.iter().any(|&script| scripts.has_script(c, script))
}

/// Whether a word goes on over the border between this character and a name in ASCII.
pub(super) fn joins(c: char) -> bool {
    is_word(c) && !needs_no_space(c)
}
