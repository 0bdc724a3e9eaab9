//! The grade of a translation: how good it is expected to be, as far as a machine can tell.
//!
//! The evidence is added up in points. A route starts with 100, as good as the best published models, and its
//! loss against them costs points. So does what the engine reports, and what the text itself shows: words that
//! the engine does not know, words that are still those of the source, a text that is much too long or too
//! short, or goes round in circles. The thresholds are calibrated on FLORES
//! (`tests/grades.rs`): from one grade to the next, the mean chrF falls by more than five points.
//!
//! The grade says nothing about a single fact of a text: a fluent translation with a wrong number is `good`.

use crate::answer::weight;
use crate::mark::is_mark;
use crate::pair::Pair;
use crate::shouting::is_shouted;
use meeshy_domain::Grade;
use std::collections::HashSet;

/// A translation with at least this many points is good.
const GOOD: f32 = 88.0;
/// A translation with at least this many points is fair.
const FAIR: f32 = 70.0;

/// The least loss of a route without figures, and of one with a step by rules: it is fair at best. Rules are
/// measured on written sentences, and do worse on what people say in a chat.
pub(crate) const MIN_LOSS_IN_DOUBT: f32 = 0.15;

/// The points for a loss of 1 of a route; see [`Route::loss`](crate::Route::loss).
const LOSS: f32 = 100.0;

/// The cost of a text in which the engine knows no word; less in proportion.
const ALL_UNKNOWN: f32 = 60.0;
/// The cost of a text whose words are all copied; less in proportion, and none for up to half of them.
const ALL_COPIED: f32 = 60.0;
/// Words with fewer letters are the same in many languages.
const MIN_COPIED_CHARS: usize = 4;
/// So are a few words of a short text.
const MIN_COPIED_WORDS: usize = 4;
/// Below this confidence, an engine's score costs points, in proportion.
const MIN_SCORE: f32 = 0.5;
/// The cost of a score of zero.
const NO_SCORE: f32 = 40.0;
/// The cost of a length that only a few translations have, and of one that none has.
const ODD_LENGTH: f32 = 15.0;
/// See [`ODD_LENGTH`].
const IMPOSSIBLE_LENGTH: f32 = 30.0;
/// Shorter texts, in letters, may grow or shrink more.
const MIN_MEASURED: usize = 20;
/// Texts of fewer letters may have any length.
const MIN_LETTERS: usize = 8;
/// Related languages share many words, so that copied ones say nothing.
const RELATED: [&[&str]; 7] = [
    &["an", "ast", "ca", "co", "es", "fr", "gl", "it", "oc", "pt", "ro", "sc"],
    &["da", "nb", "nn", "no", "sv"],
    &["af", "nl"],
    &["cs", "pl", "sk"],
    &["be", "bg", "mk", "ru", "uk"],
    &["bs", "hr", "sl", "sr"],
    &["id", "ms"],
];
/// The cost of repeating words more often than the source does.
const CIRCLES: f32 = 30.0;
/// This many times the same words in a row is a circle.
const MIN_ROUNDS: usize = 3;
/// The longest sequence of words whose repetition is looked for.
const MAX_PERIOD: usize = 4;

/// A translated segment with its grade.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Graded {
    pub(crate) text: String,
    pub(crate) score: Option<f32>,
    pub(crate) grade: Grade,
}

/// What a segment is graded by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Evidence<'a> {
    /// That of the route.
    pub(crate) loss: f32,
    /// The engines' confidence, if reported.
    pub(crate) score: Option<f32>,
    /// See [`Translated::unknown_words`](crate::Translated::unknown_words).
    pub(crate) unknown_words: usize,
    /// Whether the languages are related; see [`are_related`].
    pub(crate) is_related: bool,
    pub(crate) source: &'a str,
    pub(crate) translation: &'a str,
}

