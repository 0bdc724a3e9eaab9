//! Folded forms of texts for comparison and search, the same on every database.

use super::visible::{is_blank, is_mark};
use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup, Script, WhiteSpace};
use icu_properties::{CodePointMapData, CodePointSetData};
use std::collections::BTreeSet;

/// Incremented whenever the same text folds differently, so that stored folded texts are recomputed.
pub const FOLD_VERSION: i64 = 2;

/// Maximum number of words in a search.
const MAX_SEARCHED_WORDS: usize = 8;
/// Maximum number of words by which a name can be found.
const MAX_FOUND_WORDS: usize = 64;
/// Maximum length of a word, in characters; the rest is cut off.
const MAX_WORD_CHARS: usize = 64;

/// A text in Unicode's composed form (NFC): a letter and its accent are one character, however they were
/// typed.
pub fn nfc(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned()
}

/// A text in compatibility form (NFKC): `＜` becomes `<`.
pub(super) fn nfkc(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfkc().normalize(text).into_owned()
}

/// The key by which two names are compared: compatibility form (NFKC), full case folding, without invisible
/// characters except spaces between words. `None` if nothing is left, which is not a name.
pub fn key(text: &str) -> Option<String> {
    let shown: String = folded(text).chars().filter(|c| is_space(*c) || !is_blank(*c)).collect();
    Some(nfc(shown.trim())).filter(|key| !key.is_empty())
}

/// Compatibility caseless form (The Unicode Standard, D146).
fn folded(text: &str) -> String {
    let (compose, cases) = (ComposingNormalizerBorrowed::new_nfkc(), CaseMapper::new());
    let text = DecomposingNormalizerBorrowed::new_nfd().normalize(text);
    let once = compose.normalize(&cases.fold_string(&text)).into_owned();
    compose.normalize(&cases.fold_string(&once)).into_owned()
}

/// The names by which a user can be found.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// The name after `@`.
    pub username: &'a str,
    /// Given name.
    pub first: &'a str,
    /// Family name.
    pub last: &'a str,
    /// The display name.
    pub display: &'a str,
}

/// The words by which a user with these names is found, each by its prefix.
///
/// Names in scripts without spaces can be found from each of their characters on, and by family name and
/// given name in one.
pub fn found_words(names: Names<'_>) -> BTreeSet<String> {
    let Names { username, first, last, display } = names;
    let whole = [display.to_owned(), format!("{last} {first}"), format!("{first} {last}")];
    let joined =
        whole.iter().map(|name| words(name)).filter(|words| words.len() > 1).map(|words| words.concat());
    let joined = joined.filter(|name| name.chars().all(|c| is_unspaced(c) || is_mark(c)));
    let mut found = BTreeSet::new();
    for word in [username, first, last, display].into_iter().flat_map(words).chain(joined) {
        let starts = word.char_indices().filter(|(at, c)| *at == 0 || is_unspaced(*c)).map(|(at, _)| at);
        for start in starts {
            if found.len() < MAX_FOUND_WORDS {
                found.insert(word[start..].chars().take(MAX_WORD_CHARS).collect());
            }
        }
    }
    found
}

/// Whether the text is long enough for a search: two characters, or one of a script in which a single
/// character can be a name.
pub fn is_enough_to_search(text: &str) -> bool {
    let mut shown = text.chars().filter(|c| !is_blank(*c));
    shown.next().is_some_and(|first| is_unspaced(first) || shown.next().is_some())
}

/// The words of a search; each must be a prefix of a word of a name.
pub fn searched_words(text: &str) -> Vec<String> {
    let mut words = words(text);
    words.sort_unstable();
    words.dedup();
    words.truncate(MAX_SEARCHED_WORDS);
    words
}

/// The words of a text, folded, without accents and apostrophes.
pub fn words(text: &str) -> Vec<String> {
    split(&plain(text)).map(|word| word.chars().take(MAX_WORD_CHARS).collect()).collect()
}

/// The words of a text in [plain] form.
pub(super) fn split(plain: &str) -> impl Iterator<Item = &str> {
    plain.split(is_border).filter(|word| !word.is_empty())
}

