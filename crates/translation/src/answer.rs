//! Detects engine output that cannot be a translation.

use crate::mark::is_mark;

/// The maximum ratio of translation to source length, in letters.
const MAX_GROWTH: usize = 3;
/// How many letters short texts may additionally grow by.
const MAX_SHORT_GROWTH: usize = 60;
/// How many letters of other scripts correspond to one of a script that writes whole words or syllables.
const DENSE_WEIGHT: usize = 4;
/// The minimum length, in letters, from which a repeated text is considered an error. Shorter ones can be
/// words: `haraka haraka` is Swahili for `quickly`.
const MIN_REPEATED: usize = 16;

/// The error of an empty answer, without any visible character.
pub(crate) fn emptiness(answer: &str) -> Option<&'static str> {
    answer.chars().all(|c| c.is_whitespace() || is_mark(c)).then_some("an empty text")
}

/// The error of an answer that cannot be a translation of the source.
pub(crate) fn flaw(source: &str, answer: &str) -> Option<&'static str> {
    let (source, answer) = (source.trim(), answer.trim());
    if let Some(flaw) = emptiness(answer) {
        Some(flaw)
    } else if answer.chars().count() > MAX_GROWTH * weight(source) + MAX_SHORT_GROWTH {
        Some("much more text than the source")
    } else if is_twice(answer) && !is_twice(source) {
        Some("the same text twice")
    } else if repeats(source, answer) {
        Some("the source followed by more")
    } else {
        None
    }
}

/// The length of a text, in letters of a script that writes sounds.
pub(crate) fn weight(text: &str) -> usize {
    let dense = |c: char| matches!(c, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}' | '\u{20000}'..='\u{3FFFF}');
    text.chars().map(|c| if dense(c) { DENSE_WEIGHT } else { 1 }).sum()
}

/// Whether a long text consists of two equal halves, with or without space between them.
fn is_twice(text: &str) -> bool {
    if text.chars().count() < 2 * MIN_REPEATED {
        return false;
    }
    // The halves have the same length, so what separates them (at most a wide space) is in the middle.
    (0..=3).any(|gap| {
        let half = (text.len() - gap) / 2;
        let parts = (text.get(..half), text.get(half..text.len() - half), text.get(text.len() - half..));
        matches!(parts, (Some(one), Some(between), Some(other)) if one == other && between.trim().is_empty())
    })
}

/// Whether the answer is the source followed by more text, as from a chat model.
fn repeats(source: &str, answer: &str) -> bool {
    source.chars().count() >= MIN_REPEATED
        && answer.strip_prefix(source).is_some_and(|rest| rest.trim().chars().count() >= MIN_REPEATED / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("Where is the cat?", "Où est le chat ?")]
    #[case("OK", "OK")]
    #[case("quickly", "haraka haraka")]
    #[case("mom", "mama")]
    #[case(
        "你好世界，今天天气很好，我们去公园吧",
        "Hello world, the weather is very good today, let us go to the park together"
    )]
    #[case("no no no no no no no no no no no no!", "non non non non non non non non non non non non !")]
    #[case("We meet at noon, we meet at noon", "On se voit à midi, on se voit à midi")]
    #[case("brb", "je reviens dans un petit instant")]
    #[case("Kraftfahrzeughaftpflichtversicherung", "motor vehicle liability insurance")]
    fn translations_pass(#[case] source: &str, #[case] answer: &str) {
        assert_eq!(flaw(source, answer), None);
    }

    #[rstest]
    #[case("Where is the cat?", " \n", "an empty text")]
    #[case("Where is the cat?", "Où est le chat ? Où est le chat ?", "the same text twice")]
    #[case("Where is the cat?", "Où est le chat ?Où est le chat ?", "the same text twice")]
    #[case(
        "我们今天下午一起去公园散步好不好呀朋友",
        "Let us go to the park! Let us go to the park!",
        "the same text twice"
    )]
    #[case("Where is the cat?", "Where is the cat? means: où est le chat ?", "the source followed by more")]
    fn invalid_translations_are_detected(#[case] source: &str, #[case] answer: &str, #[case] expected: &str) {
        assert_eq!(flaw(source, answer), Some(expected));
    }

    #[test]
    fn a_looping_model_is_too_long() {
        let answer = "la mort avant ".repeat(20);
        assert_eq!(flaw("Where is the cat?", &answer), Some("much more text than the source"));
    }
}
