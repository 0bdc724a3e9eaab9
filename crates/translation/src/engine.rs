//! The interface between Meeshy and translation engines: a batch of segments in, translations out.

use crate::EngineError;
use crate::pair::Pair;
use crate::request::Urgency;
use async_trait::async_trait;
use std::time::Duration;
use tokio::time::Instant;

/// How long live texts wait for a neural engine of this machine before others go to another engine.
pub(crate) const MAX_LIVE_WAIT: Duration = Duration::from_secs(2);

/// A pair that an engine currently serves.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// The pair.
    pub pair: Pair,
    /// The size class of the model, if the engine has several that differ in quality: `tiny`, `base`.
    pub model: Option<String>,
    /// Changes whenever the answers may change: cached texts of another version are not used.
    pub version: String,
    /// The quality that this step is expected to lose against the best known model, in chrF points; used only
    /// if no figures are known.
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
    /// The number of words that the engine copied because it does not know them, if it says so.
    pub unknown_words: usize,
}

impl Translated {
    /// A text about which the engine says nothing.
    pub fn new(text: String) -> Self {
        Self { text, score: None, unknown_words: 0 }
    }
}

/// The lower of two scores; a missing one is ignored.
pub(crate) fn least(one: Option<f32>, other: Option<f32>) -> Option<f32> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// A translation engine.
///
/// A segment is at most one sentence, without line breaks or control characters. It may contain marks
/// ([`is_mark`](crate::is_mark)), each of which stands for a piece that must not change. An engine preserves them
/// as well as it can; the caller checks that all are present.
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

    /// Whether it gets numbers, times, dates and amounts as they are, because it copies them or writes them as in
    /// the target language. The caller checks that they have survived; otherwise, marks stand for them.
    fn keeps_quantities(&self) -> bool {
        false
    }

    /// Whether it gets texts in capitals in small letters, because it hardly knows a word in capitals.
    fn needs_small_letters(&self) -> bool {
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

    /// Loads what this pair needs before anybody asks for it, in the background. Engines whose memory has no limit do
    /// nothing.
    fn warm_up(&self, _pair: Pair) {}

    /// How long live texts may wait for a pair. While one has waited longer, the engine is overloaded, and other texts
    /// take another route if there is one. `None` if texts always wait.
    fn max_wait(&self) -> Option<Duration> {
        None
    }

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
