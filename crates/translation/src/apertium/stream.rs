//! Apertium's stream format: escaping of input and unescaping of output.

use crate::engine::Translated;
use regex::Regex;
use std::sync::LazyLock;

/// Special characters of the stream format; unescaped, they end a pipeline.
const SPECIAL: [char; 11] = ['\\', '[', ']', '{', '}', '^', '$', '/', '<', '>', '@'];

/// A blank that passes through the pipeline. Without one at the end, a text whose last word could be the
/// start of a multi-word would wait for more input forever.
const END: &str = "[][\n]";

/// Marks the end of a text; each stage flushes there.
pub(super) const FLUSH: u8 = 0;

/// Encodes a segment for the first stage.
pub(super) fn encode(segment: &str, stream: &mut Vec<u8>) {
    let mut buffer = [0; 4];
    for character in segment.chars() {
        match character {
            // The end of a text in the stream. A segment should not contain one; it would split the segment
            // in two.
            '\0' => continue,
            // The post-generator's alarm, which it would drop, and the marks of failed words, which are not those
            // of the source; as blanks, they pass.
            mark @ ('~' | '*' | '#') => stream.extend_from_slice(&[b'[', mark as u8, b']']),
            special if SPECIAL.contains(&special) => stream.extend_from_slice(&[b'\\', special as u8]),
            other => stream.extend_from_slice(other.encode_utf8(&mut buffer).as_bytes()),
        }
    }
    stream.extend_from_slice(END.as_bytes());
    stream.push(FLUSH);
}

/// The output of the last stage.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    text: String,
    /// The number of words that Apertium copied because it does not know them, without names.
    unknown_words: usize,
}

impl Decoded {
    /// Without the artefacts of the rules; see [`tidy`].
    pub(super) fn tidied(&self, source: &str) -> Translated {
        Translated { unknown_words: self.unknown_words, ..Translated::new(tidy(source, &self.text)) }
    }
}

/// Decodes the output of the last stage, without its flush. `None` if the end marker is missing: then a stage
/// has exited, and the others have flushed what they had.
pub(super) fn decode(stream: &[u8]) -> Option<Decoded> {
    let written = String::from_utf8_lossy(stream);
    let body = written.strip_suffix(END)?;
    let mut text = String::with_capacity(body.len());
    let mut unknown_words = 0;
    let mut is_blank = false;
    let mut characters = body.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => text.extend(characters.next()),
            // The mark of an unknown word, moved behind it for the post-generator.
            '[' if characters.peek() == Some(&'?') => {
                characters.by_ref().find(|&character| character == ']');
                unknown_words += usize::from(ends_in_plain_word(&text));
            }
            '[' | ']' => is_blank = character == '[',
            // Marks of a word that is not in the dictionary, or has no translation there.
            '*' | '@' if !is_blank => {
                unknown_words += usize::from(characters.peek().is_some_and(|next| starts_plain_word(*next)));
            }
            // The mark of a form that could not be generated (`#inicial`).
            '#' if !is_blank => {}
            // A grammatical tag that the rules have left.
            '<' if !is_blank => {
                characters.by_ref().find(|&character| character == '>');
            }
            // Unescaped, it is not from the source.
            unescaped if SPECIAL.contains(&unescaped) => {}
            other => text.push(other),
        }
    }
    Some(Decoded { text, unknown_words })
}

/// Whether the last word of a text is no name.
fn ends_in_plain_word(text: &str) -> bool {
    let from_end = text.chars().rev().skip_while(|character| !character.is_alphanumeric());
    from_end.take_while(|character| character.is_alphanumeric()).last().is_some_and(starts_plain_word)
}

/// Names start with a capital letter, except in scripts that have none.
fn starts_plain_word(first: char) -> bool {
    first.is_alphabetic() && !first.is_uppercase()
}

/// Artefacts of the rules in a text: a grammatical tag (`<prn>`), an alternative form (`insère/insére`).
static ARTEFACTS: LazyLock<[(char, Regex); 2]> = LazyLock::new(|| {
    [('<', "<[a-z0-9]*>"), ('/', r"/\p{L}+")]
        .map(|(sign, pattern)| (sign, Regex::new(pattern).expect("a constant pattern is valid")))
});

