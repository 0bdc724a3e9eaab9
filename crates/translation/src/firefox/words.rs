//! Marks as words that a model copies: to a model, a private-use character is noise.

use crate::mark::{is_mark, mark, mark_index};

/// Capitals that start no word of any language, followed by a number: models copy such codes.
const CODE: &str = "XQZ";

/// The segment with a code for each mark.
pub(crate) fn from_marks(segment: &str) -> String {
    let mut text = String::with_capacity(segment.len());
    for character in segment.chars() {
        match mark_index(character) {
            Some(index) => text.push_str(&format!("{CODE}{index}")),
            None => text.push(character),
        }
    }
    text
}

/// The answer with a mark for each code. A code in the source itself becomes an extra mark, which the
/// comparison of marks detects.
pub(crate) fn to_marks(answer: &str) -> String {
    let mut text = String::with_capacity(answer.len());
    let mut rest = answer;
    while let Some(at) = rest.find(CODE) {
        let digits_from = at + CODE.len();
        let digits = rest[digits_from..].bytes().take_while(u8::is_ascii_digit).count();
        text.extend(rest[..at].chars().filter(|&c| !is_mark(c)));
        match rest[digits_from..digits_from + digits].parse() {
            Ok(index) => text.push(mark(index)),
            Err(_) => text.push_str(&rest[at..digits_from + digits]),
        }
        rest = &rest[digits_from + digits..];
    }
    text.extend(rest.chars().filter(|&c| !is_mark(c)));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn marks_round_trip(text in "([a-z ,.]|[\u{E000}-\u{E0C8}] ){0,60}") {
            prop_assert_eq!(to_marks(&from_marks(&text)), text);
        }

        #[test]
        fn no_answer_panics(answer in "(XQZ|[0-9]|\\PC){0,60}") {
            to_marks(&answer);
        }
    }
}
