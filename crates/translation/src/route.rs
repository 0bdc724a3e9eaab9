//! Routes from one language to another over what the engines offer, and the best of them.

use crate::engine::{Offer, Pair};
use crate::quality::{Figure, Figures, Legs, PIVOT_LOSS};
use crate::request::{Request, Tier};
use meeshy_domain::Language;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// With three steps (two pivots), little of the meaning is left; with four, nothing.
const MAX_STEPS: usize = 3;
/// How many paths of each length are kept for a pair: those with the lowest expected loss.
const MAX_ALTERNATIVES: usize = 6;
/// Costs below this, in milliseconds, are not compared.
const MIN_COST: f32 = 0.1;

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
    fn suits(&self, request: &Request) -> bool {
        request.path.as_ref().is_none_or(|path| *path == self.path())
            && !request.avoids_engine(&self.label())
            && !self.steps.iter().any(|step| request.avoids_engine(&step.engine))
    }

    /// Its utility for a tier; more is better.
    fn worth(&self, tier: Tier) -> f32 {
        let quality = match self.quality {
            Quality::Measured(chrf) | Quality::Estimated(chrf) => chrf,
            Quality::Unknown => -self.lost,
        };
        quality - tier.points_for_half_the_cost() * self.cost_ms.max(MIN_COST).log2()
    }
}

/// A path as indexes into the steps: small, because there are many.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Path {
    steps: [usize; MAX_STEPS],
    length: usize,
    lost: f32,
    cost_ms: f32,
}

impl Path {
    fn start(at: usize, step: &Step) -> Self {
        Self { steps: [at; MAX_STEPS], length: 1, lost: step.lost, cost_ms: step.cost_ms }
    }

    fn then(mut self, at: usize, step: &Step) -> Self {
        self.steps[self.length] = at;
        self.length += 1;
        self.lost += PIVOT_LOSS + step.lost;
        self.cost_ms += step.cost_ms;
        self
    }

    fn steps(&self) -> &[usize] {
        &self.steps[..self.length]
    }

    /// The estimate for this path, given that `known` was measured: the difference of the expectations is
    /// added to the measurement, so that neither the level of a pair's scores nor the speed of the machine
    /// matters.
    fn estimate(&self, known: &Self, measured: &Figure) -> (Quality, f32) {
        let chrf = (measured.chrf + known.lost - self.lost).clamp(0.0, 100.0);
        (Quality::Estimated(chrf), measured.ms * self.cost_ms / known.cost_ms.max(MIN_COST))
    }
}

/// The routes between all connected languages.
#[derive(Debug, Default)]
pub struct Routes {
    /// The preferred engine first.
    steps: Vec<Step>,
    paths: BTreeMap<Pair, Vec<Path>>,
    figures: Figures,
}

