//! A way from one language to another, over the engines that make its steps.

use crate::pair::Pair;
use crate::request::{Request, Tier};
use serde::Serialize;

/// Costs below this, in milliseconds, are not compared.
pub(crate) const MIN_COST: f32 = 0.1;

/// A step of a route.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// The engine.
    pub engine: String,
    /// The languages.
    #[serde(flatten)]
    pub pair: Pair,
    /// The version of what is installed.
    pub version: String,
    /// See [`Offer::lost`].
    pub lost: f32,
    /// See [`Offer::cost_ms`].
    pub cost_ms: f32,
}

/// The quality of a route, in chrF points (0 to 100). Only routes of the same pair can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "is", content = "chrf", rename_all = "lowercase")]
pub enum Quality {
    /// Measured.
    Measured(f32),
    /// Estimated from a measured path of the same pair.
    Estimated(f32),
    /// No path of the pair was measured.
    Unknown,
}

/// A route from one language to another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Route {
    /// One step, or several via pivot languages.
    pub steps: Vec<Step>,
    /// The expected loss of quality, in chrF points (0 to 100).
    pub lost: f32,
    /// Its quality.
    pub quality: Quality,
    /// The approximate time for a sentence of twelve words, in milliseconds.
    pub cost_ms: f32,
}

impl Route {
    /// The name shown to readers: `firefox`, `apertium via ca`, `apertium, firefox via en`.
    pub fn label(&self) -> String {
        let mut engines: Vec<&str> = self.steps.iter().map(|step| step.engine.as_str()).collect();
        engines.dedup();
        let pivots: Vec<&str> = self.steps.iter().skip(1).map(|step| step.pair.from.code()).collect();
        match pivots.as_slice() {
            [] => engines.join(", "),
            pivots => format!("{} via {}", engines.join(", "), pivots.join(", ")),
        }
    }

    /// The exact path, as in quality tables: `apertium:en-ca>apertium:ca-fr`.
    pub fn path(&self) -> String {
        let legs: Vec<String> =
            self.steps.iter().map(|step| format!("{}:{}", step.engine, step.pair)).collect();
        legs.join(">")
    }

    /// The source and target language.
    pub fn pair(&self) -> Option<Pair> {
        Some(Pair { from: self.steps.first()?.pair.from, to: self.steps.last()?.pair.to })
    }

    /// Whether a request accepts this route.
    pub(crate) fn suits(&self, request: &Request) -> bool {
        request.path.as_ref().is_none_or(|path| *path == self.path())
            && !request.avoids_engine(&self.label())
            && !self.steps.iter().any(|step| request.avoids_engine(&step.engine))
    }

    /// Its utility for a tier; more is better.
    pub(crate) fn worth(&self, tier: Tier) -> f32 {
        let quality = match self.quality {
            Quality::Measured(chrf) | Quality::Estimated(chrf) => chrf,
            Quality::Unknown => -self.lost,
        };
        quality - tier.points_for_half_the_cost() * self.cost_ms.max(MIN_COST).log2()
    }
}
