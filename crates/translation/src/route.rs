//! Which way from one language to another: a path over what the engines offer.

use crate::engine::{Offer, Pair};
use meeshy_domain::Language;
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};

/// How many chrF points each pivot takes off. Measured: en-ca (52.1) then ca-fr (54.6) gives 48.8 for en-fr.
const LOST_AT_A_PIVOT: f32 = 4.0;
/// With three steps through two pivots little of the meaning is left; with four, nothing.
const MOST_STEPS: usize = 3;

/// One step of a route.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// Which engine makes it.
    pub engine: &'static str,
    /// From which language to which.
    #[serde(flatten)]
    pub pair: Pair,
    /// What exactly is installed there.
    pub version: String,
    /// See [`Offer::quality`].
    pub quality: f32,
    /// See [`Offer::cost_ms`].
    pub cost_ms: f32,
}

/// How a pair of languages is served.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Route {
    /// One step, or several over pivot languages.
    pub steps: Vec<Step>,
    /// How good the result is expected to be, as chrF.
    pub quality: f32,
    /// About how long a sentence takes, in milliseconds.
    pub cost_ms: f32,
}

impl Route {
    /// What readers see: `firefox`, `apertium via ca`, `apertium, firefox via en`.
    pub fn label(&self) -> String {
        let mut engines: Vec<&str> = self.steps.iter().map(|step| step.engine).collect();
        engines.dedup();
        let pivots: Vec<&str> = self.steps.iter().skip(1).map(|step| step.pair.from.code()).collect();
        match pivots.as_slice() {
            [] => engines.join(", "),
            pivots => format!("{} via {}", engines.join(", "), pivots.join(", ")),
        }
    }

    /// From where to where.
    pub fn pair(&self) -> Option<Pair> {
        Some(Pair { from: self.steps.first()?.pair.from, to: self.steps.last()?.pair.to })
    }

    fn start(step: &Step) -> Self {
        Self { steps: vec![step.clone()], quality: step.quality, cost_ms: step.cost_ms }
    }

    /// A path is as good as its weakest step, less a little for each pivot.
    fn then(&self, step: &Step) -> Self {
        let mut steps = self.steps.clone();
        steps.push(step.clone());
        Self {
            steps,
            quality: (self.weakest().min(step.quality)) - LOST_AT_A_PIVOT * self.steps.len() as f32,
            cost_ms: self.cost_ms + step.cost_ms,
        }
    }

    fn weakest(&self) -> f32 {
        self.steps.iter().map(|step| step.quality).fold(f32::INFINITY, f32::min)
    }

    fn better_than(&self, other: &Self) -> bool {
        self.quality.total_cmp(&other.quality).then(other.cost_ms.total_cmp(&self.cost_ms)).is_gt()
    }

    fn visits(&self, language: Language) -> bool {
        self.steps.iter().any(|step| step.pair.from == language || step.pair.to == language)
    }
}

/// The best route for each pair that can be reached.
#[derive(Debug, Default)]
pub struct Routes {
    best: BTreeMap<Pair, Route>,
}

impl Routes {
    /// Finds the routes over what the engines offer, the preferred engine first.
    ///
    /// Where two engines serve the same pair directly, the earlier one serves it. What is in `broken` is passed over.
    pub fn find<'a>(
        offers: impl IntoIterator<Item = (&'static str, &'a Offer)>,
        broken: &HashSet<(&'static str, Pair)>,
    ) -> Self {
        let mut steps: BTreeMap<Pair, Step> = BTreeMap::new();
        for (engine, offer) in offers {
            if !broken.contains(&(engine, offer.pair)) {
                steps.entry(offer.pair).or_insert_with(|| Step {
                    engine,
                    pair: offer.pair,
                    version: offer.version.clone(),
                    quality: offer.quality,
                    cost_ms: offer.cost_ms,
                });
            }
        }
        let mut best: BTreeMap<Pair, Route> =
            steps.iter().map(|(&pair, step)| (pair, Route::start(step))).collect();
        let mut reached: Vec<Route> = best.values().cloned().collect();
        for _ in 1..MOST_STEPS {
            reached = lengthen(&reached, &steps, &mut best);
        }
        Self { best }
    }

    /// How this pair is served.
    pub fn get(&self, pair: Pair) -> Option<&Route> {
        self.best.get(&pair)
    }

    /// All that can be reached, by pair.
    pub fn iter(&self) -> impl Iterator<Item = (&Pair, &Route)> {
        self.best.iter()
    }
}

/// Adds one step to each route and keeps those that are the best so far.
fn lengthen(reached: &[Route], steps: &BTreeMap<Pair, Step>, best: &mut BTreeMap<Pair, Route>) -> Vec<Route> {
    let mut longer = Vec::new();
    for route in reached {
        let Some(Pair { from, to: middle }) = route.pair() else { continue };
        for (pair, step) in steps.iter().filter(|(pair, _)| pair.from == middle) {
            if route.visits(pair.to) {
                continue;
            }
            let candidate = route.then(step);
            let whole = Pair { from, to: pair.to };
            if best.get(&whole).is_none_or(|known| candidate.better_than(known)) {
                best.insert(whole, candidate.clone());
                longer.push(candidate);
            }
        }
    }
    longer
}
