//! The seam between Meeshy and whatever translates: a batch of segments goes in, texts come out.

use crate::EngineError;
use crate::request::Urgency;
use async_trait::async_trait;
use meeshy_domain::Language;
use serde::Serialize;
use std::ops::RangeInclusive;
use std::str::FromStr;
use tokio::time::Instant;

/// From which language to which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Pair {
    /// The language of the source.
    pub from: Language,
    /// The language of the result.
    pub to: Language,
}

impl Pair {
    /// Reads a pair as engines name theirs: `eng-spa`, `nb-en`. Pairs of varieties (`cat_valencia-eng`) are none; see
    /// [`Language::of_engine`].
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

/// A text that names no pair of languages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no pair of two languages; write it as `en-fr`")]
pub struct UnknownPair(String);

impl FromStr for Pair {
    type Err = UnknownPair;

    /// Reads `en-fr`, as it is displayed.
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

/// A pair that an engine serves here and now.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// Which pair.
    pub pair: Pair,
    /// Changes whenever the answers may change: a cached text of another version is not used.
    pub version: String,
    /// How much quality this step loses, in points of chrF (0 to 100): the less, the better.
    pub lost: f32,
    /// About how long a sentence of twelve words takes, in milliseconds.
    pub cost_ms: f32,
}

/// How much an engine is given at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Portion {
    /// So much text, at most, in bytes, of which about four make a token in any script. A segment that is longer goes alone.
    pub bytes: usize,
    /// So many portions at the same time: of a pair, or, with a server, of all pairs together.
    pub at_once: usize,
}

/// What became of one segment.
#[derive(Debug, Clone, PartialEq)]
pub struct Translated {
    /// The text, with every mark of the source.
    pub text: String,
    /// How sure the engine is, 0 to 1, if it says.
    pub score: Option<f32>,
}

/// Something that translates.
///
/// A segment is at most one sentence, without line breaks or control characters. It may hold marks
/// ([`is_mark`]), each of which stands for something that must not change; an engine carries them over as well as it
/// can, and whoever calls it checks that all came back.
#[async_trait]
pub trait Engine: Send + Sync {
    /// The name that readers see next to a translation. No two engines of a translator share one.
    fn name(&self) -> &str;

    /// What is installed. Looks afresh at each call; loads nothing, starts nothing and waits for nothing. What cannot be read
    /// now is as it was before.
    fn offers(&self) -> Vec<Offer>;

    /// Grows whenever [`offers`](Self::offers) has changed by itself, without anybody having installed anything.
    fn revision(&self) -> u64 {
        0
    }

    /// When to look at [`offers`](Self::offers) again, because something there could not be read.
    fn look_again_at(&self) -> Option<Instant> {
        None
    }

    /// Whether it is a server: all its pairs fail and recover together, and nonsense from it is a fault of its own.
    fn is_remote(&self) -> bool {
        false
    }

    /// Waits until it is known whether the engine serves this pair.
    ///
    /// # Errors
    /// Why that cannot be known now.
    async fn settle(&self, _pair: Pair) -> Result<(), String> {
        Ok(())
    }

    /// Why it does not serve a pair that it could serve, if somebody did something about it.
    fn why_not(&self, _pair: Pair) -> Option<String> {
        None
    }

    /// Begins to start what this pair needs, and does not wait for it. What goes wrong shows when it is used.
    fn prepare(&self, _pair: Pair) {}

    /// How much of a pair it is given at a time: large enough to gain from it, small enough that the next need not wait.
    fn portion(&self, _urgency: Urgency) -> Portion {
        Portion { bytes: 4_000, at_once: 1 }
    }

    /// One text for each segment, in order; an empty one where it has none.
    ///
    /// # Errors
    /// For the batch as a whole: nothing of it was translated.
    async fn translate(
        &self,
        pair: Pair,
        segments: &[String],
        urgency: Urgency,
    ) -> Result<Vec<Translated>, EngineError>;

    /// Gives back memory and processes. The engine can still be used; it starts again on need.
    async fn rest(&self);
}

/// Marks are private-use characters: they mean nothing in any language and break no word or sentence rule.
const MARKS: RangeInclusive<char> = '\u{E000}'..='\u{F8FF}';

/// Whether a character stands for a protected piece of the text.
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

/// Which piece a mark stands for.
pub(crate) fn mark_index(mark: char) -> Option<usize> {
    is_mark(mark)
        .then(|| u32::from(mark) - u32::from(*MARKS.start()))
        .and_then(|index| usize::try_from(index).ok())
}

/// Whether both texts hold the same marks, each as often.
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
    fn engines_name_their_pairs_in_other_ways() {
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
    fn a_pair_is_two_languages() {
        assert_eq!("en-fr".parse::<Pair>().unwrap().to_string(), "en-fr");
        for name in ["en", "en-en", "en_fr", "EN-fr", "en-xx", ".partial", "en-fr-old", ""] {
            assert!(name.parse::<Pair>().is_err(), "{name}");
        }
    }
}