impl Routes {
    /// Finds the routes over what the engines offer, the preferred engine first.
    pub fn find<'a>(offers: impl IntoIterator<Item = (&'a str, &'a Offer)>, figures: &Figures) -> Self {
        let step = |(engine, offer): (&str, &Offer)| Step {
            engine: engine.to_owned(),
            pair: offer.pair,
            version: offer.version.clone(),
            lost: offer.lost,
            cost_ms: offer.cost_ms,
        };
        let steps: Vec<Step> = offers.into_iter().map(step).collect();
        let mut paths: BTreeMap<Pair, Vec<Path>> = BTreeMap::new();
        for (at, step) in steps.iter().enumerate() {
            paths.entry(step.pair).or_default().push(Path::start(at, step));
        }
        let mut longest = paths.clone();
        for _ in 1..MAX_STEPS {
            longest = lengthen(&longest, &steps);
            for (pair, longer) in &longest {
                paths.entry(*pair).or_default().extend(longer);
            }
        }
        let mut routes = Self { steps, paths, figures: figures.clone() };
        routes.add_measured();
        routes
    }

    /// Adds the measured paths, whatever their expected loss.
    fn add_measured(&mut self) {
        let known: HashMap<(&str, Pair), usize> =
            self.steps.iter().enumerate().map(|(at, step)| ((step.engine.as_str(), step.pair), at)).collect();
        for legs in self.figures.paths().filter(|legs| legs.len() <= MAX_STEPS) {
            let steps: Option<Vec<usize>> =
                legs.iter().map(|(engine, pair)| known.get(&(engine.as_str(), *pair)).copied()).collect();
            let Some([first, rest @ ..]) = steps.as_deref() else { continue };
            let start = Path::start(*first, &self.steps[*first]);
            let path = rest.iter().fold(start, |path, &at| path.then(at, &self.steps[at]));
            let (Some(from), Some(to)) = (legs.first(), legs.last()) else { continue };
            let paths = self.paths.entry(Pair { from: from.1.from, to: to.1.to }).or_default();
            if !paths.iter().any(|known| known.steps() == path.steps()) {
                paths.push(path);
            }
        }
    }

    /// The best route for a request.
    pub fn best(&self, request: &Request) -> Option<Route> {
        let routes = self.alternatives(request.pair).into_iter().filter(|route| route.suits(request));
        routes.reduce(
            |best, next| if next.worth(request.tier) > best.worth(request.tier) { next } else { best },
        )
    }

    /// Every useful route of a pair, the shortest first.
    pub fn alternatives(&self, pair: Pair) -> Vec<Route> {
        let paths = self.paths.get(&pair).map(Vec::as_slice).unwrap_or_default();
        let figures: Vec<Option<&Figure>> =
            paths.iter().map(|path| self.figures.get(&self.legs(path))).collect();
        let measured = paths.iter().zip(&figures).filter_map(|(path, figure)| Some((path, (*figure)?)));
        let yardstick = measured.max_by(|one, other| one.1.chrf.total_cmp(&other.1.chrf));
        let route = |(path, figure): (&Path, &Option<&Figure>)| {
            let (quality, cost_ms) = match (figure, yardstick) {
                (Some(figure), _) => (Quality::Measured(figure.chrf), figure.ms),
                (None, Some((known, figure))) => path.estimate(known, figure),
                (None, None) => (Quality::Unknown, path.cost_ms),
            };
            let steps = path.steps().iter().map(|&at| self.steps[at].clone()).collect();
            Route { steps, lost: path.lost, quality, cost_ms }
        };
        paths.iter().zip(&figures).map(route).collect()
    }

    fn legs(&self, path: &Path) -> Legs {
        path.steps().iter().map(|&at| (self.steps[at].engine.clone(), self.steps[at].pair)).collect()
    }

    /// Every reachable pair, sorted.
    pub fn pairs(&self) -> impl Iterator<Item = Pair> {
        self.paths.keys().copied()
    }
}

/// Extends each path by one step, and keeps the best of each pair by expectation.
fn lengthen(paths: &BTreeMap<Pair, Vec<Path>>, steps: &[Step]) -> BTreeMap<Pair, Vec<Path>> {
    let mut leaving: HashMap<Language, Vec<usize>> = HashMap::new();
    for (at, step) in steps.iter().enumerate() {
        leaving.entry(step.pair.from).or_default().push(at);
    }
    let mut longer: BTreeMap<Pair, Vec<Path>> = BTreeMap::new();
    for (pair, path) in paths.iter().flat_map(|(pair, paths)| paths.iter().map(move |path| (pair, path))) {
        for &at in leaving.get(&pair.to).map(Vec::as_slice).unwrap_or_default() {
            let to = steps[at].pair.to;
            let visited = path.steps().iter().any(|&before| steps[before].pair.from == to);
            if !visited {
                keep(longer.entry(Pair { from: pair.from, to }).or_default(), path.then(at, &steps[at]));
            }
        }
    }
    longer
}