/// A folded text without accents, apostrophes and invisible characters other than spaces, including accents
/// that are part of a letter.
pub(super) fn plain(text: &str) -> String {
    let folded = folded(text);
    let apart = DecomposingNormalizerBorrowed::new_nfd().normalize(&folded);
    let mut plain = String::with_capacity(apart.len());
    for c in apart.chars() {
        match c {
            'ø' => plain.push('o'),
            'ł' => plain.push('l'),
            'đ' | 'ð' | 'ɖ' | 'ɗ' => plain.push('d'),
            'ħ' => plain.push('h'),
            'ı' | 'ɨ' => plain.push('i'),
            'ŧ' => plain.push('t'),
            'ŋ' | 'ɲ' => plain.push('n'),
            'ɓ' => plain.push('b'),
            'ƙ' => plain.push('k'),
            'ƴ' => plain.push('y'),
            'ɛ' | 'ə' | 'ǝ' => plain.push('e'),
            'ɔ' => plain.push('o'),
            'ƒ' => plain.push('f'),
            'æ' => plain.push_str("ae"),
            'œ' => plain.push_str("oe"),
            'þ' => plain.push_str("th"),
            // Keyboards for Persian, Urdu and Kurdish have their own letters for these.
            'ی' | 'ى' | 'ے' | 'ې' => plain.push('ي'),
            'ک' | 'ڪ' => plain.push('ك'),
            'ہ' | 'ھ' | 'ە' | 'ة' => plain.push('ه'),
            'ٱ' => plain.push('ا'),
            'ـ' => {}
            _ if is_accent(c) || is_apostrophe(c) || (is_blank(c) && !is_space(c)) => {}
            _ => plain.push(c),
        }
    }
    // Many omit the dot of `Gal·la`.
    nfc(&plain.replace("l·l", "ll"))
}

/// A combining mark that can be omitted in a search: accents of Latin, Greek and Cyrillic, vowel points of
/// Hebrew and Arabic. Marks of other scripts are vowels, and U+3099 and U+309A change the kana.
fn is_accent(c: char) -> bool {
    GeneralCategoryGroup::NonspacingMark.contains(CodePointMapData::<GeneralCategory>::new().get(c))
        && matches!(
            script(c),
            Script::Inherited | Script::Hebrew | Script::Arabic | Script::Greek | Script::Cyrillic
        )
        && !matches!(c, '\u{3099}' | '\u{309A}')
}

pub(super) fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\'' | '\u{2019}' | '\u{2018}' | '\u{2BC}' | '\u{2BB}' | '\u{2032}' | '`' | '\u{B4}' | '\u{FF07}'
    )
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || CodePointSetData::new::<WhiteSpace>().contains(c)
}

/// Whether a character separates words.
pub(super) fn is_border(c: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    is_space(c)
        || GeneralCategoryGroup::Punctuation.contains(category)
        || (c.is_ascii() && !c.is_ascii_alphanumeric())
}

/// Whether a character belongs to a script that is written without spaces between words, or between the parts
/// of a name.
pub(super) fn is_unspaced(c: char) -> bool {
    use Script as S;
    let unspaced =
        [S::Han, S::Hiragana, S::Katakana, S::Bopomofo, S::Hangul, S::Thai, S::Lao, S::Khmer, S::Myanmar];
    unspaced.contains(&script(c)) && !is_mark(c)
}

