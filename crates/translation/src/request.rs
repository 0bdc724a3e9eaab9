//! Requests to the translator.

use crate::glossary::Glossary;
use crate::pair::Pair;
use meeshy_domain::Language;
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use std::sync::Arc;

/// A trade-off between cost and quality, as requested by clients.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Cheap: a route that costs half as much may be 2.5 chrF points worse.
    Basic,
    /// Balanced: half a point for half the cost.
    #[default]
    Medium,
    /// The best; a gain of less than 0.1 points for twice the cost is noise.
    Premium,
}

/// The text is not a tier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a tier; expected `basic`, `medium` or `premium`")]
pub struct UnknownTier(String);

impl Tier {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Medium => "medium",
            Self::Premium => "premium",
        }
    }

    /// How many chrF points halving the cost is worth.
    pub(crate) fn points_for_half_the_cost(self) -> f32 {
        match self {
            Self::Basic => 2.5,
            Self::Medium => 0.5,
            Self::Premium => 0.1,
        }
    }
}

impl FromStr for Tier {
    type Err = UnknownTier;

    fn from_str(name: &str) -> Result<Self, UnknownTier> {
        match name {
            "basic" => Ok(Self::Basic),
            "medium" => Ok(Self::Medium),
            "premium" => Ok(Self::Premium),
            other => Err(UnknownTier(other.chars().take(20).collect())),
        }
    }
}

/// How urgent a translation is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Urgency {
    /// Somebody waits for it.
    #[default]
    Live,
    /// It can wait while others do not: older messages, and long texts, which take a while anyway.
    Later,
}

/// The parameters of a translation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The languages.
    pub pair: Pair,
    /// The trade-off between cost and quality.
    pub tier: Tier,
    /// The urgency.
    pub urgency: Urgency,
    /// The terms of the community.
    pub glossary: Arc<Glossary>,
    /// Engines (`apertium`) and routes as shown to readers (`apertium via ca`) that must not be used, because
    /// somebody rejected their translations.
    pub avoid: Vec<String>,
    /// The only path to use, in the form of [`Route::path`](crate::Route::path); for measurements.
    pub path: Option<String>,
}

impl Request {
    /// A request for the best route for its cost.
    pub fn new(from: Language, to: Language) -> Self {
        Self {
            pair: Pair { from, to },
            tier: Tier::default(),
            urgency: Urgency::default(),
            glossary: Arc::default(),
            avoid: Vec::new(),
            path: None,
        }
    }

    /// Whether it accepts any route of its tier.
    pub(crate) fn takes_any(&self) -> bool {
        self.avoid.is_empty() && self.path.is_none()
    }

    /// Whether it avoids an engine entirely.
    pub(crate) fn avoids_engine(&self, engine: &str) -> bool {
        self.avoid.iter().any(|name| name == engine)
    }
}
