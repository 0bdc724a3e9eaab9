//! A way from one language to another, over the engines that make its steps.

use crate::grade;
use crate::pair::Pair;
use crate::quality::{Leg, parse_path};
use crate::request::{Request, Tier};
use meeshy_domain::Grade;
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
    /// See [`Offer::model`](crate::Offer::model).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The chrF of this step alone, if it was measured or published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chrf: Option<f32>,
    /// The version of what is installed.
    pub version: String,
    /// See [`Offer::lost`](crate::Offer::lost).
    pub lost: f32,
    /// See [`Offer::cost_ms`](crate::Offer::cost_ms).
    pub cost_ms: f32,
}

impl Step {
    /// The name in quality tables.
    pub(crate) fn leg(&self) -> Leg {
        Leg { engine: self.engine.clone(), model: self.model.clone(), pair: self.pair }
    }
}

/// The quality of a route, in chrF points (0 to 100). Only routes of the same pair can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "is", content = "chrf", rename_all = "lowercase")]
pub enum Quality {
    /// The route was measured.
    Measured(f32),
    /// The makers of the model published it.
    Published(f32),
    /// Estimated from the figures of all its steps.
    Estimated(f32),
    /// Some step has no figures; what is usual for its engine was assumed.
    Assumed(f32),
}

impl Quality {
    /// The number.
    pub fn chrf(self) -> f32 {
        match self {
            Self::Measured(chrf) | Self::Published(chrf) => chrf,
            Self::Estimated(chrf) | Self::Assumed(chrf) => chrf,
        }
    }
}

/// A route from one language to another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Route {
    /// One step, or several via pivot languages.
    pub steps: Vec<Step>,
    /// Its quality.
    pub quality: Quality,
    /// What it loses against the best published models: the square of ln(chrF/100) beyond theirs. 0 is as good as
    /// those, less is better, 0.4 is Apertium from English to French. Comparable between pairs, unlike chrF.
    pub loss: f32,
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

    /// The exact path, as in quality tables: `firefox/tiny:en-pt>apertium:pt-es`.
    pub fn path(&self) -> String {
        let legs: Vec<String> = self.steps.iter().map(|step| step.leg().to_string()).collect();
        legs.join(">")
    }

    /// How good its translations are expected to be, before any is seen.
    pub fn grade(&self) -> Grade {
        grade::of_route(self.loss)
    }

    /// The source and target language.
    pub fn pair(&self) -> Option<Pair> {
        Some(Pair { from: self.steps.first()?.pair.from, to: self.steps.last()?.pair.to })
    }

    /// Whether a path names this route, with or without the models.
    fn is(&self, path: &str) -> bool {
        parse_path(path).is_some_and(|legs| {
            legs.len() == self.steps.len()
                && legs.iter().zip(&self.steps).all(|(leg, step)| leg.covers(&step.leg()))
        })
    }

    /// Whether a request accepts this route.
    pub(crate) fn suits(&self, request: &Request) -> bool {
        request.path.as_ref().is_none_or(|path| self.is(path))
            && !request.avoids_engine(&self.label())
            && !self.steps.iter().any(|step| request.avoids_engine(&step.engine))
    }

    /// Its utility for a tier; more is better.
    pub(crate) fn worth(&self, tier: Tier) -> f32 {
        self.quality.chrf() - tier.points_for_half_the_cost() * self.cost_ms.max(MIN_COST).log2()
    }
}
