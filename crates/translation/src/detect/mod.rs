//! Language detection.
//!
//! Letters decide where they can: Greek letters are Greek, kana are Japanese. If many languages share a
//! script (Latin, Cyrillic, Arabic), statistics of letter sequences decide. These are unreliable for short
//! texts, so the languages that the author usually writes in are taken into account, and the result may be
//! undetermined. Languages without statistics have small profiles, so that texts in them are not mistaken for
//! another language. A script used by several languages never makes one of them certain: letters and words of
//! related languages cast doubt on it.

mod letters;
mod profiles;
mod relatives;
mod script;
mod statistics;
mod trigrams;

use crate::text::{Document, words};
use meeshy_domain::Language;
use relatives::MAX_DOUBTFUL_SHARE;
use script::Writing;

/// The maximum number of letters to examine; more add no information.
const MAX_LETTERS: usize = 400;

/// The maximum number of characters to examine: links and code may precede the first letters.
const MAX_CHARS: usize = 4000;

/// The prior odds of a language that the author usually writes in, compared with the text alone.
///
/// This and [`MIN_LEAD`] had the highest accuracy on two and five words of real sentences
/// (`examples/detection.rs`), with few errors on texts in another language than the author's.
const HABIT_ODDS: f64 = 5.0;

/// How many times likelier than the next language the first one must be.
const MIN_LEAD: f64 = 1.5;

/// The same for a text in Latin letters by an author whose language uses others: many people write Hindi,
/// Arabic or Greek in Latin letters, which the statistics do not cover.
const MIN_LEAD_OVER_ROMANISED: f64 = 10.0;

/// With fewer letters of a script shared by many languages, a text is undetermined: `ok`, `haha`, `ciao`.
const MIN_LETTERS: usize = 6;

/// The minimum number of letters to distinguish a foreign text from a romanised one.
const MIN_ROMANISED_LETTERS: usize = 20;

/// The minimum number of letters for a language with only a profile.
const MIN_PROFILE_LETTERS: usize = 20;

/// The evidence about the language of a text.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evidence {
    /// The likeliest first, each with its share of the text; the sum is at most 1.
    candidates: Vec<(Language, f64)>,
    /// The writing system of most of the text.
    writing: Option<Writing>,
    /// The number of letters examined.
    letters: usize,
}

impl Evidence {
    /// Examines a text, sentence by sentence; links, names, code, numbers and emoji are ignored.
    ///
    /// Takes up to a few milliseconds, more on the first call: do not call it on a thread that others wait
    /// for.
    pub fn of(text: &str) -> Self {
        let document = beginning(text);
        let mut evidence = Self::default();
        let mut weight = 0.0;
        for segment in document.segments() {
            if evidence.letters >= MAX_LETTERS {
                break;
            }
            let words = words(segment);
            let Some((writing, letters)) = Writing::of(&words) else { continue };
            evidence.letters += letters;
            weight += writing.weight(letters);
            for (language, share) in likely(writing, &words) {
                let is_doubtful = share > MAX_DOUBTFUL_SHARE && relatives::is_doubtful(language, &words);
                let share = if is_doubtful { MAX_DOUBTFUL_SHARE } else { share };
                evidence.add(language, share * writing.weight(letters));
            }
        }
        evidence.candidates.iter_mut().for_each(|(_, share)| *share /= weight);
        evidence.candidates.sort_by(|one, other| other.1.total_cmp(&one.1));
        // Close relatives, such as Danish and Norwegian: if two are nearly equally likely, neither is
        // likelier than not.
        if let [(_, first), (_, next), ..] = &mut evidence.candidates[..]
            && *first < *next * MIN_LEAD
        {
            *first = first.min(0.5);
        }
        evidence.writing = Writing::of_document(&document);
        evidence
    }

    /// The likeliest languages first, each with the probable share of the text in it, 0 to 1.
    pub fn candidates(&self) -> &[(Language, f64)] {
        &self.candidates
    }

    fn add(&mut self, language: Language, weight: f64) {
        match self.candidates.iter_mut().find(|(known, _)| *known == language) {
            Some((_, sum)) => *sum += weight,
            None => self.candidates.push((language, weight)),
        }
    }

