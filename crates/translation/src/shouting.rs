//! Texts in capital letters. Neural engines know hardly any word in capitals, so they get such a text in small letters,
//! and the answer is put in capitals again.

use crate::pair::Pair;

/// Shorter texts can be abbreviations.
const MIN_LETTERS: usize = 8;
/// So can texts of shorter words.
const MIN_WORD: usize = 5;

/// Whether a text of several words is in capital letters.
pub(crate) fn is_shouted(text: &str) -> bool {
    // The ordinals of `3º` and `1ª` have no capitals.
    let is_small = |character: char| character.is_lowercase() && !matches!(character, 'º' | 'ª');
    let capitals = |word: &str| word.chars().filter(|character| character.is_uppercase()).count();
    let mut words = text.split(|character: char| !character.is_alphanumeric()).map(capitals);
    capitals(text) >= MIN_LETTERS
        && !text.contains(is_small)
        && text.split_whitespace().nth(1).is_some()
        && words.any(|capitals| capitals >= MIN_WORD)
}

/// Whether small and capital letters correspond as usual: not in languages with a dotted and a dotless i.
pub(crate) fn has_plain_case(pair: Pair) -> bool {
    [pair.from, pair.to].iter().all(|language| !matches!(language.code(), "tr" | "az"))
}

/// The text in small letters, with a capital at its start.
pub(crate) fn in_small_letters(text: &str) -> String {
    let small = text.to_lowercase();
    match small.char_indices().find(|(_, character)| character.is_alphabetic()) {
        Some((at, first)) => {
            let rest = &small[at + first.len_utf8()..];
            format!("{}{}{rest}", &small[..at], first.to_uppercase())
        }
        None => small,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("DO NOT TOUCH MY LAPTOP", true)]
    #[case("NÃO ESQUEÇA O PÃO", true)]
    #[case("ЭТО ОЧЕНЬ ВАЖНО", true)]
    #[case("CALL AGAIN AT 11:20!", true)]
    #[case("Do not touch my LAPTOP", false)]
    #[case("DON'T TOUCH my LAPTOP", false)]
    #[case("UNESCO", false)]
    #[case("INTERNATIONAL", false)]
    #[case("NASA, ESA", false)]
    #[case("OK 123", false)]
    #[case("USA, UK, EU, UN", false)]
    #[case("VIVIMOS EN EL 3º PISO", true)]
    #[case("NA 1ª RUA À DIREITA", true)]
    #[case("你好世界 你好世界", false)]
    #[case("", false)]
    fn several_words_without_a_small_letter_are_shouted(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(is_shouted(text), expected);
    }

    #[rstest]
    #[case("en-pt", true)]
    #[case("en-tr", false)]
    #[case("tr-en", false)]
    #[case("az-ru", false)]
    fn turkish_letters_do_not_correspond_as_usual(#[case] pair: &str, #[case] expected: bool) {
        assert_eq!(has_plain_case(pair.parse().unwrap()), expected);
    }

    #[rstest]
    #[case("DO NOT TOUCH IT", "Do not touch it")]
    #[case("¡NO LO TOQUES!", "¡No lo toques!")]
    #[case("ÉTÉ OU HIVER", "Été ou hiver")]
    #[case("123", "123")]
    #[case("", "")]
    fn small_letters_start_with_a_capital(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(in_small_letters(text), expected);
    }
}
