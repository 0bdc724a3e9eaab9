//! The writing system of a text.

use crate::is_mark;
use crate::text::Document;
use icu_properties::CodePointMapData;
use icu_properties::props::Script;
use meeshy_domain::Language;

/// A writing system of one or several languages: a script, or scripts that are used together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Writing {
    Latin,
    Cyrillic,
    Arabic,
    /// Chinese characters, alone or with kana.
    Han,
    Ethiopic,
    /// A script with a single system, by its ISO 15924 code.
    Other(&'static str),
}

impl Writing {
    fn of_letter(c: char) -> Option<Self> {
        if c.is_ascii() {
            return c.is_ascii_alphabetic().then_some(Self::Latin);
        }
        if !c.is_alphabetic() || is_mark(c) {
            return None;
        }
        Some(match CodePointMapData::<Script>::new().get(c) {
            Script::Latin => Self::Latin,
            Script::Cyrillic => Self::Cyrillic,
            Script::Arabic => Self::Arabic,
            Script::Han | Script::Hiragana | Script::Katakana | Script::Bopomofo => Self::Han,
            Script::Ethiopic => Self::Ethiopic,
            Script::Greek => Self::Other("Grek"),
            Script::Hebrew => Self::Other("Hebr"),
            Script::Armenian => Self::Other("Armn"),
            Script::Georgian => Self::Other("Geor"),
            Script::Hangul => Self::Other("Kore"),
            Script::Thai => Self::Other("Thai"),
            Script::Devanagari => Self::Other("Deva"),
            Script::Bengali => Self::Other("Beng"),
            Script::Gujarati => Self::Other("Gujr"),
            Script::Kannada => Self::Other("Knda"),
            Script::Malayalam => Self::Other("Mlym"),
            Script::Tamil => Self::Other("Taml"),
            Script::Telugu => Self::Other("Telu"),
            // Letters shared by several scripts, such as the kana prolonged sound mark.
            Script::Common | Script::Inherited => return None,
            // No language of ours: neither reliable counter-evidence nor a language to detect.
            _ => Self::Other("Zzzz"),
        })
    }

    /// The writing system of most of a text, with the number of its letters.
    pub(super) fn of(text: &str) -> Option<(Self, usize)> {
        let mut counts: Vec<(Self, usize)> = Vec::new();
        for writing in text.chars().filter_map(Self::of_letter) {
            match counts.iter_mut().find(|(known, _)| *known == writing) {
                Some((_, count)) => *count += 1,
                None => counts.push((writing, 1)),
            }
        }
        counts.into_iter().max_by(|one, other| one.0.weight(one.1).total_cmp(&other.0.weight(other.1)))
    }

    /// The writing system of most of a message, without its links, names and code.
    pub(super) fn of_document(document: &Document) -> Option<Self> {
        let words: String = document.segments().flat_map(|segment| [segment, " "]).collect();
        Self::of(&words).map(|(writing, _)| writing)
    }

    /// A text with spaces instead of letters of other writing systems.
    pub(super) fn only(self, text: &str) -> impl Iterator<Item = char> {
        text.chars()
            .map(move |c| if Self::of_letter(c).is_none_or(|writing| writing == self) { c } else { ' ' })
    }

    /// The weight of letters: one that represents a syllable or a word counts as several others.
    pub(super) fn weight(self, letters: usize) -> f64 {
        let each = match self {
            Self::Han => 3.0,
            Self::Ethiopic | Self::Other("Kore") => 2.0,
            _ => 1.0,
        };
        #[expect(clippy::cast_precision_loss, reason = "letters of a message are few")]
        let letters = letters as f64;
        letters * each
    }

    /// Whether a language is written in it.
    pub(super) fn is_of(self, language: Language) -> bool {
        match (self, language.code()) {
            // These two use both alphabets.
            (Self::Latin, "sr") | (Self::Cyrillic, "bs") => true,
            // Korean texts contain Chinese characters.
            (Self::Han, "ko") => false,
            _ => Self::usual(language) == self,
        }
    }

    /// Every language that is mostly written in it.
    pub(super) fn languages(self) -> impl Iterator<Item = Language> {
        Language::all().filter(move |&language| Self::usual(language) == self)
    }

    fn usual(language: Language) -> Self {
        match language.script() {
            "Latn" => Self::Latin,
            "Cyrl" => Self::Cyrillic,
            "Arab" => Self::Arabic,
            "Hans" | "Jpan" => Self::Han,
            "Ethi" => Self::Ethiopic,
            other => Self::Other(other),
        }
    }
}

/// Whether every letter of a text belongs to the language's writing system.
pub(super) fn is_all_of(language: Language, text: &str) -> bool {
    text.chars().filter_map(Writing::of_letter).all(|writing| writing.is_of(language))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_autonym_is_in_the_languages_writing_system() {
        for language in Language::all() {
            let (writing, _) = Writing::of(language.autonym()).unwrap();
            assert!(writing.is_of(language), "{language}: {writing:?}");
            assert!(writing.languages().any(|one| one == language), "{language}");
        }
    }

    #[test]
    fn a_unique_writing_system_has_one_language() {
        for language in Language::all() {
            if let writing @ Writing::Other(_) = Writing::usual(language) {
                assert_eq!(writing.languages().count(), 1, "{language}");
            }
        }
    }
}