pub(super) fn script(c: char) -> Script {
    CodePointMapData::<Script>::new().get(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn equivalent_names_have_the_same_key() {
        for (one, other) in [
            ("Lea", "LEA"),
            ("Фёдор", "ФЁДОР"),
            ("Γιώργος", "ΓΙΏΡΓΟΣ"),
            ("Zoë", "Zoe\u{308}"),
            ("Straße", "STRASSE"),
            ("ﬁn", "FIN"),
            ("ｌｅａ", "lea"),
            ("le\u{200B}a", "lea"),
            ("ა", "\u{1C90}"),
            ("\u{345}", "ι"),
        ] {
            assert_eq!(key(one), key(other), "{one} {other}");
        }
        assert_ne!(key("Léa"), key("Lea"));
        assert_eq!(key("\u{200B} \u{2800}"), None);
    }

    fn finds(text: &str, names: Names<'_>) -> bool {
        let (found, searched) = (found_words(names), searched_words(text));
        !searched.is_empty() && searched.iter().all(|word| found.iter().any(|known| known.starts_with(word)))
    }

    #[test]
    fn a_name_without_spaces_is_found_as_one_word() {
        for (text, first, last) in [
            ("王明", "明", "王"),
            ("王 明", "明", "王"),
            ("明王", "明", "王"),
            ("明", "明", "王"),
            ("김민수", "민수", "김"),
            ("김민", "민수", "김"),
            ("김", "민수", "김"),
            ("山田太郎", "太郎", "山田"),
            ("山田　太郎", "太郎", "山田"),
            ("田太郎", "太郎", "山田"),
            ("สมชายใจดี", "สมชาย", "ใจดี"),
            ("ジョンスミス", "ジョン", "スミス"),
        ] {
            let names = Names { username: "someone", first, last, display: "" };
            assert!(finds(text, names), "{text} finds {first} {last}");
        }
        assert!(finds("山田太郎", Names { username: "t", first: "", last: "", display: "山田 太郎" }));
        let names = Names { username: "someone", first: "Léa", last: "Roux", display: "Léa Roux" };
        assert!(!finds("rouxlea", names) && !finds("learoux", names));
        assert!(is_enough_to_search("明") && is_enough_to_search(" 김 ") && is_enough_to_search("li"));
        assert!(!is_enough_to_search("l") && !is_enough_to_search(" l\u{200B}") && !is_enough_to_search(""));
    }

    #[test]
    fn names_are_found_by_prefixes_of_their_words() {
        let finds =
            |text: &str, name: &str| finds(text, Names { username: "", first: "", last: "", display: name });
        for (text, name) in [
            ("celine", "Céline Roux"),
            ("roux cél", "Céline Roux"),
            ("Ce\u{301}line", "Céline"),
            ("WEISS", "Weiß Straße"),
            ("oyvind aas", "Øyvind Aas"),
            ("Øyv", "Oyvind"),
            ("щук", "Фёдор Щукин"),
            ("федор", "Фёдор"),
            ("γιωρ", "Γιώργος"),
            ("lodz", "Łódź"),
            ("oneill", "O’Neill"),
            ("o'neill", "ONeill"),
            ("istanbul", "İstanbul"),
            ("ibrahim", "Ibrahim ısa"),
            ("isa", "Ibrahim ısa"),
            ("nguyen", "Nguyễn"),
            ("太郎", "山田太郎"),
            ("민수", "김민수"),
            ("वि", "विजय"),
            ("marie_d", "marie_dupont"),
            ("luc", "jean-luc"),
            ("محمد", "مُحَمَّد"),
            ("علي", "علی"),
            ("كريمي", "کریمی"),
            ("کریمی", "كريمي"),
            ("فاطمه", "فاطمة"),
            ("galla", "Gal·la"),
            ("gal·la", "Galla"),
            ("Galla", "Ga\u{140}la"),
            ("🔥", "🔥🔥"),
        ] {
            assert!(finds(text, name), "{text} finds {name}");
        }
        for (text, name) in
            [("ines", "Céline"), ("वु", "विजय"), ("!?", "Céline"), ("", "Céline"), ("か", "がん")]
        {
            assert!(!finds(text, name), "{text} does not find {name}");
        }
    }

    proptest! {
        #[test]
        fn folding_is_idempotent_and_ignores_case(text in "\\PC{0,12}") {
            let once = key(&text);
            prop_assert_eq!(once.as_deref().and_then(key), once.clone());
            prop_assert_eq!(key(&nfc(&text)), once);
        }

        #[test]
        fn everybody_is_found_by_their_own_name(name in "\\PC{1,20}") {
            let found = found_words(Names { username: "", first: "", last: "", display: &name });
            if found.len() < MAX_FOUND_WORDS {
                for word in searched_words(&name) {
                    prop_assert!(found.iter().any(|known| known.starts_with(&word)), "{word:?} {found:?}");
                }
            }
        }
    }
}
