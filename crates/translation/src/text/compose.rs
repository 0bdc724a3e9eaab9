//! Letters and their combining marks as one character (NFC, UAX 15): engines, their caches, statistics and
//! glossaries expect this form.

use icu_normalizer::ComposingNormalizer;
use meeshy_domain::spans::{Kind, spans};
use std::borrow::Cow;
use std::ops::Range;

/// A text with composed letters.
pub(crate) fn composed(text: &str) -> Cow<'_, str> {
    ComposingNormalizer::new_nfc().normalize(text)
}

/// A message with composed letters. Code and URLs are unchanged: a program may treat the forms differently.
pub(super) fn composed_message(message: &str) -> Cow<'_, str> {
    if ComposingNormalizer::new_nfc().is_normalized(message) {
        return Cow::Borrowed(message);
    }
    let part = |range: Range<usize>, kind| match kind {
        Kind::Plain | Kind::Mention => composed(&message[range]),
        Kind::Code | Kind::Link | Kind::Email => Cow::Borrowed(&message[range]),
    };
    Cow::Owned(spans(message).into_iter().map(|span| part(span.range, span.kind)).collect())
}

/// Whether a text is the composed form of another one.
pub(crate) fn is_composed_of(text: &str, source: &str) -> bool {
    text == source || text == composed_message(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_composed_and_addresses_are_not() {
        let message = "Le cafe\u{301} `e\u{301}` https://example.org/e\u{301} près";
        let expected = "Le café `e\u{301}` https://example.org/e\u{301} près";
        assert_eq!(composed_message(message), expected);
        assert!(is_composed_of(expected, message) && is_composed_of("a", "a") && !is_composed_of("a", "b"));
    }
}
