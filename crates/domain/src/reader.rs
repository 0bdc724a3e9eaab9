//! The reader's rule: which text of a message a reader sees.
//!
//! The server, the notifications and the web client's tests share the cases in `vectors/reader.json`.

use crate::Language;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A user's language settings, as stored in the profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the profile has four independent switches")]
pub struct LanguageSettings {
    /// The primary reading language.
    pub system_language: Language,
    /// A second language.
    pub regional_language: Option<Language>,
    /// A language that takes precedence over both.
    pub custom_destination_language: Option<Language>,
    /// Whether messages are translated at all.
    pub auto_translate_enabled: bool,
    /// Read in `system_language`.
    pub translate_to_system_language: bool,
    /// Read in `regional_language`.
    pub translate_to_regional_language: bool,
    /// Read in `custom_destination_language`.
    pub use_custom_destination: bool,
}

impl LanguageSettings {
    /// The settings of a new user: read everything in `system_language`.
    pub fn reading(system_language: Language) -> Self {
        Self {
            system_language,
            regional_language: None,
            custom_destination_language: None,
            auto_translate_enabled: true,
            translate_to_system_language: true,
            translate_to_regional_language: false,
            use_custom_destination: false,
        }
    }

    /// The language this user reads in: the first enabled one of custom, system, regional; otherwise system.
    pub fn reading_language(&self) -> Language {
        let custom = self.custom_destination_language.filter(|_| self.use_custom_destination);
        let system = Some(self.system_language).filter(|_| self.translate_to_system_language);
        let regional = self.regional_language.filter(|_| self.translate_to_regional_language);
        custom.or(system).or(regional).unwrap_or(self.system_language)
    }

    /// The language into which messages are translated for this user, if any.
    pub fn translated_into(&self) -> Option<Language> {
        self.auto_translate_enabled.then(|| self.reading_language())
    }
}

/// The properties of a message that the rule needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// The language it was written in.
    pub language: Language,
    /// Whether the reader wrote it.
    pub by_reader: bool,
    /// Whether the system wrote it ("Léa joined"), not a user.
    pub by_system: bool,
}

/// Which text of a message a reader is shown, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// The original: authors read their own messages, and system messages are not translated.
    AsWritten,
    /// The original: it is already in the reader's language.
    Same,
    /// The original: the reader has disabled translation.
    Off,
    /// The original, marked: the translation is not available, or not yet.
    Waiting(Language),
    /// The translation into this language.
    Translated(Language),
}

/// Selects the text of a message for a reader, given the languages of the `available` translations.
pub fn shown_text(reader: &LanguageSettings, message: Written, available: &[Language]) -> Shown {
    let wanted = reader.reading_language();
    if message.by_reader || message.by_system {
        Shown::AsWritten
    } else if wanted == message.language {
        Shown::Same
    } else if !reader.auto_translate_enabled {
        Shown::Off
    } else if available.contains(&wanted) {
        Shown::Translated(wanted)
    } else {
        Shown::Waiting(wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Vectors {
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Case {
        name: String,
        reader: LanguageSettings,
        original_language: Language,
        #[serde(default)]
        by_reader: bool,
        #[serde(default)]
        by_system: bool,
        available: Vec<Language>,
        shown: String,
        language: Language,
    }

    #[test]
    fn the_shared_cases_pass() {
        let vectors: Vectors = serde_json::from_str(include_str!("../vectors/reader.json")).unwrap();
        assert!(vectors.cases.len() >= 10);
        for case in vectors.cases {
            let message = Written {
                language: case.original_language,
                by_reader: case.by_reader,
                by_system: case.by_system,
            };
            let (shown, language) = match shown_text(&case.reader, message, &case.available) {
                Shown::AsWritten => ("asWritten", case.original_language),
                Shown::Same => ("same", case.original_language),
                Shown::Off => ("off", case.original_language),
                Shown::Waiting(_) => ("waiting", case.original_language),
                Shown::Translated(language) => ("translated", language),
            };
            assert_eq!((shown, language), (case.shown.as_str(), case.language), "{}", case.name);
        }
    }
}
