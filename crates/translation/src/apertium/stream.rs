//! Apertium's stream format: what must be escaped on the way in, and undone on the way out.

use regex::Regex;
use std::sync::LazyLock;

/// Characters with a meaning in the stream format; unescaped, they end a pipeline.
const SPECIAL: [char; 11] = ['\\', '[', ']', '{', '}', '^', '$', '/', '<', '>', '@'];

/// A blank that the pipeline passes through. Without one at its end, a text whose last word could go on (a
/// multi-word) waits for more, for ever.
const END: &str = "[][\n]";

/// Marks the end of a text; each stage flushes there.
pub(super) const FLUSH: u8 = 0;

/// One segment as the first stage wants it.
pub(super) fn encode(segment: &str, stream: &mut Vec<u8>) {
    let mut buffer = [0; 4];
    for character in segment.chars() {
        match character {
            // The end of a text, in the stream; a segment has none, and one that had would split it in two.
            '\0' => continue,
            // The alarm of the post-generator, which swallows it; as a blank it passes.
            '~' => stream.extend_from_slice(b"[~]"),
            special if SPECIAL.contains(&special) => stream.extend_from_slice(&[b'\\', special as u8]),
            other => stream.extend_from_slice(other.encode_utf8(&mut buffer).as_bytes()),
        }
    }
    stream.extend_from_slice(END.as_bytes());
    stream.push(FLUSH);
}

/// The text in what the last stage wrote, without its flush. Nothing if its end is missing: then a stage has ended, and
/// the others flush what they have.
pub(super) fn decode(stream: &[u8]) -> Option<String> {
    let written = String::from_utf8_lossy(stream);
    let body = written.strip_suffix(END)?;
    let mut text = String::with_capacity(body.len());
    let mut characters = body.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => text.extend(characters.next()),
            // Without an escape it is none of the source's: blanks of ours (`[~]` and the end), marks of failed words.
            unescaped if SPECIAL.contains(&unescaped) => {}
            other => text.push(other),
        }
    }
    Some(text)
}

/// What the rules leave in a text: a mark of a form that could not be made (`#inicial`), a grammatical tag (`<prn>`),
/// a second way to write a form (`insère/insére`).
static REMAINS: LazyLock<[(char, Regex); 4]> = LazyLock::new(|| {
    [('#', "#"), ('*', r"\*"), ('<', "<[a-z0-9]*>"), ('/', r"/\p{L}+")]
        .map(|(sign, pattern)| (sign, Regex::new(pattern).expect("a constant pattern is valid")))
});

/// Takes off what the rules leave behind, spaces of words that were dropped, and a lost capital.
pub(super) fn tidy(source: &str, translation: &str) -> String {
    let mut text = translation.trim().to_owned();
    for (sign, remains) in REMAINS.iter() {
        if text.contains(*sign) && !source.contains(*sign) {
            text = remains.replace_all(&text, "").into_owned();
        }
    }
    if !source.contains("  ") {
        while let Some(at) = text.find("  ") {
            text.remove(at);
        }
    }
    let capital = source.chars().next().is_some_and(char::is_uppercase);
    match text.chars().next() {
        Some(first) if capital && first.is_lowercase() => {
            first.to_uppercase().chain(text.chars().skip(1)).collect()
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_has_a_meaning_in_the_stream_is_escaped() {
        let mut stream = Vec::new();
        encode(r"a/b <c> [d] ^e$ \ @f {g} ~", &mut stream);
        assert_eq!(stream, b"a\\/b \\<c\\> \\[d\\] \\^e\\$ \\\\ \\@f \\{g\\} [~][][\n]\0");
    }

    #[test]
    fn marks_of_the_rules_do_not_reach_the_reader() {
        assert_eq!(decode(b"@casa ^\\@casa\\/\\<b\\> [~] c[][\n]").as_deref(), Some("casa @casa/<b> ~ c"));
        assert_eq!(tidy("x", "s'insére/insère la part"), "s'insére la part");
        assert_eq!(tidy("x", "el website, <prn> séjourner"), "el website, séjourner");
        assert_eq!(tidy("Raison initiale", "raó #inicial"), "Raó inicial");
        assert_eq!(tidy("a/b <i>", "a/b <i>"), "a/b <i>");
        assert_eq!(tidy("C# now", "C# ara"), "C# ara");
    }

    #[test]
    fn spaces_of_dropped_words_and_lost_capitals_are_repaired() {
        assert_eq!(tidy("I don't like it", " no  Me gusta"), "No Me gusta");
        assert_eq!(tidy("two  spaces", "dos  espacios"), "dos  espacios");
        assert_eq!(tidy("", ""), "");
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(text in "\\PC{0,80}") {
            let mut stream = Vec::new();
            encode(&text, &mut stream);
            prop_assert_eq!(stream.pop(), Some(FLUSH));
            prop_assert_eq!(decode(&stream), Some(text));
        }

        #[test]
        fn no_output_of_a_stage_is_too_odd_to_decode(stream in proptest::collection::vec(1..=u8::MAX, 0..200)) {
            let whole = stream.ends_with(END.as_bytes());
            prop_assert_eq!(decode(&stream).is_some(), whole);
            prop_assert!(decode(&[stream.as_slice(), END.as_bytes()].concat()).is_some());
        }

        #[test]
        fn tidying_never_adds_a_word(source in "\\PC{0,30}", text in "\\PC{0,30}") {
            let tidied = tidy(&source, &text);
            prop_assert!(tidied.split_whitespace().count() <= text.split_whitespace().count());
        }
    }
}
