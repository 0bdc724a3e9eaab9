//! A pair of languages: from which one to which.

use meeshy_domain::Language;
use serde::Serialize;
use std::str::FromStr;

/// A source and a target language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Pair {
    /// The source language.
    pub from: Language,
    /// The target language.
    pub to: Language,
}

impl Pair {
    /// Parses a pair in an engine's notation: `eng-spa`, `nb-en`. `None` for pairs of varieties
    /// (`cat_valencia-eng`); see [`Language::of_engine`].
    pub fn of_engine(name: &str) -> Option<Self> {
        let (from, to) = name.split_once('-')?;
        let pair = Self { from: Language::of_engine(from)?, to: Language::of_engine(to)? };
        (pair.from != pair.to).then_some(pair)
    }
}

impl std::fmt::Display for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.from, self.to)
    }
}

/// The text is not a language pair.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a language pair; expected the form `en-fr`")]
pub struct UnknownPair(String);

impl FromStr for Pair {
    type Err = UnknownPair;

    /// Parses the display form, `en-fr`.
    fn from_str(text: &str) -> Result<Self, UnknownPair> {
        let unknown = || UnknownPair(text.chars().take(35).collect());
        let (from, to) = text.split_once('-').ok_or_else(unknown)?;
        let pair = Self {
            from: Language::parse(from).map_err(|_| unknown())?,
            to: Language::parse(to).map_err(|_| unknown())?,
        };
        if pair.from != pair.to && pair.to_string() == text { Ok(pair) } else { Err(unknown()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_in_engines_notations_are_parsed() {
        for (name, pair) in [
            ("eng-spa", Some("en-es")),
            ("nb-en", Some("no-en")),
            ("en-zh_hant", None),
            ("cat-eng_US", None),
            ("spa-es", None),
            ("eng", None),
        ] {
            assert_eq!(Pair::of_engine(name).map(|pair| pair.to_string()).as_deref(), pair, "{name}");
        }
    }

    #[test]
    fn a_pair_has_two_languages() {
        assert_eq!("en-fr".parse::<Pair>().unwrap().to_string(), "en-fr");
        for name in ["en", "en-en", "en_fr", "EN-fr", "en-xx", ".partial", "en-fr-old", ""] {
            assert!(name.parse::<Pair>().is_err(), "{name}");
        }
    }
}
