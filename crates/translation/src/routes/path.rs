//! Paths over the steps that engines offer.

use crate::pair::Pair;
use crate::quality::{Figures, Losses};
use crate::route::Step;
use meeshy_domain::Language;
use std::collections::{BTreeMap, HashMap};

/// With three steps (two pivots), little of the meaning is left; with four, nothing.
pub(super) const MAX_STEPS: usize = 3;
/// How many paths of each length are kept for a pair: those with the lowest expected loss.
const MAX_ALTERNATIVES: usize = 6;

/// A step, and what it loses.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) step: Step,
    /// See [`Levels::loss`](crate::quality::Levels).
    loss: f32,
}

impl Candidate {
    /// By the figures of the step, otherwise by what is usual for its engine.
    pub(super) fn new(step: Step, figures: &Figures) -> Self {
        let levels = &figures.levels;
        let chrf = step.chrf.unwrap_or_else(|| levels.best(step.pair) - step.lost);
        Self { loss: levels.loss(step.pair, chrf), step }
    }
}

/// A path as indexes into the steps: small, because there are many.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Path {
    steps: [usize; MAX_STEPS],
    length: usize,
    losses: Losses,
    pub(super) cost_ms: f32,
}

impl Path {
    pub(super) fn start(at: usize, candidate: &Candidate) -> Self {
        Self {
            steps: [at; MAX_STEPS],
            length: 1,
            losses: Losses::of_step(candidate.loss),
            cost_ms: candidate.step.cost_ms,
        }
    }

    pub(super) fn then(mut self, at: usize, candidate: &Candidate) -> Self {
        self.steps[self.length] = at;
        self.length += 1;
        self.losses = self.losses.then(candidate.loss);
        self.cost_ms += candidate.step.cost_ms;
        self
    }

    pub(super) fn steps(&self) -> &[usize] {
        &self.steps[..self.length]
    }

    /// The expected loss.
    pub(super) fn loss(&self) -> f32 {
        self.losses.of_route()
    }
}

/// Extends each path by one step, and keeps the best of each pair by expectation.
pub(super) fn lengthen(
    paths: &BTreeMap<Pair, Vec<Path>>,
    candidates: &[Candidate],
) -> BTreeMap<Pair, Vec<Path>> {
    let mut leaving: HashMap<Language, Vec<usize>> = HashMap::new();
    for (at, candidate) in candidates.iter().enumerate() {
        leaving.entry(candidate.step.pair.from).or_default().push(at);
    }
    let mut longer: BTreeMap<Pair, Vec<Path>> = BTreeMap::new();
    for (pair, path) in paths.iter().flat_map(|(pair, paths)| paths.iter().map(move |path| (pair, path))) {
        for &at in leaving.get(&pair.to).map(Vec::as_slice).unwrap_or_default() {
            let to = candidates[at].step.pair.to;
            let visited = path.steps().iter().any(|&before| candidates[before].step.pair.from == to);
            if !visited {
                let longer = longer.entry(Pair { from: pair.from, to }).or_default();
                keep(longer, path.then(at, &candidates[at]));
            }
        }
    }
    longer
}

/// Adds a path to the best of its pair, if it is one. The cheapest always is.
fn keep(best: &mut Vec<Path>, path: Path) {
    let place = best.partition_point(|known| {
        known.loss().total_cmp(&path.loss()).then(known.cost_ms.total_cmp(&path.cost_ms)).is_le()
    });
    best.insert(place, path);
    if best.len() > MAX_ALTERNATIVES {
        let last = &best[best.len() - 1];
        let is_cheapest = best[..best.len() - 1].iter().all(|known| known.cost_ms > last.cost_ms);
        best.remove(if is_cheapest { best.len() - 2 } else { best.len() - 1 });
    }
}
