//! Routes from one language to another over what the engines offer, and the best of them.

mod path;
#[cfg(test)]
mod tests;

use crate::engine::Offer;
use crate::pair::Pair;
use crate::quality::{Figure, Figures, Legs};
use crate::request::Request;
use crate::route::{Quality, Route, Step};
use path::{MAX_STEPS, Path, lengthen};
use std::collections::{BTreeMap, HashMap};

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
