//! Which of the languages of a script a sentence is in, by how often sequences of its letters occur in each.
//!
//! The frequencies are part of the program, about 4 MB a language. The system reads what is used of them from the
//! program's file, and may forget it again; of its own the detector takes 2 MB.

use super::script::Writing;
use lingua::{LanguageDetector, LanguageDetectorBuilder};
use meeshy_domain::Language;
use std::sync::LazyLock;

/// Letters of a sentence that are looked at, at most: behind them it is long clear, and time grows with the square of
/// the longest word.
const LETTERS: usize = 160;

/// The languages of one writing.
struct Group {
    writing: Writing,
    detector: LanguageDetector,
    languages: Vec<(lingua::Language, Language)>,
}

static GROUPS: LazyLock<Vec<Group>> = LazyLock::new(|| {
    [Writing::Latin, Writing::Cyrillic, Writing::Arabic].into_iter().filter_map(Group::of).collect()
});

impl Group {
    fn of(writing: Writing) -> Option<Self> {
        let languages: Vec<(lingua::Language, Language)> = lingua::Language::all()
            .into_iter()
            .filter_map(|known| Some((known, Language::parse(&known.iso_code_639_1().to_string()).ok()?)))
            .filter(|&(_, language)| writing.is_of(language))
            .collect();
        let known: Vec<lingua::Language> = languages.iter().map(|&(known, _)| known).collect();
        (known.len() > 1).then(|| Self {
            writing,
            detector: LanguageDetectorBuilder::from_languages(&known).build(),
            languages,
        })
    }
}

/// How likely each language is; together 1, or none at all when the sentence says nothing.
pub(super) fn likely(writing: Writing, sentence: &str) -> Vec<(Language, f64)> {
    let Some(group) = GROUPS.iter().find(|group| group.writing == writing) else { return Vec::new() };
    let text: String = writing.only(sentence).take(LETTERS).collect();
    let values = group.detector.compute_language_confidence_values(text);
    values
        .into_iter()
        .filter(|&(_, share)| share > 0.0)
        .filter_map(|(known, share)| {
            let (_, language) = group.languages.iter().find(|(one, _)| *one == known)?;
            Some((*language, share))
        })
        .collect()
}

/// Whether there are statistics of a language.
pub(super) fn is_known(writing: Writing, language: Language) -> bool {
    let group = GROUPS.iter().find(|group| group.writing == writing);
    group.is_some_and(|group| group.languages.iter().any(|&(_, known)| known == language))
}
