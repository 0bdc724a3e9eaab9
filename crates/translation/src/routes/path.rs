//! Paths over the steps that engines offer.

use crate::pair::Pair;
use crate::quality::{Figure, PIVOT_LOSS};
use crate::route::{MIN_COST, Quality, Step};
use meeshy_domain::Language;
use std::collections::{BTreeMap, HashMap};

/// With three steps (two pivots), little of the meaning is left; with four, nothing.
pub(super) const MAX_STEPS: usize = 3;
/// How many paths of each length are kept for a pair: those with the lowest expected loss.
const MAX_ALTERNATIVES: usize = 6;

/// A path as indexes into the steps: small, because there are many.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Path {
    steps: [usize; MAX_STEPS],
    length: usize,
    pub(super) lost: f32,
    pub(super) cost_ms: f32,
}

impl Path {
    pub(super) fn start(at: usize, step: &Step) -> Self {
        Self { steps: [at; MAX_STEPS], length: 1, lost: step.lost, cost_ms: step.cost_ms }
    }

    pub(super) fn then(mut self, at: usize, step: &Step) -> Self {
        self.steps[self.length] = at;
        self.length += 1;
        self.lost += PIVOT_LOSS + step.lost;
        self.cost_ms += step.cost_ms;
        self
    }

    pub(super) fn steps(&self) -> &[usize] {
        &self.steps[..self.length]
    }

    /// The estimate for this path, given that `known` was measured: the difference of the expectations is
    /// added to the measurement, so that neither the level of a pair's scores nor the speed of the machine
    /// matters.
    pub(super) fn estimate(&self, known: &Self, measured: &Figure) -> (Quality, f32) {
        let chrf = (measured.chrf + known.lost - self.lost).clamp(0.0, 100.0);
        (Quality::Estimated(chrf), measured.ms * self.cost_ms / known.cost_ms.max(MIN_COST))
    }
}

/// Extends each path by one step, and keeps the best of each pair by expectation.
pub(super) fn lengthen(paths: &BTreeMap<Pair, Vec<Path>>, steps: &[Step]) -> BTreeMap<Pair, Vec<Path>> {
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
