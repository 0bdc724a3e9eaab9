//! The seam between the jobs and the engines.

use crate::Speed;
use async_trait::async_trait;
use meeshy_domain::{Language, Reason};
use meeshy_translation::Request;
use meeshy_translation::detect::Evidence;

/// What the engines say of one text.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// There is a translation.
    Done {
        /// The translated text.
        text: String,
        /// Which engine made it, and over which languages.
        engine: String,
        /// How sure it is, 0 to 1, if it says.
        score: Option<f32>,
    },
    /// The text is the same in both languages.
    Identical,
    /// No engine serves this pair; where the reason is temporary, one will.
    Unavailable {
        /// Why.
        reason: Reason,
    },
    /// It did not work this time.
    Failed {
        /// Of what.
        reason: Reason,
    },
}

/// Who translates: the engines in the program, something predictable in tests.
#[async_trait]
pub trait Translate: Send + Sync {
    /// One answer for each text, in order.
    async fn translate(&self, request: &Request, texts: &[String]) -> Vec<Answer>;

    /// Whether some engine serves this pair now.
    fn serves(&self, from: Language, to: Language) -> bool {
        self.engine(&Request::new(from, to)).is_some()
    }

    /// By which engine a request is served now, and over which languages.
    fn engine(&self, request: &Request) -> Option<String>;

    /// Every pair that is served now, and how fast.
    fn pairs(&self) -> Vec<Speed>;

    /// What a text says about its language: nothing, to who cannot tell.
    async fn evidence(&self, _text: &str) -> Evidence {
        Evidence::default()
    }
}