    /// The language of the text, if it can be determined for an author who usually writes in `habits`.
    pub fn language(&self, habits: &[Language]) -> Option<Language> {
        let writing = self.writing?;
        let lead = self.needed_lead(writing, habits)?;
        let weighed = |&(language, share): &(Language, f64)| {
            (language, if habits.contains(&language) { share * HABIT_ODDS } else { share })
        };
        let mut likely: Vec<(Language, f64)> =
            self.candidates.iter().filter(|(language, _)| writing.is_of(*language)).map(weighed).collect();
        likely.sort_by(|one, other| other.1.total_cmp(&one.1));
        let (best, share) = *likely.first()?;
        if !habits.contains(&best) && is_of_profile_only(writing, best) {
            // A profile says little about a short text.
            return (share > 0.5 && self.letters >= MIN_PROFILE_LETTERS).then_some(best);
        }
        let next = likely.get(1).map_or(0.0, |&(_, next)| next);
        (share >= next.max(self.of_no_language()) * lead).then_some(best)
    }

    /// Whether the text shows its language so clearly that habits do not matter.
    pub fn is_clear(&self) -> bool {
        let next = self.candidates.get(1).map_or(0.0, |&(_, next)| next).max(self.of_no_language());
        self.letters >= MIN_ROMANISED_LETTERS
            && self.candidates.first().is_some_and(|&(_, first)| first >= next * MIN_LEAD_OVER_ROMANISED)
    }

    /// The probable share of the text in no known language.
    fn of_no_language(&self) -> f64 {
        let known: f64 = self.candidates.iter().map(|(_, share)| share).sum();
        // Rounding errors do not count as an unknown language.
        if known > 0.99 { 0.0 } else { 1.0 - known }
    }

    /// How far ahead of the next one a language must be; `None` if the text cannot be distinguished from
    /// others.
    fn needed_lead(&self, writing: Writing, habits: &[Language]) -> Option<f64> {
        let mut own = habits.iter().filter(|&&habit| writing.is_of(habit)).peekable();
        let is_romanised = writing == Writing::Latin && !habits.is_empty() && own.peek().is_none();
        let fewest = match writing {
            _ if is_romanised => MIN_ROMANISED_LETTERS,
            Writing::Latin | Writing::Cyrillic | Writing::Arabic => MIN_LETTERS,
            Writing::Han | Writing::Ethiopic | Writing::Other(_) => 1,
        };
        // The statistics would mistake a language that they do not cover for another one, with confidence.
        if self.letters < fewest || own.any(|&habit| !is_known(writing, habit)) {
            return None;
        }
        Some(if is_romanised { MIN_LEAD_OVER_ROMANISED } else { MIN_LEAD })
    }
}

/// The language of a message: what its client declares, unless the script contradicts it; otherwise what the
/// text shows; otherwise what its author usually writes in (the first of `habits`), unless the script
/// contradicts that.
pub fn original_language(
    declared: Option<Language>,
    habits: &[Language],
    evidence: &Evidence,
) -> Option<Language> {
    let fits = |language: &Language| evidence.writing.is_none_or(|writing| writing.is_of(*language));
    let wanted = || habits.iter().copied().chain(declared);
    declared
        .filter(fits)
        .or_else(|| evidence.language(habits))
        .or_else(|| wanted().find(fits))
        .or_else(|| declared.or_else(|| wanted().next()))
}

/// Whether a text may be in this language, by its letters. Cheap if they are all of one script.
pub fn may_be(language: Language, text: &str) -> bool {
    if script::is_all_of(language, text) {
        return true;
    }
    Writing::of_document(&beginning(text)).is_none_or(|writing| writing.is_of(language))
}

fn beginning(text: &str) -> Document {
    let end = text.char_indices().nth(MAX_CHARS).map_or(text.len(), |(at, _)| at);
    Document::cut(&text[..end])
}

/// The probable languages of a sentence in this writing system; their shares add up to at most 1.
fn likely(writing: Writing, sentence: &str) -> Vec<(Language, f64)> {
    match writing {
        Writing::Latin | Writing::Cyrillic | Writing::Arabic => statistics::likely(writing, sentence),
        Writing::Han | Writing::Ethiopic => letters::likely(writing, sentence),
        Writing::Other(_) => writing.languages().take(1).map(|language| (language, 1.0)).collect(),
    }
}

/// Whether this language has a profile, but no statistics.
fn is_of_profile_only(writing: Writing, language: Language) -> bool {
    matches!(writing, Writing::Latin | Writing::Cyrillic) && !statistics::has(writing, language)
}

/// Whether [`likely`] can find this language.
fn is_known(writing: Writing, language: Language) -> bool {
    match writing {
        Writing::Latin | Writing::Cyrillic | Writing::Arabic => statistics::is_known(writing, language),
        Writing::Han | Writing::Ethiopic | Writing::Other(_) => true,
    }
}
