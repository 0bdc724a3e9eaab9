//! Texts in capital letters. Engines know hardly any word in capitals, so they get such a text in small letters, and
//! the answer is put in capitals again.

/// Shorter texts can be abbreviations.
const MIN_LETTERS: usize = 8;

/// Whether a text of several words is in capital letters.
pub(crate) fn is_shouted(text: &str) -> bool {
    let capitals = text.chars().filter(|character| character.is_uppercase()).count();
    capitals >= MIN_LETTERS && !text.contains(char::is_lowercase) && text.split_whitespace().nth(1).is_some()
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
    #[case("MEET ME AT 11:20!", true)]
    #[case("Do not touch my LAPTOP", false)]
    #[case("DON'T TOUCH my LAPTOP", false)]
    #[case("UNESCO", false)]
    #[case("INTERNATIONAL", false)]
    #[case("NASA, ESA", false)]
    #[case("OK 123", false)]
    #[case("你好世界 你好世界", false)]
    #[case("", false)]
    fn several_words_without_a_small_letter_are_shouted(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(is_shouted(text), expected);
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
