//! Search in texts by grams: short pieces of their words, which a database can index whatever the language.
//!
//! The words of a text are folded as names are, so that a search needs neither accents nor capitals. A searched word of
//! three characters or more is found anywhere in a word, a shorter one at its beginning. In scripts without spaces between words,
//! such as Chinese or Thai, one of any length is found anywhere.

use super::fold::{is_unspaced, plain, searched_words, split};
use std::collections::BTreeSet;

/// The characters of a text that are indexed; a search does not look further.
const MAX_INDEXED_CHARS: usize = 16_000;
/// Before a gram that begins a word. A border between words, so no word contains it.
const START: char = '‹';

/// The grams of a text, each of at most three characters, without spaces, quotes or backslashes.
pub fn grams(text: &str) -> BTreeSet<String> {
    let mut grams = BTreeSet::new();
    for word in words(text) {
        let chars: Vec<char> = word.chars().collect();
        for length in 1..=2.min(chars.len()) {
            grams.insert(start(&chars[..length]));
        }
        for length in 1..=2 {
            let short = chars.windows(length).filter(|gram| gram.iter().any(|c| is_unspaced(*c)));
            grams.extend(short.map(|gram| gram.iter().collect::<String>()));
        }
        grams.extend(chars.windows(3).map(|gram| gram.iter().collect::<String>()));
    }
    grams
}

/// What somebody searches for in texts: words that all have to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextSearch {
    words: Vec<String>,
}

impl TextSearch {
    /// The search for the words of `text`; `None` if there is none in it.
    pub fn new(text: &str) -> Option<Self> {
        let words = searched_words(text);
        (!words.is_empty()).then_some(Self { words })
    }

    /// The grams that a text has if it is found. It may have all of them and still not be [found](Self::finds).
    pub fn grams(&self) -> BTreeSet<String> {
        self.words.iter().flat_map(|word| needed(word)).collect()
    }

    /// Whether each of the words is in the text.
    pub fn finds(&self, text: &str) -> bool {
        let words: Vec<String> = words(text);
        self.words.iter().all(|searched| {
            let anywhere = is_found_anywhere(searched);
            words.iter().any(|word| match anywhere {
                true => word.contains(searched.as_str()),
                false => word.starts_with(searched.as_str()),
            })
        })
    }
}

/// The grams of a text in which a word is found.
fn needed(word: &str) -> Vec<String> {
    let chars: Vec<char> = word.chars().collect();
    match chars.len() {
        0 => Vec::new(),
        1 | 2 if is_found_anywhere(word) => vec![word.to_owned()],
        1 | 2 => vec![start(&chars)],
        _ => chars.windows(3).map(|gram| gram.iter().collect()).collect(),
    }
}

/// Whether a word may be found in the middle of another.
fn is_found_anywhere(word: &str) -> bool {
    word.chars().nth(2).is_some() || word.chars().any(is_unspaced)
}

fn start(chars: &[char]) -> String {
    std::iter::once(START).chain(chars.iter().copied()).collect()
}

/// The words of a text, folded and in full length.
fn words(text: &str) -> Vec<String> {
    let end = text.char_indices().nth(MAX_INDEXED_CHARS).map_or(text.len(), |(end, _)| end);
    split(&plain(&text[..end])).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn finds(searched: &str, text: &str) -> bool {
        TextSearch::new(searched).is_some_and(|search| search.finds(text))
    }

    #[test]
    fn words_are_found_without_accents_and_capitals() {
        assert!(finds("ECOLE", "À l’école, demain"));
        assert!(finds("lecole", "À l’école, demain"), "apostrophes do not count");
        assert!(finds("eco dem", "À l’école, demain") == finds("dem eco", "À l’école, demain"));
        assert!(finds("cole", "l'école"), "three characters are found anywhere");
        assert!(!finds("co", "école"), "two only at the beginning of a word");
        assert!(finds("de", "à demain"));
        assert!(!finds("demain soir", "à demain"), "every word counts");
    }

    #[test]
    fn scripts_without_spaces_are_searched_anywhere() {
        assert!(finds("天気", "今日は天気がいいですね"));
        assert!(finds("気", "今日は天気がいいですね"));
        assert!(finds("날씨", "오늘날씨가 좋네요"));
        assert!(finds("สวย", "วันนี้อากาศสวยมาก"));
        assert!(!finds("雨", "今日は天気がいいですね"));
    }

    #[test]
    fn arabic_is_found_without_vowel_points() {
        assert!(finds("السلام", "وَالسَّلَامُ عَلَيْكُمْ"));
        assert!(finds("علیکم", "السلام عليكم"), "with the letters of a Persian keyboard");
    }

    #[test]
    fn nothing_but_punctuation_is_no_search() {
        assert_eq!(TextSearch::new(" .,;'’ \" \\ "), None);
    }

    proptest! {
        /// The index never hides what would be found.
        #[test]
        fn a_found_text_has_the_grams(text in "[a-zéÀ àßﬁ今日天気ひไทยกعربيَ'’.😀\u{200d}]{0,40}", from in 0usize..40, length in 0usize..12) {
            let searched: String = text.chars().skip(from).take(length).collect();
            if let Some(search) = TextSearch::new(&searched) && search.finds(&text) {
                prop_assert!(search.grams().is_subset(&grams(&text)), "{search:?} in {text:?}");
            }
        }

        #[test]
        fn grams_can_be_quoted(text in any::<String>()) {
            for gram in grams(&text) {
                prop_assert!((1..=3).contains(&gram.chars().count()), "{gram:?}");
                prop_assert!(!gram.contains(|c: char| c.is_whitespace() || c.is_ascii_punctuation() || c.is_ascii_control()), "{gram:?}");
            }
        }
    }
}