/// Removes artefacts of the rules and spaces of dropped words, and restores a lost capital.
fn tidy(source: &str, translation: &str) -> String {
    let mut text = translation.trim().to_owned();
    for (sign, remains) in ARTEFACTS.iter() {
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
    fn special_characters_are_escaped() {
        let mut stream = Vec::new();
        encode(r"a/b <c> [d] ^e$ \ @f {g} ~ * #", &mut stream);
        assert_eq!(stream, b"a\\/b \\<c\\> \\[d\\] \\^e\\$ \\\\ \\@f \\{g\\} [~] [*] [#][][\n]\0");
    }

    #[test]
    fn unknown_words_are_counted() {
        for (stream, text, unknown_words) in [
            ("", "", 0),
            ("nada", "nada", 0),
            ("*uno", "uno", 1),
            ("*uno *dos,*tres", "uno dos,tres", 3),
            ("@casa nueva", "casa nueva", 1),
            ("*uno @dos #tres", "uno dos tres", 2),
            ("la #inicial", "la inicial", 0),
            ("*élève", "élève", 1),
            ("*Élève", "Élève", 0),
            ("el *xyzzy de *Marie", "el xyzzy de Marie", 1),
            ("*USB @NATO", "USB NATO", 0),
            ("*2nd", "2nd", 0),
            ("el *wifi.", "el wifi.", 1),
            ("¿*qué?", "¿qué?", 1),
            ("\\[*uno\\]", "[uno]", 1),
            ("[*]star[*] 5 [*] 3", "*star* 5 * 3", 0),
            ("[*]*star[*]", "*star*", 1),
            ("[#]3 y C[#]", "#3 y C#", 0),
            ("[#]#tres", "#tres", 0),
            ("\\@casa", "@casa", 0),
            ("[~]*uno[~]", "~uno~", 1),
            ("*", "", 0),
            ("d'airbnb[?] d'Ernaux[?]", "d'airbnb d'Ernaux", 1),
            ("l'escuadrón[?], y[?].", "l'escuadrón, y.", 2),
            ("\\[?\\] no", "[?] no", 0),
            ("[?]", "", 0),
            ("घर[?] بيت[?]", "घर بيت", 2),
            ("le le<prn> mot", "le le mot", 0),
        ] {
            let decoded = decode(format!("{stream}{END}").as_bytes()).unwrap();
            assert_eq!(decoded, Decoded { text: text.to_owned(), unknown_words }, "{stream}");
        }
    }

    #[test]
    fn artefacts_of_the_rules_are_removed() {
        let decoded = decode(b"@casa ^\\@casa\\/\\<b\\> [~] c[][\n]").unwrap();
        assert_eq!(decoded.text, "casa @casa/<b> ~ c");
        assert_eq!(tidy("x", "s'insére/insère la part"), "s'insére la part");
        assert_eq!(tidy("x", "el website, <prn> séjourner"), "el website, séjourner");
        assert_eq!(tidy("Raison initiale", "raó inicial"), "Raó inicial");
        assert_eq!(tidy("a/b <i>", "a/b <i>"), "a/b <i>");
        assert_eq!(tidy("C# now", "C# ara"), "C# ara");
    }

    #[test]
    fn spaces_and_capitals_are_repaired() {
        assert_eq!(tidy("I don't like it", " no  Me gusta"), "No Me gusta");
        assert_eq!(tidy("two  spaces", "dos  espacios"), "dos  espacios");
        assert_eq!(tidy("", ""), "");
    }

    proptest! {
        #[test]
        fn encoding_round_trips(text in "\\PC{0,80}") {
            let mut stream = Vec::new();
            encode(&text, &mut stream);
            prop_assert_eq!(stream.pop(), Some(FLUSH));
            prop_assert_eq!(decode(&stream), Some(Decoded { text, unknown_words: 0 }));
        }

        #[test]
        fn any_output_can_be_decoded(stream in proptest::collection::vec(1..=u8::MAX, 0..200)) {
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
