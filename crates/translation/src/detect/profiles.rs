//! What languages look like of which there are no statistics: their most frequent sequences of three letters.
//!
//! A profile is small (some 4 KB) and says less than [`statistics`](super::statistics), but it says when a text looks more like
//! Finnish than like any language that the statistics know. They were made by `examples/profiles.rs`.

use super::script::Writing;
use super::trigrams::{Trigram, trigrams};
use meeshy_domain::Language;
use std::sync::LazyLock;

/// Weights are in steps of so many nats.
const STEP: f64 = 0.25;

static PROFILES: LazyLock<Profiles> = LazyLock::new(|| Profiles::read(include_str!("profiles.txt")));

/// All profiles.
#[derive(Default)]
struct Profiles {
    /// Each with its language, if that is one of ours.
    all: Vec<Profile>,
    /// In order: a sequence, a profile that has it, and its weight there.
    weights: Vec<(Trigram, u8, u8)>,
}

struct Profile {
    language: Option<Language>,
    writing: Option<Writing>,
    /// The weight of sequences that it does not have.
    other: u8,
}

/// How well a text fits to a profile.
pub(super) struct Fit {
    /// The language of the profile; `None` for one that is not ours.
    pub(super) language: Option<Language>,
    /// The logarithm of how likely the text is in that language.
    pub(super) score: f64,
}

impl Profiles {
    fn read(text: &str) -> Self {
        let mut profiles = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let mut fields = line.split('|');
            let (Some(code), Some(other), Ok(at)) = (
                fields.next(),
                fields.next().and_then(|weight| weight.parse().ok()),
                u8::try_from(profiles.all.len()),
            ) else {
                continue;
            };
            for field in fields {
                let mut words = field.split(' ');
                let Some(weight) = words.next().and_then(|weight| weight.parse().ok()) else { continue };
                profiles.weights.extend(words.filter_map(|word| Some((trigram(word)?, at, weight))));
            }
            profiles.all.push(Profile {
                language: Language::parse(code).ok(),
                writing: Writing::of(line).map(|(writing, _)| writing),
                other,
            });
        }
        profiles.weights.sort_unstable();
        profiles
    }

    fn fits(&self, writing: Writing, text: &str) -> Vec<Fit> {
        let mut sums: Vec<u32> = vec![0; self.all.len()];
        for trigram in trigrams(text) {
            let start = self.weights.partition_point(|(known, _, _)| *known < trigram);
            let known = self.weights[start..].iter().take_while(|(known, _, _)| *known == trigram);
            for (sum, profile) in sums.iter_mut().zip(&self.all) {
                *sum += u32::from(profile.other);
            }
            for &(_, at, weight) in known {
                let other = self.all[usize::from(at)].other;
                // A sequence that a profile has is more frequent there than one that it has not.
                sums[usize::from(at)] -= u32::from(other.saturating_sub(weight));
            }
        }
        let fits = self.all.iter().zip(sums).filter(|(profile, _)| profile.writing == Some(writing));
        fits.map(|(profile, sum)| Fit { language: profile.language, score: -f64::from(sum) * STEP }).collect()
    }
}

fn trigram(word: &str) -> Option<Trigram> {
    let letters: Vec<char> = word.chars().map(|c| if c == '_' { ' ' } else { c }).collect();
    letters.try_into().ok()
}

/// How well a text fits to each profile of its writing; of a language with two of them, there are two.
pub(super) fn fits(writing: Writing, text: &str) -> Vec<Fit> {
    PROFILES.fits(writing, text)
}

/// Whether there is a profile of a language in a writing.
pub(super) fn is_known(writing: Writing, language: Language) -> bool {
    PROFILES.all.iter().any(|profile| profile.language == Some(language) && profile.writing == Some(writing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_is_read() {
        assert!(PROFILES.all.len() >= 100);
        for (at, profile) in PROFILES.all.iter().enumerate() {
            let own = PROFILES.weights.iter().filter(|(_, known, _)| usize::from(*known) == at);
            // A language of few sounds has fewer sequences.
            let count = own.count();
            assert!((400..=600).contains(&count), "{:?}: {count}", profile.language);
            assert!(
                matches!(profile.writing, Some(Writing::Latin | Writing::Cyrillic)),
                "{:?}",
                profile.language
            );
        }
        let unknown = PROFILES.all.iter().filter(|profile| profile.language.is_none()).count();
        assert!(unknown <= 40, "{unknown} profiles are of no language of ours");
    }

    #[test]
    fn a_text_fits_best_to_its_own_language() {
        for (code, writing, text) in [
            ("fi", Writing::Latin, "meillä on kissa, joka pyydystää hiiriä puutarhassa"),
            ("hu", Writing::Latin, "van egy macskánk, aki egereket fog a kertben"),
            ("sr", Writing::Cyrillic, "желели да купимо кућу близу мора и имамо мачку"),
        ] {
            let fits = fits(writing, text);
            let best = fits.iter().max_by(|one, other| one.score.total_cmp(&other.score)).unwrap();
            assert_eq!(best.language.map(Language::code), Some(code));
        }
    }
}