/// Adds a path to the best of its pair, if it is one. The cheapest always is.
fn keep(best: &mut Vec<Path>, path: Path) {
    let place = best.partition_point(|known| {
        known.lost.total_cmp(&path.lost).then(known.cost_ms.total_cmp(&path.cost_ms)).is_le()
    });
    best.insert(place, path);
    if best.len() > MAX_ALTERNATIVES {
        let last = &best[best.len() - 1];
        let is_cheapest = best[..best.len() - 1].iter().all(|known| known.cost_ms > last.cost_ms);
        best.remove(if is_cheapest { best.len() - 2 } else { best.len() - 1 });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality;
    use rstest::rstest;

    /// Synthetic engines: expected loss and cost.
    const FAST: (&str, f32, f32) = ("apertium", quality::LOST_BY_APERTIUM, quality::APERTIUM_MS);
    const GOOD: (&str, f32, f32) = ("firefox", quality::LOST_BY_FIREFOX, quality::FIREFOX_MS);
    const LARGE: (&str, f32, f32) = ("large", 0.5, 900.0);

    type Offers = Vec<(&'static str, Offer)>;

    fn pair(text: &str) -> Pair {
        text.parse().unwrap()
    }

    fn offers(engine: (&'static str, f32, f32), pairs: &str) -> Offers {
        let offer = |pair| Offer { pair, version: "1".to_owned(), lost: engine.1, cost_ms: engine.2 };
        pairs.split_whitespace().map(|text| (engine.0, offer(pair(text)))).collect()
    }

    fn find(offers: &Offers, figures: &str) -> Routes {
        let figures = format!("path,chrf,bleu,ms,sentences,data\n{figures}");
        let figures = Figures::parse(&figures).unwrap();
        Routes::find(offers.iter().map(|(engine, offer)| (*engine, offer)), &figures)
    }

    fn best(routes: &Routes, tier: Tier, wanted: &str) -> Option<String> {
        let Pair { from, to } = pair(wanted);
        routes.best(&Request { tier, ..Request::new(from, to) }).map(|route| route.label())
    }

    fn label(offers: &Offers, wanted: &str) -> Option<String> {
        best(&find(offers, ""), Tier::Medium, wanted)
    }

    const DEBIAN: &str =
        "en-es es-en en-ca ca-en es-ca ca-es es-fr fr-es ca-fr fr-ca es-pt pt-es es-it it-es pt-ca ca-pt";

    #[rstest]
    #[case("en-es", ["apertium", "apertium", "apertium"])]
    #[case("en-fr", ["apertium via es", "apertium via ca", "apertium via ca"])]
    #[case("en-pt", ["apertium via es", "apertium via es", "apertium via ca"])]
    #[case("it-en", ["apertium via es", "apertium via es", "apertium via es"])]
    fn apertium_takes_the_best_measured_route(#[case] wanted: &str, #[case] expected: [&str; 3]) {
        let all = offers(FAST, DEBIAN);
        let built_in = Figures::load(std::path::Path::new("/nonexistent")).unwrap();
        let routes = Routes::find(all.iter().map(|(engine, offer)| (*engine, offer)), &built_in);
        let tiers = [Tier::Basic, Tier::Medium, Tier::Premium];
        assert_eq!(tiers.map(|tier| best(&routes, tier, wanted).unwrap()), expected);
    }

    #[test]
    fn a_firefox_model_wins_over_apertium_even_over_english() {
        let mut all = offers(GOOD, "en-es fr-en en-de");
        all.extend(offers(FAST, DEBIAN));
        assert_eq!(label(&all, "en-es").as_deref(), Some("firefox"));
        assert_eq!(label(&all, "fr-es").as_deref(), Some("firefox via en"));
        assert_eq!(label(&all, "es-de").as_deref(), Some("apertium, firefox via en"));
    }

    #[test]
    fn measurements_take_precedence_over_expectations() {
        let mut all = offers(GOOD, "en-es fr-en");
        all.extend(offers(FAST, "en-es fr-es fr-ca ca-es"));
        let routes = find(
            &all,
            "apertium:en-es,60,30,1,9,d\nfirefox:en-es,50,20,9,9,d\napertium:fr-ca>apertium:ca-es,58,28,4,9,d",
        );
        assert_eq!(best(&routes, Tier::Premium, "en-es").as_deref(), Some("apertium"));
        // Via Catalan: measured 58, expected loss 24.5. Via English, nothing was measured: 58 + 24.5 - 2.5.
        let over =
            |label| routes.alternatives(pair("fr-es")).into_iter().find(|route| route.label() == label);
        assert_eq!(over("firefox via en").unwrap().quality, Quality::Estimated(80.0));
        assert_eq!(over("apertium via ca").unwrap().quality, Quality::Measured(58.0));
        // Measured 4 ms where 2 were expected: a slow machine. Via English, 20 are expected.
        assert_eq!(over("apertium via ca").unwrap().cost_ms, 4.0);
        assert_eq!(over("firefox via en").unwrap().cost_ms, 40.0);
        assert_eq!(routes.alternatives(pair("fr-en"))[0].quality, Quality::Unknown);
    }

    #[test]
    fn the_tier_trades_quality_for_cost() {
        let mut all = offers(LARGE, "es-fr en-es");
        all.extend(offers(GOOD, "es-en en-fr en-es"));
        all.extend(offers(FAST, "es-fr en-es"));
        let measured = "apertium:es-fr,50,20,1,9,d\nfirefox:es-en>firefox:en-fr,56,26,20,9,d\nlarge:es-fr,57,27,900,9,d\n\
            apertium:en-es,44,12,1,9,d\nfirefox:en-es,56,26,10,9,d\nlarge:en-es,57,27,900,9,d";
        let routes = find(&all, measured);
        let labels = |wanted| {
            [Tier::Basic, Tier::Medium, Tier::Premium].map(|tier| best(&routes, tier, wanted).unwrap())
        };
        assert_eq!(labels("es-fr"), ["apertium", "firefox via en", "large"]);
        assert_eq!(labels("en-es"), ["firefox", "firefox", "large"]);
    }

    #[test]
    fn rejected_engines_and_routes_are_avoided() {
        let mut all = offers(GOOD, "en-es");
        all.extend(offers(FAST, "en-es en-ca ca-es"));
        let routes = find(&all, "");
        let avoiding = |names: &[&str]| {
            let Pair { from, to } = pair("en-es");
            let avoid = names.iter().map(ToString::to_string).collect();
            routes.best(&Request { avoid, ..Request::new(from, to) }).map(|route| route.label())
        };
        assert_eq!(avoiding(&[]).as_deref(), Some("firefox"));
        assert_eq!(avoiding(&["firefox"]).as_deref(), Some("apertium"));
        assert_eq!(avoiding(&["firefox", "apertium via ca"]).as_deref(), Some("apertium"));
        assert_eq!(avoiding(&["firefox", "apertium"]), None);
    }

    #[test]
    fn a_single_path_can_be_requested() {
        let routes = find(&offers(FAST, DEBIAN), "");
        let Pair { from, to } = pair("en-fr");
        let path = "apertium:en-es>apertium:es-fr".to_owned();
        let route = routes.best(&Request { path: Some(path.clone()), ..Request::new(from, to) }).unwrap();
        assert_eq!(route.path(), path);
    }

    #[test]
    fn at_most_two_pivots_are_used() {
        let chain = offers(FAST, "en-es es-ca ca-fr fr-oc");
        assert_eq!(label(&chain, "en-fr").as_deref(), Some("apertium via es, ca"));
        assert_eq!(label(&chain, "en-oc"), None);
        assert_eq!(label(&chain, "fr-en"), None);
    }

    #[test]
    fn the_cheapest_route_is_kept_among_many_better_ones() {
        let pivots = ["es", "ca", "it", "pt", "de", "nl", "sv", "da"];
        let mut all: Offers = pivots
            .iter()
            .flat_map(|pivot| {
                let pairs: &'static str = Box::leak(format!("fr-{pivot} {pivot}-en").into_boxed_str());
                offers(LARGE, pairs)
            })
            .collect();
        all.extend(offers(FAST, "fr-oc oc-en"));
        let routes = find(&all, "");
        let labels: Vec<String> = routes.alternatives(pair("fr-en")).iter().map(Route::label).collect();
        assert!(labels.contains(&"apertium via oc".to_owned()), "{labels:?}");
        assert!(labels.contains(&"large via es".to_owned()), "{labels:?}");
    }
}
