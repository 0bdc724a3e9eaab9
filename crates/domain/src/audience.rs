//! Into which languages a message is translated.

use crate::{Language, LanguageSettings};
use std::collections::BTreeSet;

/// The languages that the readers of a message read, less the one it is written in.
///
/// `readers` are the members of the conversation without the author, who reads their own words as they were written.
///
/// The old system translated into every language that a member had ever configured; a language counts here
/// only while somebody reads in it, since each costs a translation of every message.
pub fn target_languages<'a>(
    original: Language,
    readers: impl IntoIterator<Item = &'a LanguageSettings>,
) -> BTreeSet<Language> {
    readers
        .into_iter()
        .filter(|reader| reader.auto_translate_enabled)
        .map(LanguageSettings::reading_language)
        .filter(|language| *language != original)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Vectors {
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Case {
        name: String,
        original_language: Language,
        members: Vec<LanguageSettings>,
        targets: Vec<Language>,
    }

    #[test]
    fn the_table_holds() {
        let vectors: Vectors = serde_json::from_str(include_str!("../vectors/audience.json")).unwrap();
        assert!(vectors.cases.len() >= 5);
        for case in vectors.cases {
            let targets: Vec<_> =
                target_languages(case.original_language, &case.members).into_iter().collect();
            assert_eq!(targets, case.targets, "{}", case.name);
        }
    }
}