impl Evidence<'_> {
    /// The grade of the segment.
    pub(crate) fn grade(self) -> Grade {
        of_points(self.points())
    }

    fn points(self) -> f32 {
        let (source, translation) = (words(self.source), words(self.translation));
        let unknown = share(self.unknown_words, source.len());
        let copied =
            if self.is_related { 0.0 } else { copied(&source, &translation, is_shouted(self.source)) };
        points(self.loss)
            - ALL_UNKNOWN * unknown
            - ALL_COPIED * (copied - 0.5).max(0.0) * 2.0
            - NO_SCORE * self.score.map_or(0.0, |score| (1.0 - score / MIN_SCORE).max(0.0))
            - odd_length(self.source, self.translation)
            - if rounds(&translation) >= MIN_ROUNDS.max(2 * rounds(&source)) { CIRCLES } else { 0.0 }
    }
}

/// The grade of a route with this loss.
pub(crate) fn of_route(loss: f32) -> Grade {
    of_points(points(loss))
}

/// The points of a route with this loss.
pub(crate) fn points(loss: f32) -> f32 {
    100.0 - LOSS * loss.max(0.0)
}

fn of_points(points: f32) -> Grade {
    match points {
        points if points >= GOOD => Grade::Good,
        points if points >= FAIR => Grade::Fair,
        _ => Grade::Rough,
    }
}

/// The grade of a message of segments with these grades and lengths: the worst that applies to a third of it.
/// `None` if there is nothing to grade.
pub(crate) fn of_message(segments: impl IntoIterator<Item = (Grade, usize)>) -> Option<Grade> {
    let (mut rough, mut fair, mut all) = (0, 0, 0);
    for (grade, length) in segments {
        match grade {
            Grade::Good => {}
            Grade::Fair => fair += length,
            Grade::Rough => rough += length,
        }
        all += length;
    }
    match all {
        0 => None,
        _ if rough * 3 >= all => Some(Grade::Rough),
        _ if (rough + fair) * 3 >= all => Some(Grade::Fair),
        _ => Some(Grade::Good),
    }
}

fn share(part: usize, whole: usize) -> f32 {
    if whole == 0 { 0.0 } else { (part as f32 / whole as f32).min(1.0) }
}

/// The words of a text, without marks and punctuation.
fn words(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !c.is_alphanumeric() || is_mark(c));
    words.filter(|word| !word.is_empty()).collect()
}

/// Whether languages are so closely related that they share many words.
pub(crate) fn are_related(pair: Pair) -> bool {
    RELATED.iter().any(|family| family.contains(&pair.from.code()) && family.contains(&pair.to.code()))
}

/// The share of the words of a source that are the same in its translation, without numbers and, unless all is in
/// capitals, names.
fn copied(source: &[&str], translation: &[&str], is_shouted: bool) -> f32 {
    let translated: HashSet<&str> = translation.iter().copied().collect();
    let is_plain = |word: &&&str| {
        word.chars().nth(MIN_COPIED_CHARS - 1).is_some()
            && word.chars().all(char::is_alphabetic)
            && (is_shouted || !word.starts_with(char::is_uppercase))
    };
    let plain: Vec<&&str> = source.iter().filter(is_plain).collect();
    if plain.len() < MIN_COPIED_WORDS {
        return 0.0;
    }
    share(plain.iter().filter(|word| translated.contains(**word)).count(), plain.len())
}

fn odd_length(source: &str, translation: &str) -> f32 {
    let (source, translation) = (weight(source), weight(translation));
    match translation as f32 / source as f32 {
        _ if source < MIN_LETTERS => 0.0,
        ratio if !(0.25..4.0).contains(&ratio) => IMPOSSIBLE_LENGTH,
        ratio if source >= MIN_MEASURED && !(0.5..2.0).contains(&ratio) => ODD_LENGTH,
        _ => 0.0,
    }
}

