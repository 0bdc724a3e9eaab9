//! Names and titles.

use super::fold::{self, is_apostrophe, script};
use super::visible::{changes_direction, is_blank, is_mark};
use super::{InvalidText, invalid};
use crate::Language;
use icu_casemap::CaseMapper;
use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

/// Validates a line of input, such as a name or a title: 1 to `max_chars` characters, at least one of them
/// visible. Returns it trimmed and in NFC.
///
/// # Errors
/// If it is invisible, too long, contains control characters or line breaks, or changes the direction of the
/// following text.
pub fn line(field: &'static str, typed: &str, max_chars: usize) -> Result<String, InvalidText> {
    let text = typed.trim();
    // Counting before composing keeps the work small.
    if text.chars().nth(max_chars.saturating_mul(4)).is_some() {
        return invalid(field, format!("use at most {max_chars} characters"));
    }
    let text = fold::nfc(text);
    if text.chars().all(|c| is_blank(c) || is_mark(c)) {
        return invalid(field, "must not be empty");
    }
    if text.chars().nth(max_chars).is_some() {
        return invalid(field, format!("use at most {max_chars} characters"));
    }
    if text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return invalid(field, "control characters are not allowed");
    }
    if text.chars().any(changes_direction) {
        return invalid(field, "characters that change the direction of the text are not allowed");
    }
    Ok(text)
}

/// A name with the first letter of each word in title case, as stored in profiles: `jean-luc PICARD` becomes
/// `Jean-Luc PICARD`.
///
/// A letter is unchanged if its title case is several characters (`ß`, `ﬁ`), in another script (`µ`), or, as
/// in Georgian, the letter itself. In Turkish and Azerbaijani, `i` becomes `İ`; in Dutch, `ij` becomes `IJ`.
pub fn capitalised(name: &str, language: Language) -> String {
    let cases = CaseMapper::new();
    let (has_dotted_i, has_ij) = (matches!(language.code(), "tr" | "az"), language.code() == "nl");
    let mut at_start = true;
    let mut after_i = false;
    let capitalise = |c: char| {
        if is_mark(c) {
            return c;
        }
        let first = (at_start || after_i && c == 'j') && c.is_lowercase();
        after_i = has_ij && at_start && c == 'i';
        if first && has_dotted_i && c == 'i' {
            at_start = false;
            return 'İ';
        }
        // In `ʻaukai`, the first letter is the second character.
        at_start = is_border(c) || (at_start && !c.is_alphanumeric()) || (at_start && is_modifier(c));
        let title = cases.simple_titlecase(c);
        if first && script(title) == script(c) { title } else { c }
    };
    name.chars().map(capitalise).collect()
}

fn is_border(c: char) -> bool {
    !c.is_alphanumeric() && !is_apostrophe(c) && (!is_blank(c) || c.is_whitespace()) && c != '\u{B7}'
}

fn is_modifier(c: char) -> bool {
    CodePointMapData::<GeneralCategory>::new().get(c) == GeneralCategory::ModifierLetter
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn language(code: &str) -> Language {
        Language::parse(code).unwrap()
    }

    #[test]
    fn words_are_capitalised() {
        for (typed, kept) in [
            ("jean-luc d'arc éva", "Jean-Luc D'arc Éva"),
            ("mary o’brien", "Mary O’brien"),
            ("McDONALD deGroot", "McDONALD DeGroot"),
            ("e\u{301}va ne\u{301}e", "E\u{301}va Ne\u{301}e"),
            ("გიორგი მაისურაძე", "გიორგი მაისურაძე"),
            ("ßtein ﬁsher ŉ", "ßtein ﬁsher ŉ"),
            ("ǆemal ᾳ", "ǅemal ᾼ"),
            ("µm", "µm"),
            ("gal·la 3rd", "Gal·la 3rd"),
            ("ʻaukai", "ʻAukai"),
            ("фёдор щукин", "Фёдор Щукин"),
            ("वि\u{200D}जय नामa", "वि\u{200D}जय नामa"),
            ("j.r.r. tolkien", "J.R.R. Tolkien"),
        ] {
            assert_eq!(capitalised(typed, language("en")), kept);
        }
        for (code, typed, kept) in [
            ("nl", "ijsbrand van ijzeren", "IJsbrand Van IJzeren"),
            ("nl", "marij-ijs iris", "Marij-IJs Iris"),
            ("en", "ijsbrand", "Ijsbrand"),
            ("tr", "ilker ışık", "İlker Işık"),
            ("az", "ilham", "İlham"),
        ] {
            let name = capitalised(typed, language(code));
            assert_eq!(name, kept);
            assert_eq!(capitalised(&name, language(code)), kept);
        }
    }

    #[test]
    fn a_line_must_be_visible() {
        assert_eq!(line("title", " Zoe\u{308} ", 3).as_deref(), Ok("Zoë"));
        assert_eq!(line("title", "نامه\u{200C}ها", 50).as_deref(), Ok("نامه\u{200C}ها"));
        for blank in
            ["", " ", "\u{200B}", "\u{2800}", "\u{3164}\u{FFA0}", "\u{E0041}", "\u{301}", " \u{20DD}"]
        {
            assert_eq!(line("title", blank, 50).unwrap_err().problem, "must not be empty", "{blank:?}");
        }
        for wrong in [
            "a\nb",
            "a\u{202E}b",
            "\u{2067}a\u{2069}",
            "a\u{2028}b",
            "a\u{85}b",
            "abcd",
            &"a\u{301}".repeat(1_000),
        ] {
            assert!(line("title", wrong, 3).is_err(), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn capitalising_changes_only_the_case(name in "\\PC{0,16}") {
            let capitalised = capitalised(&name, language("en"));
            prop_assert_eq!(capitalised.chars().count(), name.chars().count());
            prop_assert_eq!(fold::key(&capitalised), fold::key(&name));
            prop_assert_eq!(super::capitalised(&capitalised, language("en")), capitalised);
        }

        #[test]
        fn validation_is_idempotent(typed in "\\PC{0,16}") {
            if let Ok(text) = line("title", &typed, 10) {
                prop_assert_eq!(line("title", &text, 10).unwrap(), text);
            }
        }
    }
}
