//! Detects which language of a script a sentence is in, from the frequencies of letter sequences.
//!
//! The frequencies are part of the program, about 4 MB per language. The system pages them in from the
//! program's file on demand, and can evict them; the detector itself takes 2 MB.

use super::profiles::{self, Fit};
use super::script::Writing;
use lingua::{LanguageDetector, LanguageDetectorBuilder};
use meeshy_domain::Language;
use std::sync::LazyLock;

/// The maximum number of letters of a sentence to examine: more do not change the result, and the time is
/// quadratic in the longest word.
const MAX_LETTERS: usize = 160;

/// How much better a text must fit another profile, in nats, before that counts: sequences overlap, so each
/// letter counts several times. These values had the highest accuracy on sentences in 57 languages
/// (`examples/detection.rs`), with few errors in either direction between languages with and without
/// statistics.
const SOFTNESS: f64 = 2.0;
/// The prior odds against languages without statistics, as a logarithm.
const CAUTION: f64 = 1.0;
/// The same as [`SOFTNESS`] among languages without statistics: their profiles distinguish close relatives
/// less well.
const AMBIGUITY: f64 = 6.0;
/// A text that fits the likeliest language by this many standard deviations worse than texts in it do is
/// equally likely in none of the languages. With these values, 1 percent of the sentences of FLORES are
/// undetermined, and 85 percent of those in 270 other languages.
const MAX_STRANGENESS: f64 = 2.75;
/// How fast that changes: the odds grow by this factor, as a logarithm, with each standard deviation.
const SHARPNESS: f64 = 2.0;
/// Languages with a smaller share are ignored.
const MIN_SHARE: f64 = 0.005;

/// The languages of a writing system.
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

    fn knows(&self, language: Language) -> bool {
        self.languages.iter().any(|&(_, known)| known == language)
    }
}

/// The likelihood of each language; the sum is less than 1 if the text is probably in another language, and
/// zero if the sentence contains no evidence.
pub(super) fn likely(writing: Writing, sentence: &str) -> Vec<(Language, f64)> {
    let Some(group) = GROUPS.iter().find(|group| group.writing == writing) else { return Vec::new() };
    let text: String = writing.only(sentence).take(MAX_LETTERS).collect();
    let values = group.detector.compute_language_confidence_values(&text);
    let known = values.into_iter().filter(|&(_, share)| share > 0.0).filter_map(|(known, share)| {
        let (_, language) = group.languages.iter().find(|(one, _)| *one == known)?;
        Some((*language, share))
    });
    with_others(known.collect(), group, &text)
}

/// Adds the shares of languages without statistics, as far as the text fits their profiles better than that
/// of the language found by the statistics. If it fits none of them, it is probably in no known language.
fn with_others(mut known: Vec<(Language, f64)>, group: &Group, text: &str) -> Vec<(Language, f64)> {
    let Some(&(best, _)) = known.first() else { return known };
    let fits = profiles::fits(group.writing, text);
    let of_best = fits.iter().find(|fit| fit.language == Some(best));
    let is_other = |fit: &&Fit| fit.language.is_none_or(|language| !group.knows(language));
    let best_other = fits.iter().filter(is_other).map(|fit| fit.score).max_by(f64::total_cmp);
    let (Some(of_best), Some(best_other)) = (of_best, best_other) else { return known };
    let share_of_others = logistic((best_other - of_best.score) / SOFTNESS - CAUTION);
    known.iter_mut().for_each(|(_, share)| *share *= 1.0 - share_of_others);
    // If a language has two profiles, the better one counts.
    let mut others: Vec<(Option<Language>, f64)> = Vec::new();
    for fit in fits.iter().filter(is_other) {
        let weight = f64::exp((fit.score - best_other) / AMBIGUITY);
        match others.iter_mut().find(|(known, _)| known.is_some() && *known == fit.language) {
            Some((_, known)) => *known = known.max(weight),
            None => others.push((fit.language, weight)),
        }
    }
    let all: f64 = others.iter().map(|(_, weight)| weight).sum();
    let share = |weight: f64| weight / all * share_of_others;
    let ours = others.into_iter().filter_map(|(language, weight)| Some((language?, share(weight))));
    known.extend(ours.filter(|&(_, share)| share >= MIN_SHARE));
    let fittest = fits.iter().max_by(|one, other| one.score.total_cmp(&other.score)).unwrap_or(of_best);
    let strangeness = fittest.strangeness.min(of_best.strangeness);
    let share_of_none = logistic((strangeness - MAX_STRANGENESS) * SHARPNESS);
    known.iter_mut().for_each(|(_, share)| *share *= 1.0 - share_of_none);
    known
}

/// From 0 to 1, as a logarithm of odds goes from minus to plus infinity.
fn logistic(odds: f64) -> f64 {
    1.0 / (1.0 + f64::exp(-odds))
}

/// Whether a language has statistics.
pub(super) fn has(writing: Writing, language: Language) -> bool {
    GROUPS.iter().find(|group| group.writing == writing).is_some_and(|group| group.knows(language))
}

/// Whether a language has statistics or a profile.
pub(super) fn is_known(writing: Writing, language: Language) -> bool {
    has(writing, language) || profiles::is_known(writing, language)
}
