//! The rule that estimates a route from the figures of its steps.
//!
//! chrF compares a translation with a reference that people wrote. Three things keep them apart: the source
//! is not the text that the reference was made from, the reference is free, and the machine errs. All
//! sentences were translated from English, so that the first two depend on the languages only, and are known
//! from the best model from and to English: Spanish references are far from English (the best model scores
//! 56), Portuguese ones near (71).
//!
//! With `d = -ln(chrF / 100)`, these distances add up like independent errors, by their squares:
//!
//! ```text
//! d(route)² = from(source)² + into(target)² + loss
//! ```
//!
//! What is left for a step is its `loss`. The loss of a route is that of its worst step, times [`WORST`], plus
//! [`PIVOT`] for each pivot: both steps stumble over the same sentences, so the losses do not add up. The losses
//! of earlier steps count only [`REPAIRED`]: part of what they spoil, such as endings, the next step puts right.
//! `WORST` and `PIVOT` are a least-squares fit on the measured routes; the test below fits them again, and
//! checks the error.

use super::Leg;
use crate::pair::Pair;
use meeshy_domain::Language;
use std::collections::BTreeMap;

/// How much of the loss of a step counts if another one follows.
const REPAIRED: f32 = 0.9;
/// How much of the loss of its worst step a route keeps.
const WORST: f32 = 0.804;
/// The additional loss for each pivot.
const PIVOT: f32 = 0.05;

/// The mean absolute error of an estimate in chrF points, when the estimated route is left out of the fit.
pub const MEAN_ERROR: f32 = 2.2;

/// The squared distances of languages that no published model knows: about the mean of the others.
const UNKNOWN: f32 = 0.25;

/// The losses of the steps of a route so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Losses {
    /// The highest of all steps but the last.
    before: f32,
    last: f32,
    pivots: u8,
}

impl Losses {
    /// Those of a route of one step.
    pub(crate) fn of_step(loss: f32) -> Self {
        Self { before: f32::NEG_INFINITY, last: loss, pivots: 0 }
    }

    /// Those of the route that is one step longer.
    pub(crate) fn then(self, loss: f32) -> Self {
        Self { before: self.before.max(self.last), last: loss, pivots: self.pivots + 1 }
    }

    /// The loss of the worst step, as far as it counts.
    fn worst(self) -> f32 {
        self.last.max(REPAIRED * self.before)
    }

    /// The loss of the route.
    pub(crate) fn of_route(self) -> f32 {
        if self.pivots == 0 { self.last } else { WORST * self.worst() + PIVOT * f32::from(self.pivots) }
    }
}

/// The squared distances of the languages from English.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Levels {
    from: BTreeMap<Language, f32>,
    into: BTreeMap<Language, f32>,
}

impl Levels {
    /// From the chrF of models from and into English.
    pub(super) fn of(published: &BTreeMap<Leg, f32>) -> Self {
        let mut levels = Self::default();
        for (leg, &chrf) in published {
            let squared = distance(chrf).powi(2);
            let (distances, language) = match (leg.pair.from.code(), leg.pair.to.code()) {
                ("en", _) => (&mut levels.into, leg.pair.to),
                (_, "en") => (&mut levels.from, leg.pair.from),
                _ => continue,
            };
            let nearest = distances.entry(language).or_insert(squared);
            *nearest = nearest.min(squared);
        }
        levels
    }

    /// What keeps even the best translation of a pair from its reference.
    fn base(&self, pair: Pair) -> f32 {
        // A language that is read well is assumed to be written as well, and the other way round.
        let known =
            |first: &BTreeMap<Language, f32>, second: &BTreeMap<Language, f32>, language: Language| {
                match language.code() {
                    "en" => 0.0,
                    _ => first.get(&language).or_else(|| second.get(&language)).copied().unwrap_or(UNKNOWN),
                }
            };
        known(&self.from, &self.into, pair.from) + known(&self.into, &self.from, pair.to)
    }

    /// The chrF that the best known model reaches for a pair.
    pub(crate) fn best(&self, pair: Pair) -> f32 {
        self.chrf(pair, 0.0)
    }

    /// The loss of a translation with this chrF.
    pub(crate) fn loss(&self, pair: Pair, chrf: f32) -> f32 {
        distance(chrf).powi(2) - self.base(pair)
    }

    /// The chrF of a translation with this loss.
    pub(crate) fn chrf(&self, pair: Pair, loss: f32) -> f32 {
        100.0 * (-(self.base(pair) + loss).max(0.0).sqrt()).exp()
    }
}

fn distance(chrf: f32) -> f32 {
    -(chrf.max(1.0) / 100.0).ln()
}

#[cfg(test)]
mod tests {
    use super::super::{Figures, Legs};
    use super::*;
    use std::path::Path;

    /// A measured route of several steps, each with figures of its own.
    struct Case {
        pair: Pair,
        worst: f32,
        pivots: f32,
        chrf: f32,
    }

    fn cases(figures: &Figures) -> Vec<Case> {
        let case = |legs: &Legs| {
            let (first, last) = (legs.first()?, legs.last()?);
            let loss = |leg: &Leg| {
                figures.comparable(&vec![leg.clone()]).map(|chrf| figures.levels.loss(leg.pair, chrf))
            };
            let losses: Vec<f32> = legs.iter().map(loss).collect::<Option<_>>()?;
            let (first_loss, others) = losses.split_first()?;
            let losses = others.iter().fold(Losses::of_step(*first_loss), |losses, loss| losses.then(*loss));
            Some(Case {
                pair: Pair { from: first.pair.from, to: last.pair.to },
                worst: losses.worst(),
                pivots: f32::from(losses.pivots),
                chrf: figures.measured(legs)?,
            })
        };
        figures.paths().filter(|legs| legs.len() > 1).filter_map(case).collect()
    }

    /// The constants of the least-squares fit, on all cases but one.
    fn fit(levels: &Levels, cases: &[Case], without: Option<usize>) -> (f32, f32) {
        let (mut ww, mut wp, mut pp, mut wy, mut py) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (_, case) in cases.iter().enumerate().filter(|(at, _)| Some(*at) != without) {
            let loss = levels.loss(case.pair, case.chrf);
            ww += case.worst * case.worst;
            wp += case.worst * case.pivots;
            pp += case.pivots * case.pivots;
            wy += case.worst * loss;
            py += case.pivots * loss;
        }
        let determinant = ww * pp - wp * wp;
        ((wy * pp - py * wp) / determinant, (py * ww - wy * wp) / determinant)
    }

    #[test]
    fn the_constants_are_a_fit_on_the_measured_routes_with_the_stated_error() {
        let figures = Figures::load(Path::new("/nonexistent")).unwrap();
        let cases = cases(&figures);
        assert!(cases.len() > 100, "{}", cases.len());
        let (worst, pivot) = fit(&figures.levels, &cases, None);
        assert!((worst - WORST).abs() < 0.001 && (pivot - PIVOT).abs() < 0.001, "{worst} {pivot}");
        let error = |(at, case): (usize, &Case)| {
            let (worst, pivot) = fit(&figures.levels, &cases, Some(at));
            let estimate = figures.levels.chrf(case.pair, worst * case.worst + pivot * case.pivots);
            (estimate - case.chrf).abs()
        };
        let errors: Vec<f32> = cases.iter().enumerate().map(error).collect();
        let mean = errors.iter().sum::<f32>() / errors.len() as f32;
        assert!((mean - MEAN_ERROR).abs() < 0.1, "{mean}");
        let largest = errors.into_iter().reduce(f32::max).unwrap();
        assert!(largest < 7.0, "{largest}");
    }
}
