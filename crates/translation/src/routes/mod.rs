//! Routes from one language to another over what the engines offer, and the best of them.

mod path;
#[cfg(test)]
mod tests;

use crate::engine::Offer;
use crate::grade;
use crate::pair::Pair;
use crate::quality::{Figures, LOST_BY_APERTIUM, Leg, Legs};
use crate::request::Request;
use crate::route::{MIN_COST, Quality, Route, Step};
use path::{Candidate, MAX_STEPS, Path, lengthen};
use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

/// The routes between all connected languages.
#[derive(Debug, Default)]
pub struct Routes {
    /// The preferred engine first.
    candidates: Vec<Candidate>,
    paths: BTreeMap<Pair, Vec<Path>>,
    figures: Figures,
    /// See [`defaults`](Self::defaults).
    defaults: OnceLock<BTreeMap<Pair, Route>>,
}

/// The scale of the scores and costs of a pair on one's own sentences and machine, relative to the built-in
/// ones.
struct Scale {
    chrf: f32,
    cost: f32,
}

impl Routes {
    /// Finds the routes over what the engines offer, the preferred engine first.
    pub fn find<'a>(offers: impl IntoIterator<Item = (&'a str, &'a Offer)>, figures: &Figures) -> Self {
        let candidate = |(engine, offer): (&str, &Offer)| {
            let mut step = Step {
                engine: engine.to_owned(),
                pair: offer.pair,
                model: offer.model.clone(),
                chrf: None,
                version: offer.version.clone(),
                lost: offer.lost,
                cost_ms: offer.cost_ms,
            };
            let legs = vec![step.leg()];
            step.chrf = figures.comparable(&legs);
            step.cost_ms = figures.usual_ms(&legs).unwrap_or(offer.cost_ms);
            Candidate::new(step, figures)
        };
        let candidates: Vec<Candidate> = offers.into_iter().map(candidate).collect();
        let mut paths: BTreeMap<Pair, Vec<Path>> = BTreeMap::new();
        for (at, candidate) in candidates.iter().enumerate() {
            paths.entry(candidate.step.pair).or_default().push(Path::start(at, candidate));
        }
        let mut longest = paths.clone();
        for _ in 1..MAX_STEPS {
            longest = lengthen(&longest, &candidates);
            for (pair, longer) in &longest {
                paths.entry(*pair).or_default().extend(longer);
            }
        }
        let mut routes = Self { candidates, paths, figures: figures.clone(), defaults: OnceLock::new() };
        routes.add_measured();
        routes
    }

    /// Adds the measured paths, whatever their expected loss.
    fn add_measured(&mut self) {
        let candidates = &self.candidates;
        let leg = |(at, candidate): (usize, &Candidate)| (candidate.step.leg(), at);
        let known = candidates.iter().enumerate().map(leg);
        let known: HashMap<Leg, (Leg, usize)> = known.map(|(leg, at)| (leg.any_model(), (leg, at))).collect();
        let find = |wanted: &Leg| {
            let (leg, at) = known.get(&wanted.any_model())?;
            wanted.covers(leg).then_some(*at)
        };
        for measured in self.figures.paths().filter(|measured| measured.len() <= MAX_STEPS) {
            let steps: Option<Vec<usize>> = measured.iter().map(find).collect();
            let Some([first, rest @ ..]) = steps.as_deref() else { continue };
            let start = Path::start(*first, &candidates[*first]);
            let path = rest.iter().fold(start, |path, &at| path.then(at, &candidates[at]));
            let (Some(from), Some(to)) = (measured.first(), measured.last()) else { continue };
            let paths = self.paths.entry(Pair { from: from.pair.from, to: to.pair.to }).or_default();
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

    /// The best route of every reachable pair for a request without wishes; found once.
    pub fn defaults(&self) -> &BTreeMap<Pair, Route> {
        let best = |pair: &Pair| Some((*pair, self.best(&Request::new(pair.from, pair.to))?));
        self.defaults.get_or_init(|| self.paths.keys().filter_map(best).collect())
    }

    /// Every useful route of a pair, the shortest first.
    pub fn alternatives(&self, pair: Pair) -> Vec<Route> {
        let paths = self.paths.get(&pair).map(Vec::as_slice).unwrap_or_default();
        let legs: Vec<Legs> = paths.iter().map(|path| self.legs(path)).collect();
        let scale = self.scale(pair, paths, &legs);
        let route = |(path, legs): (&Path, &Legs)| {
            let (quality, cost_ms) = match self.figures.own(legs) {
                Some(own) => (Quality::Measured(own.chrf), own.ms),
                None => self.known(pair, path, legs, &scale),
            };
            let steps = path.steps().iter().map(|&at| self.candidates[at].step.clone()).collect();
            let loss = self.figures.levels.loss(pair, quality.chrf() / scale.chrf);
            let is_doubtful = matches!(quality, Quality::Assumed(_))
                || path.steps().iter().any(|&at| self.candidates[at].step.lost >= LOST_BY_APERTIUM);
            let loss = if is_doubtful { loss.max(grade::MIN_LOSS_IN_DOUBT) } else { loss };
            Route { steps, quality, loss, cost_ms }
        };
        paths.iter().zip(&legs).map(route).collect()
    }

    /// The quality and the cost of a route that one has not measured oneself.
    fn known(&self, pair: Pair, path: &Path, legs: &Legs, scale: &Scale) -> (Quality, f32) {
        let cost_ms = self.figures.usual_ms(legs).unwrap_or(path.cost_ms) * scale.cost;
        let is_known = path.steps().iter().all(|&at| self.candidates[at].step.chrf.is_some());
        let quality = match (self.figures.measured(legs), self.figures.published(legs)) {
            (Some(chrf), _) if scale.chrf == 1.0 => Quality::Measured(chrf),
            (None, Some(chrf)) if scale.chrf == 1.0 => Quality::Published(chrf),
            (Some(chrf), _) | (None, Some(chrf)) => Quality::Estimated(chrf * scale.chrf),
            (None, None) => {
                let chrf = self.figures.levels.chrf(pair, path.loss()) * scale.chrf;
                if is_known { Quality::Estimated(chrf) } else { Quality::Assumed(chrf) }
            }
        };
        (quality, cost_ms)
    }

    /// Own measurements have another level, because the sentences and the machine are others; all other
    /// routes of the pair are compared with the best one that was measured.
    fn scale(&self, pair: Pair, paths: &[Path], legs: &[Legs]) -> Scale {
        let own =
            paths.iter().zip(legs).filter_map(|(path, legs)| Some((path, legs, self.figures.own(legs)?)));
        let Some((path, legs, own)) = own.max_by(|one, other| one.2.chrf.total_cmp(&other.2.chrf)) else {
            return Scale { chrf: 1.0, cost: 1.0 };
        };
        let cost_ms = self.figures.usual_ms(legs).unwrap_or(path.cost_ms);
        let chrf = self.figures.comparable(legs);
        let chrf = chrf.unwrap_or_else(|| self.figures.levels.chrf(pair, path.loss()));
        Scale { chrf: own.chrf / chrf.max(1.0), cost: own.ms / cost_ms.max(MIN_COST) }
    }

    fn legs(&self, path: &Path) -> Legs {
        path.steps().iter().map(|&at| self.candidates[at].step.leg()).collect()
    }
}
