//! The interface between Meeshy and translation engines: a batch of segments in, translations out.

use crate::EngineError;
use crate::request::Urgency;
use async_trait::async_trait;
use meeshy_domain::Language;
use serde::Serialize;
use std::ops::RangeInclusive;
use std::str::FromStr;
use tokio::time::Instant;

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

/// A pair that an engine currently serves.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// The pair.
    pub pair: Pair,
    /// Changes whenever the answers may change: cached texts of another version are not used.
    pub version: String,
    /// The quality that this step loses, in chrF points (0 to 100).
    pub lost: f32,
    /// The approximate time for a sentence of twelve words, in milliseconds.
    pub cost_ms: f32,
}

/// How much text an engine is given at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Portion {
    /// The maximum size in bytes, about four of which make a token in any script. A longer segment is sent
    /// alone.
    pub bytes: usize,
    /// The maximum number of concurrent portions: per pair, or, for a server, for all pairs together.
    pub at_once: usize,
}

/// A translated segment.
#[derive(Debug, Clone, PartialEq)]
pub struct Translated {
    /// The text, with all marks of the source.
    pub text: String,
    /// The engine's confidence, 0 to 1, if it reports one.
    pub score: Option<f32>,
}

/// A translation engine.
///
/// A segment is at most one sentence, without line breaks or control characters. It may contain marks
/// ([`is_mark`]), each of which stands for a piece that must not change. An engine preserves them as well as
/// it can; the caller checks that all are present.
#[async_trait]
pub trait Engine: Send + Sync {
    /// The name shown to readers next to a translation. Unique among the engines of a translator.
    fn name(&self) -> &str;

    /// The pairs installed. Reads the current state on each call; loads nothing, starts nothing and waits for
    /// nothing. If something cannot be read, its last known state is used.
    fn offers(&self) -> Vec<Offer>;

    /// Incremented whenever [`offers`](Self::offers) has changed by itself, without an installation.
    fn revision(&self) -> u64 {
        0
    }

    /// When to call [`offers`](Self::offers) again because something could not be read.
    fn retry_at(&self) -> Option<Instant> {
        None
    }

    /// Whether it is a server: all its pairs fail and recover together, and invalid answers count as
    /// failures.
    fn is_remote(&self) -> bool {
        false
    }

    /// Waits until it is known whether the engine serves this pair.
    ///
    /// # Errors
    /// Why that cannot be determined now.
    async fn settle(&self, _pair: Pair) -> Result<(), String> {
        Ok(())
    }

    /// Why it does not serve a pair although it could after some action by the operator.
    fn why_not(&self, _pair: Pair) -> Option<String> {
        None
    }

    /// Starts what this pair needs, in the background. Errors show up when it is used.
    fn prepare(&self, _pair: Pair) {}

    /// How much of a pair it is given at a time: large enough to be efficient, small enough not to delay the
    /// next one.
    fn portion(&self, _urgency: Urgency) -> Portion {
        Portion { bytes: 4_000, at_once: 1 }
    }

    /// Translates segments, in order; an empty text for one without translation.
    ///
    /// # Errors
    /// For the batch as a whole: nothing of it was translated.
    async fn translate(
        &self,
        pair: Pair,
        segments: &[String],
        urgency: Urgency,
    ) -> Result<Vec<Translated>, EngineError>;

    /// Releases memory and processes. The engine can still be used; it restarts on demand.
    async fn rest(&self);
}

/// Marks are private-use characters: they have no meaning in any language and do not affect word and sentence
/// boundaries.
const MARKS: RangeInclusive<char> = '\u{E000}'..='\u{F8FF}';

/// Whether a character is a mark of a protected piece.
pub fn is_mark(character: char) -> bool {
    MARKS.contains(&character)
}

/// The mark of the piece with this index.
pub(crate) fn mark(index: usize) -> char {
    u32::try_from(index)
        .ok()
        .and_then(|index| char::from_u32(u32::from(*MARKS.start()) + index))
        .filter(|&character| is_mark(character))
        .unwrap_or(*MARKS.end())
}

/// The index of the piece of a mark.
pub(crate) fn mark_index(mark: char) -> Option<usize> {
    is_mark(mark)
        .then(|| u32::from(mark) - u32::from(*MARKS.start()))
        .and_then(|index| usize::try_from(index).ok())
}

/// Whether both texts contain the same marks, each equally often.
pub(crate) fn same_marks(one: &str, other: &str) -> bool {
    let sorted = |text: &str| {
        let mut marks: Vec<char> = text.chars().filter(|&c| is_mark(c)).collect();
        marks.sort_unstable();
        marks
    };
    sorted(one) == sorted(other)
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
