//! In which language a text is written.
//!
//! The letters decide where they can: Greek letters are Greek, kana are Japanese. Where many languages share a script
//! (Latin, Cyrillic, Arabic), statistics over short sequences of letters do, which are wrong about short texts; so
//! what the writer is used to write weighs in, and a text may remain undetermined. Of languages without statistics there are
//! small profiles, so that a text in one of them is not taken for another. No script makes a language certain that others are written
//! in, too: letters and words of its relatives make it doubtful.

mod letters;
mod profiles;
mod relatives;
mod script;
mod statistics;
mod trigrams;

use crate::is_mark;
use crate::text::Document;
use meeshy_domain::Language;
use relatives::DOUBTFUL;
use script::Writing;

/// Letters that are looked at, at most: more of them say nothing new.
const ENOUGH_LETTERS: usize = 400;

/// Characters of a text that are looked at, at most: links and code may come before the first letters.
const BEGINNING: usize = 4000;

/// How many times likelier a text is in a language that its writer is used to, than the text alone says.
///
/// This and [`LEAD`] are the values that were right most often on two and five words of real sentences
/// (`examples/detection.rs`), with few wrong answers about a text in another language than the writer's.
const HABIT: f64 = 5.0;

/// How many times likelier than the next language one must be.
const LEAD: f64 = 1.5;

/// The same for a text in Latin letters by somebody whose language has others: many people write Hindi, Arabic or
/// Greek in Latin letters, which no statistics know.
const LEAD_OVER_ROMANISED: f64 = 10.0;

/// Below so many letters of a script that many languages share, a text is undetermined: `ok`, `haha`, `ciao`.
const MIN_LETTERS: usize = 6;

/// Letters from which on a foreign text can be told from a romanised one.
const ROMANISED_LETTERS: usize = 20;

/// The same for a text in a language of which there is only a profile.
const PROFILE_LETTERS: usize = 20;

/// What a text says about its language.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evidence {
    /// The likeliest first, each with its share of the text; together at most 1.
    candidates: Vec<(Language, f64)>,
    /// The writing that most of the text is in.
    writing: Option<Writing>,
    /// Letters that were looked at.
    letters: usize,
}

impl Evidence {
    /// Looks at a text, sentence by sentence; links, names, code, numbers and emoji say nothing.
    ///
    /// Takes up to a few milliseconds, at the first call more: not for a thread that others wait for.
    pub fn of(text: &str) -> Self {
        let document = beginning(text);
        let mut evidence = Self::default();
        let mut weight = 0.0;
        for segment in document.segments() {
            if evidence.letters >= ENOUGH_LETTERS {
                break;
            }
            let words = segment.replace(is_mark, " ");
            let Some((writing, letters)) = Writing::of(&words) else { continue };
            evidence.letters += letters;
            weight += writing.weight(letters);
            for (language, share) in likely(writing, &words) {
                let is_doubtful = share > DOUBTFUL && relatives::is_doubtful(language, &words);
                let share = if is_doubtful { DOUBTFUL } else { share };
                evidence.add(language, share * writing.weight(letters));
            }
        }
        evidence.candidates.iter_mut().for_each(|(_, share)| *share /= weight);
        evidence.candidates.sort_by(|one, other| other.1.total_cmp(&one.1));
        // Close relatives, such as Danish and Norwegian: of two that are nearly as likely, neither is likelier than not.
        if let [(_, first), (_, next), ..] = &mut evidence.candidates[..]
            && *first < *next * LEAD
        {
            *first = first.min(0.5);
        }
        evidence.writing = Writing::of_document(&document);
        evidence
    }

    /// The likeliest languages first, each with the share of the text that is probably in it, 0 to 1.
    pub fn candidates(&self) -> &[(Language, f64)] {
        &self.candidates
    }

    fn add(&mut self, language: Language, weight: f64) {
        match self.candidates.iter_mut().find(|(known, _)| *known == language) {
            Some((_, sum)) => *sum += weight,
            None => self.candidates.push((language, weight)),
        }
    }

    /// The language of the text, if that can be told of somebody who is used to write in `habits`.
    pub fn language(&self, habits: &[Language]) -> Option<Language> {
        let writing = self.writing?;
        let lead = self.needed_lead(writing, habits)?;
        let weighed = |&(language, share): &(Language, f64)| {
            (language, if habits.contains(&language) { share * HABIT } else { share })
        };
        let mut likely: Vec<(Language, f64)> =
            self.candidates.iter().filter(|(language, _)| writing.is_of(*language)).map(weighed).collect();
        likely.sort_by(|one, other| other.1.total_cmp(&one.1));
        let (best, share) = *likely.first()?;
        if !habits.contains(&best) && is_of_profile_only(writing, best) {
            // A profile says little about a short text.
            return (share > 0.5 && self.letters >= PROFILE_LETTERS).then_some(best);
        }
        let next = likely.get(1).map_or(0.0, |&(_, next)| next);
        (share >= next.max(self.of_no_language()) * lead).then_some(best)
    }

    /// The share of the text that is in no language of ours, as far as that shows.
    fn of_no_language(&self) -> f64 {
        let known: f64 = self.candidates.iter().map(|(_, share)| share).sum();
        // What is lost in rounding is no language.
        if known > 0.99 { 0.0 } else { 1.0 - known }
    }

    /// How far ahead of the next a language must be; none is far enough where the text cannot be told from others.
    fn needed_lead(&self, writing: Writing, habits: &[Language]) -> Option<f64> {
        let mut own = habits.iter().filter(|&&habit| writing.is_of(habit)).peekable();
        let is_romanised = writing == Writing::Latin && !habits.is_empty() && own.peek().is_none();
        let fewest = match writing {
            _ if is_romanised => ROMANISED_LETTERS,
            Writing::Latin | Writing::Cyrillic | Writing::Arabic => MIN_LETTERS,
            Writing::Han | Writing::Ethiopic | Writing::Other(_) => 1,
        };
        // Whom the statistics do not know, they would take for somebody else, and be sure of it.
        if self.letters < fewest || own.any(|&habit| !is_known(writing, habit)) {
            return None;
        }
        Some(if is_romanised { LEAD_OVER_ROMANISED } else { LEAD })
    }
}

/// The language of a message: what its client declares, unless the script contradicts it; else what the text shows;
/// else what its writer is used to write, the first of `habits`, unless the script contradicts that.
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

/// Whether a text may be in this language, by its letters: a look at each of them, no more, where they are all of one
/// script.
pub fn may_be(language: Language, text: &str) -> bool {
    if script::is_all_of(language, text) {
        return true;
    }
    Writing::of_document(&beginning(text)).is_none_or(|writing| writing.is_of(language))
}

fn beginning(text: &str) -> Document {
    let end = text.char_indices().nth(BEGINNING).map_or(text.len(), |(at, _)| at);
    Document::cut(&text[..end])
}

/// The languages that a sentence in this writing is probably in; their shares add up to 1 at most.
fn likely(writing: Writing, sentence: &str) -> Vec<(Language, f64)> {
    match writing {
        Writing::Latin | Writing::Cyrillic | Writing::Arabic => statistics::likely(writing, sentence),
        Writing::Han | Writing::Ethiopic => letters::likely(writing, sentence),
        Writing::Other(_) => writing.languages().take(1).map(|language| (language, 1.0)).collect(),
    }
}

/// Whether there is a profile of this language, and no statistics.
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
