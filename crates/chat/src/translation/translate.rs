//! The interface between jobs and engines.

use async_trait::async_trait;
use meeshy_domain::{Grade, Language, Reason};
use meeshy_store::translations::State;
use meeshy_store::translators::Speed;
use meeshy_translation::detect::Evidence;
use meeshy_translation::{Pair, Request};
use std::collections::BTreeMap;

/// The result of the engines for one text.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// There is a translation.
    Done {
        /// The translated text.
        text: String,
        /// The engine that made it, and its route.
        engine: String,
        /// Its confidence, 0 to 1, if known.
        score: Option<f32>,
        /// How good it is expected to be, if known.
        grade: Option<Grade>,
    },
    /// The text is the same in both languages.
    Identical,
    /// No engine serves this pair. If the reason is temporary, one will.
    Unavailable {
        /// The reason.
        reason: Reason,
    },
    /// It failed this time.
    Failed {
        /// The reason.
        reason: Reason,
    },
}

impl Answer {
    /// The state to store for the translation of `original`.
    pub(super) fn into_state(self, original: &str) -> State {
        match self {
            Self::Done { text, engine, score, grade } => {
                State::Done { content: text, engine, score: score.map(f64::from), grade }
            }
            Self::Identical => State::Identical { content: original.to_owned() },
            Self::Unavailable { reason } => State::Unavailable { reason },
            Self::Failed { reason } => State::Failed { reason },
        }
    }
}

/// Translates: the engines in the program, something predictable in tests.
#[async_trait]
pub trait Translate: Send + Sync {
    /// One answer for each text, in order.
    async fn translate(&self, request: &Request, texts: &[String]) -> Vec<Answer>;

    /// Whether an engine serves this pair now.
    fn serves(&self, from: Language, to: Language) -> bool {
        self.engine(&Request::new(from, to)).is_some()
    }

    /// The engine that serves a request now, and its route.
    fn engine(&self, request: &Request) -> Option<String>;

    /// Loads what a pair needs, in the background.
    fn warm_up(&self, _pair: Pair) {}

    /// Every pair that is served now, and its speed.
    fn pairs(&self) -> Vec<Speed>;

    /// How good the translations of every pair are expected to be that is served now.
    fn grades(&self) -> BTreeMap<Pair, Grade> {
        BTreeMap::new()
    }

    /// The evidence in a text for its language; none from implementations that cannot detect it.
    async fn evidence(&self, _text: &str) -> Evidence {
        Evidence::default()
    }
}