/// How many times the same one to four words come in a row, at most.
fn rounds(words: &[&str]) -> usize {
    let words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let longest = |period: usize| {
        let (mut most, mut same) = (0, 0);
        for (one, other) in words.iter().zip(words.iter().skip(period)) {
            same = if one == other { same + 1 } else { 0 };
            most = most.max(same);
        }
        most / period + 1
    };
    (1..=MAX_PERIOD).map(longest).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// A neural model, and a rule-based route between languages that are not related.
    const MODEL: f32 = 0.03;
    const RULES: f32 = 0.4;
    /// Rules between related languages, and a model with such a route.
    const RELATED: f32 = 0.05;
    const PIVOT: f32 = 0.2;

    fn evidence<'a>(loss: f32, source: &'a str, translation: &'a str) -> Evidence<'a> {
        Evidence { loss, score: None, unknown_words: 0, is_related: false, source, translation }
    }

    #[rstest]
    #[case(MODEL, "My plane lands at noon.", "Meu avião pousa ao meio-dia.", Grade::Good)]
    #[case(RULES, "My plane lands at noon.", "Mes terres de plan à midi.", Grade::Rough)]
    #[case(PIVOT, "My plane lands at noon.", "Mi avión aterriza a mediodía.", Grade::Fair)]
    #[case(-0.2, "Good morning", "Bonjour", Grade::Good)]
    #[case(1.0, "Good morning", "Bonjour", Grade::Rough)]
    // Names, numbers and short words may stay.
    #[case(MODEL, "Anna Schmidt, 12 May", "Anna Schmidt, 12 mai", Grade::Good)]
    #[case(MODEL, "Berlin, Paris, London", "Berlin, Paris, London", Grade::Good)]
    #[case(MODEL, "ok, wifi on", "ok, wifi ativado", Grade::Good)]
    // The words of the source.
    #[case(MODEL, "the weather is really lovely today", "the weather is really lovely today", Grade::Rough)]
    #[case(MODEL, "please bring some bread along", "por favor bring some bread along", Grade::Rough)]
    #[case(PIVOT, "they shouted something about football", "gritaron something about football", Grade::Rough)]
    // Too short or too long.
    #[case(MODEL, "I do not know whether we shall come tomorrow or on Friday", "Não sei", Grade::Rough)]
    #[case(MODEL, "I do not know whether we shall come tomorrow", "Não sei se vamos", Grade::Fair)]
    #[case(
        MODEL,
        "Where is the nearest station?",
        "Onde fica a estação de trem mais próxima daqui, por favor, se souber?",
        Grade::Fair
    )]
    #[case(MODEL, "brb", "volto daqui a pouquinho", Grade::Good)]
    #[case(MODEL, "你好世界", "A", Grade::Rough)]
    #[case(MODEL, "مرحبا بالعالم", "A", Grade::Rough)]
    // In capitals, nothing is a name.
    #[case(MODEL, "PLEASE CALL ME TOMORROW MORNING", "POR FAVOR CALL ME TOMORROW MORNING", Grade::Rough)]
    #[case(MODEL, "NATO", "NATO", Grade::Good)]
    #[case(MODEL, "Où est la gare la plus proche ?", "最近的火车站在哪里？", Grade::Good)]
    // Circles.
    #[case(
        MODEL,
        "We had a great time at the beach",
        "Nós nos nos nos divertimos muito na praia",
        Grade::Rough
    )]
    #[case(MODEL, "He said that it was fine", "Ele disse que ele disse que ele disse que sim", Grade::Rough)]
    #[case(MODEL, "no no no!", "não não não!", Grade::Good)]
    #[case(MODEL, "no no no no no no no", "não não não não não não não não", Grade::Good)]
    #[case(MODEL, "It is very, very far", "É muito, muito longe", Grade::Good)]
    fn a_segment_is_graded_by_its_route_and_its_text(
        #[case] loss: f32,
        #[case] source: &str,
        #[case] translation: &str,
        #[case] expected: Grade,
    ) {
        let evidence = evidence(loss, source, translation);
        assert_eq!(evidence.grade(), expected, "{} points", evidence.points());
    }

    #[rstest]
    #[case(RELATED, 0, Grade::Good)]
    #[case(RELATED, 1, Grade::Fair)]
    #[case(RELATED, 3, Grade::Fair)]
    #[case(RELATED, 4, Grade::Rough)]
    #[case(RELATED, 8, Grade::Rough)]
    #[case(PIVOT, 0, Grade::Fair)]
    #[case(PIVOT, 1, Grade::Fair)]
    #[case(PIVOT, 2, Grade::Rough)]
    #[case(MODEL, 1, Grade::Good)]
    #[case(MODEL, 2, Grade::Fair)]
    fn unknown_words_cost_points(#[case] loss: f32, #[case] unknown_words: usize, #[case] expected: Grade) {
        let text = "uno dos tres cuatro cinco seis siete ocho";
        let evidence =
            Evidence { unknown_words, ..evidence(loss, text, "one two three four five six seven eight") };
        assert_eq!(evidence.grade(), expected, "{} points", evidence.points());
    }

    #[rstest]
    #[case(
        "es-pt",
        "necesito comprar arroz, tomate, carne",
        "preciso comprar arroz, tomate, carne",
        Grade::Good
    )]
    #[case("es-pt", "la casa nueva es grande", "a casa nova é grande", Grade::Good)]
    #[case("it-ro", "trova sorella nonna, domani", "trova sorella nonna, domani", Grade::Good)]
    #[case("sv-da", "komma hem till pappa", "komma hem till pappa", Grade::Good)]
    #[case("en-pt", "please bring bread tomorrow", "please bring bread tomorrow", Grade::Rough)]
    #[case("es-de", "necesito comprar arroz, tomate", "necesito comprar arroz, tomate", Grade::Rough)]
    fn related_languages_share_words(
        #[case] pair: &str,
        #[case] source: &str,
        #[case] translation: &str,
        #[case] expected: Grade,
    ) {
        let is_related = are_related(pair.parse().unwrap());
        let evidence = Evidence { is_related, ..evidence(MODEL, source, translation) };
        assert_eq!(evidence.grade(), expected, "{} points", evidence.points());
    }

    #[rstest]
    #[case(None, Grade::Good)]
    #[case(Some(1.0), Grade::Good)]
    #[case(Some(0.5), Grade::Good)]
    #[case(Some(0.45), Grade::Good)]
    #[case(Some(0.3), Grade::Fair)]
    #[case(Some(0.1), Grade::Rough)]
    #[case(Some(0.0), Grade::Rough)]
    fn an_uncertain_engine_costs_points(#[case] score: Option<f32>, #[case] expected: Grade) {
        let evidence = Evidence { score, ..evidence(MODEL, "Good morning", "Bom dia") };
        assert_eq!(evidence.grade(), expected, "{} points", evidence.points());
    }

    /// Segments as grades and lengths: `g` good, `f` fair, `r` rough.
    #[rstest]
    #[case("", None)]
    #[case("g0", None)]
    #[case("g1", Some(Grade::Good))]
    #[case("f1", Some(Grade::Fair))]
    #[case("r1", Some(Grade::Rough))]
    #[case("g5 g5 g5", Some(Grade::Good))]
    #[case("g5 r5", Some(Grade::Rough))]
    #[case("g20 r10", Some(Grade::Rough))]
    #[case("g21 r10", Some(Grade::Good))]
    #[case("g20 f5 r10", Some(Grade::Fair))]
    #[case("g30 r10", Some(Grade::Good))]
    #[case("g20 f10", Some(Grade::Fair))]
    #[case("g21 f10", Some(Grade::Good))]
    #[case("f20 r10", Some(Grade::Rough))]
    #[case("f21 r10", Some(Grade::Fair))]
    #[case("g50 f10 r10", Some(Grade::Good))]
    #[case("g40 f10 r10", Some(Grade::Fair))]
    #[case("r1 g1 g1", Some(Grade::Rough))]
    #[case("r10 f10 g10", Some(Grade::Rough))]
    #[case("g100 r1 r1 r1", Some(Grade::Good))]
    fn a_message_has_the_grade_of_a_third_of_it(#[case] segments: &str, #[case] expected: Option<Grade>) {
        let segment = |text: &str| {
            let grade = match &text[..1] {
                "g" => Grade::Good,
                "f" => Grade::Fair,
                _ => Grade::Rough,
            };
            (grade, text[1..].parse().unwrap())
        };
        assert_eq!(of_message(segments.split_whitespace().map(segment)), expected);
    }

    #[rstest]
    #[case("", 1)]
    #[case("one", 1)]
    #[case("one two three", 1)]
    #[case("one one", 2)]
    #[case("one One ONE", 3)]
    #[case("one two one two", 2)]
    #[case("one two one two one two", 3)]
    #[case("a b c d a b c d a b c d", 3)]
    #[case("x one two three one two three y", 2)]
    #[case("one, one. One!", 3)]
    fn repetitions_are_counted(#[case] text: &str, #[case] expected: usize) {
        assert_eq!(rounds(&words(text)), expected);
    }
}
