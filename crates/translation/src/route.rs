//! Which way from one language to another: a path over what the engines offer.

use crate::engine::{Offer, Pair};
use crate::quality::LOST_AT_A_PIVOT;
use meeshy_domain::Language;
use serde::Serialize;
use std::collections::BTreeMap;

/// With three steps through two pivots little of the meaning is left; with four, nothing.
const MOST_STEPS: usize = 3;

/// One step of a route.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// Which engine makes it.
    pub engine: String,
    /// From which language to which.
    #[serde(flatten)]
    pub pair: Pair,
    /// What exactly is installed there.
    pub version: String,
    /// See [`Offer::lost`].
    pub lost: f32,
    /// See [`Offer::cost_ms`].
    pub cost_ms: f32,
}

/// How a pair of languages is served.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Route {
    /// One step, or several over pivot languages.
    pub steps: Vec<Step>,
    /// How much quality is lost on the way, in points of chrF (0 to 100).
    pub lost: f32,
    /// About how long a sentence takes, in milliseconds.
    pub cost_ms: f32,
}

impl Route {
    /// What readers see: `firefox`, `apertium via ca`, `apertium, firefox via en`.
    pub fn label(&self) -> String {
        let mut engines: Vec<&str> = self.steps.iter().map(|step| step.engine.as_str()).collect();
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
        Self { steps: vec![step.clone()], lost: step.lost, cost_ms: step.cost_ms }
    }

    fn then(&self, step: &Step) -> Self {
        let mut steps = self.steps.clone();
        steps.push(step.clone());
        Self { steps, lost: self.lost + LOST_AT_A_PIVOT + step.lost, cost_ms: self.cost_ms + step.cost_ms }
    }

    fn better_than(&self, other: &Self) -> bool {
        self.lost.total_cmp(&other.lost).then(self.cost_ms.total_cmp(&other.cost_ms)).is_lt()
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
    /// Where two engines serve the same pair directly, the earlier one serves it.
    pub fn find<'a>(offers: impl IntoIterator<Item = (&'a str, &'a Offer)>) -> Self {
        let mut steps: BTreeMap<Pair, Step> = BTreeMap::new();
        for (engine, offer) in offers {
            steps.entry(offer.pair).or_insert_with(|| Step {
                engine: engine.to_owned(),
                pair: offer.pair,
                version: offer.version.clone(),
                lost: offer.lost,
                cost_ms: offer.cost_ms,
            });
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
            let whole = Pair { from, to: pair.to };
            // A server of fifty languages makes hundreds of thousands of candidates; most lose at the first look.
            if best.get(&whole).is_some_and(|known| known.lost < route.lost + LOST_AT_A_PIVOT + step.lost) {
                continue;
            }
            let candidate = route.then(step);
            if best.get(&whole).is_none_or(|known| candidate.better_than(known)) {
                best.insert(whole, candidate.clone());
                longer.push(candidate);
            }
        }
    }
    longer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality;
    use rstest::rstest;

    fn pair(text: &str) -> Pair {
        let (from, to) = text.split_once('-').unwrap();
        Pair { from: Language::parse(from).unwrap(), to: Language::parse(to).unwrap() }
    }

    fn offers(engine: &'static str, pairs: &str) -> Vec<(&'static str, Offer)> {
        let lost = |pair| match engine {
            "apertium" => quality::lost_by_apertium(pair),
            _ => quality::LOST_BY_FIREFOX,
        };
        let offer = |pair| Offer { pair, version: "1".to_owned(), lost: lost(pair), cost_ms: 1.0 };
        pairs.split_whitespace().map(|text| (engine, offer(pair(text)))).collect()
    }

    fn label(
        offers: &[(&'static str, Offer)],
        broken: &[(&'static str, &str)],
        wanted: &str,
    ) -> Option<String> {
        let works = |(engine, offer): &&(&'static str, Offer)| {
            !broken.iter().any(|&(name, text)| (name, pair(text)) == (*engine, offer.pair))
        };
        let routes = Routes::find(offers.iter().filter(works).map(|(engine, offer)| (*engine, offer)));
        routes.get(pair(wanted)).map(Route::label)
    }

    const DEBIAN: &str =
        "en-es es-en en-ca ca-en es-ca ca-es es-fr fr-es ca-fr fr-ca es-pt pt-es es-it it-es pt-ca ca-pt";

    #[rstest]
    #[case("en-es", "apertium")]
    #[case("en-fr", "apertium via ca")]
    #[case("fr-en", "apertium via ca")]
    #[case("it-en", "apertium via es")]
    #[case("it-ca", "apertium via es")]
    fn apertium_goes_where_it_was_measured_best(#[case] wanted: &str, #[case] expected: &str) {
        assert_eq!(label(&offers("apertium", DEBIAN), &[], wanted).as_deref(), Some(expected));
    }

    #[test]
    fn a_firefox_model_wins_over_apertium_even_over_english() {
        let mut all = offers("firefox", "en-es fr-en en-de");
        all.extend(offers("apertium", DEBIAN));
        assert_eq!(label(&all, &[], "en-es").as_deref(), Some("firefox"));
        assert_eq!(label(&all, &[], "fr-es").as_deref(), Some("firefox via en"));
        assert_eq!(label(&all, &[], "es-de").as_deref(), Some("apertium, firefox via en"));
    }

    #[test]
    fn the_next_best_route_takes_over_from_a_broken_one() {
        let mut all = offers("firefox", "en-es");
        all.extend(offers("apertium", "en-es en-ca ca-es"));
        assert_eq!(label(&all, &[("firefox", "en-es")], "en-es").as_deref(), Some("apertium"));
        let broken = [("firefox", "en-es"), ("apertium", "en-es")];
        assert_eq!(label(&all, &broken, "en-es").as_deref(), Some("apertium via ca"));
        assert_eq!(label(&all, &[broken[0], broken[1], ("apertium", "ca-es")], "en-es"), None);
    }

    #[test]
    fn two_pivots_are_the_most() {
        let chain = offers("apertium", "en-es es-ca ca-fr fr-oc");
        assert_eq!(label(&chain, &[], "en-fr").as_deref(), Some("apertium via es, ca"));
        assert_eq!(label(&chain, &[], "en-oc"), None);
        assert_eq!(label(&chain, &[], "fr-en"), None);
    }
}
