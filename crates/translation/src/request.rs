//! What is asked of the translator.

use crate::engine::Pair;
use crate::glossary::Glossary;
use meeshy_domain::Language;
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use std::sync::Arc;

/// A point between cost and quality, as clients name it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Cheap: a route that costs half as much may be 2.5 points of chrF worse.
    Basic,
    /// Good, without waste: half a point for half the cost.
    #[default]
    Medium,
    /// The best; what scores less than 0.1 points more for twice the cost is no better, but noise.
    Premium,
}

/// A text that names no tier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no tier; there are `basic`, `medium` and `premium`")]
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

    /// How many points of chrF halving the cost is worth.
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

/// How soon a translation is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Urgency {
    /// Somebody waits for it.
    #[default]
    Live,
    /// It can wait until nobody does: older messages, and long texts, which take a while anyway.
    Later,
}

/// From which language to which, how well, how soon, and over what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The languages.
    pub pair: Pair,
    /// How much quality is worth.
    pub tier: Tier,
    /// How soon.
    pub urgency: Urgency,
    /// What the community wants some words to become.
    pub glossary: Arc<Glossary>,
    /// Engines (`apertium`) and routes as readers see them (`apertium via ca`) that are not to be used: somebody was not
    /// content with what they gave.
    pub avoid: Vec<String>,
    /// The one path to take, as [`Route::path`](crate::Route::path) writes it; for measuring.
    pub path: Option<String>,
}

impl Request {
    /// Over whatever route is the best for its cost.
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

    /// Whether it takes any route that serves its tier.
    pub(crate) fn takes_any(&self) -> bool {
        self.avoid.is_empty() && self.path.is_none()
    }

    /// Whether it refuses all that an engine does.
    pub(crate) fn avoids_engine(&self, engine: &str) -> bool {
        self.avoid.iter().any(|name| name == engine)
    }
}
