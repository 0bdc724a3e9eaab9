//! What makes an answer of an engine no translation.

use crate::engine::is_mark;

/// Longer answers than this, for each letter of the source, are no translation.
const MAX_GROWTH: usize = 3;
/// What the growth of short texts may exceed, in letters.
const LEEWAY: usize = 60;
/// A letter of a script that writes whole words or syllables is worth so many of others.
const DENSE: usize = 4;
/// From so many letters on, a text that stands there twice is no coincidence. Shorter ones are words:
/// `haraka haraka` is Swahili for `quickly`.
const LONG: usize = 16;

/// What is wrong with an answer that says nothing: no character that a reader would see.
pub(crate) fn emptiness(answer: &str) -> Option<&'static str> {
    answer.chars().all(|c| c.is_whitespace() || is_mark(c)).then_some("an empty text")
}

/// What is wrong with an answer, if it cannot be a translation of the source.
pub(crate) fn flaw(source: &str, answer: &str) -> Option<&'static str> {
    let (source, answer) = (source.trim(), answer.trim());
    if let Some(flaw) = emptiness(answer) {
        Some(flaw)
    } else if answer.chars().count() > MAX_GROWTH * weight(source) + LEEWAY {
        Some("far more text than there was")
    } else if is_twice(answer) && !is_twice(source) {
        Some("the same text twice")
    } else if repeats(source, answer) {
        Some("the source and more")
    } else {
        None
    }
}

fn weight(text: &str) -> usize {
    let dense = |c: char| matches!(c, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}' | '\u{20000}'..='\u{3FFFF}');
    text.chars().map(|c| if dense(c) { DENSE } else { 1 }).sum()
}

/// Whether a long text is made of two equal halves, with or without space between them.
fn is_twice(text: &str) -> bool {
    if text.chars().count() < 2 * LONG {
        return false;
    }
    // Equal halves are equally long, so what stands between them, at most a wide space, is in the middle.
    (0..=3).any(|gap| {
        let half = (text.len() - gap) / 2;
        let parts = (text.get(..half), text.get(half..text.len() - half), text.get(text.len() - half..));
        matches!(parts, (Some(one), Some(between), Some(other)) if one == other && between.trim().is_empty())
    })
}

/// Whether the answer is the source with more behind it, as of a model that chats.
fn repeats(source: &str, answer: &str) -> bool {
    source.chars().count() >= LONG
        && answer.strip_prefix(source).is_some_and(|rest| rest.trim().chars().count() >= LONG / 2)
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
    #[case("Where is the cat?", "Where is the cat? means: où est le chat ?", "the source and more")]
    fn what_is_no_translation_is_named(#[case] source: &str, #[case] answer: &str, #[case] expected: &str) {
        assert_eq!(flaw(source, answer), Some(expected));
    }

    #[test]
    fn a_loop_of_a_model_is_too_long() {
        let answer = "la mort avant ".repeat(20);
        assert_eq!(flaw("Where is the cat?", &answer), Some("far more text than there was"));
    }
}
