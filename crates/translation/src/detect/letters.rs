//! Pairs of languages of one script that a few letters distinguish.

use super::script::Writing;
use meeshy_domain::Language;

/// Four to six of ten letters of Japanese are kana; Chinese has none except in quotations.
const KANA_IN_JAPANESE: f64 = 0.5;
const KANA_IN_CHINESE: f64 = 0.02;

/// About ten of a hundred letters of Tigrinya are ኣ, ኸ, ቐ or the like, which Amharic hardly uses.
const OWN_IN_TIGRINYA: f64 = 0.1;
const OWN_IN_AMHARIC: f64 = 0.005;

/// The likelihood of each of the two, as if letters were independent.
pub(super) fn likely(writing: Writing, sentence: &str) -> Vec<(Language, f64)> {
    let (one, other, marked) = match writing {
        Writing::Han => (("ja", KANA_IN_JAPANESE), ("zh", KANA_IN_CHINESE), is_kana as fn(char) -> bool),
        _ => (("ti", OWN_IN_TIGRINYA), ("am", OWN_IN_AMHARIC), is_tigrinya as fn(char) -> bool),
    };
    let (mut lead, mut certain) = (0.0, 0_u32);
    for c in sentence.chars().filter(|c| c.is_alphabetic() && !c.is_ascii()) {
        lead += if marked(c) { (one.1 / other.1).ln() } else { ((1.0 - one.1) / (1.0 - other.1)).ln() };
        certain += 1;
    }
    if certain == 0 {
        return Vec::new();
    }
    let share = 1.0 / (1.0 + f64::exp(-lead));
    [(one.0, share), (other.0, 1.0 - share)]
        .into_iter()
        .filter_map(|(code, share)| Some((Language::parse(code).ok()?, share)))
        .collect()
}

fn is_kana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}' | '\u{FF66}'..='\u{FF9D}')
}

fn is_tigrinya(c: char) -> bool {
    matches!(c, 'ኣ' | 'ኸ'..='ዅ' | 'ቐ'..='ቝ')
}
