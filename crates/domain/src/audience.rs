//! Into which languages a message is translated (wire-contract 6.1).

use crate::{Language, LanguageSettings};
use std::collections::BTreeSet;

/// The languages that somebody in the conversation reads, less the one the message is written in.
///
/// The old system translated into every language that a member had ever configured; a language counts here
/// only while somebody reads in it, since each costs a translation of every message.
pub fn target_languages<'a>(
    original: Language,
    members: impl IntoIterator<Item = &'a LanguageSettings>,
) -> BTreeSet<Language> {
    members
        .into_iter()
        .filter(|member| member.auto_translate_enabled)
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
