//! Target languages of a message.

use crate::{Language, LanguageSettings};
use std::collections::BTreeSet;

/// The languages into which a message is translated: those of its readers, except the one it is written in.
///
/// `readers` has the number of members of the conversation who read translations in each language. The
/// author, if still a member, does not count: authors see their messages as they wrote them.
///
/// The old system translated into every language that a member had ever configured. Here, a language counts
/// only while somebody reads in it, because each one costs a translation of every message.
pub fn target_languages(
    original: Language,
    readers: impl IntoIterator<Item = (Language, i64)>,
    author: Option<&LanguageSettings>,
) -> BTreeSet<Language> {
    let of_author = author.and_then(LanguageSettings::translated_into);
    readers
        .into_iter()
        .filter(|(language, count)| *language != original && *count > i64::from(of_author == Some(*language)))
        .map(|(language, _)| language)
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
    fn the_shared_cases_pass() {
        let vectors: Vectors = serde_json::from_str(include_str!("../vectors/audience.json")).unwrap();
        assert!(vectors.cases.len() >= 5);
        for case in vectors.cases {
            let readers = case.members.iter().filter_map(|member| Some((member.translated_into()?, 1)));
            let targets: Vec<_> =
                target_languages(case.original_language, readers, None).into_iter().collect();
            assert_eq!(targets, case.targets, "{}", case.name);
        }
    }
    #[test]
    fn the_author_does_not_count_as_a_reader() {
        let [english, french]: [Language; 2] = ["en", "fr"].map(|code| code.parse().unwrap());
        let author = LanguageSettings::reading(french);
        let targets = |readers| target_languages(english, [(french, readers)], Some(&author));
        assert_eq!(targets(1), BTreeSet::new());
        assert_eq!(targets(2), BTreeSet::from([french]));
    }
}
