//! Circuit breakers: after several failures in a row, no requests, then a single one, then all again. Broken
//! engines are retried too, less often, because they may have been repaired or only been replaced.

use crate::EngineError;
use crate::engine::Engine;
use crate::pair::Pair;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How many failures in a row open the circuit.
const FAILURES: u32 = 3;
/// How long the circuit stays open at first; doubled after each failed trial.
const FIRST_REST: Duration = Duration::from_secs(2);
/// The maximum of that time. Jobs are retried for longer than that.
const MAX_REST: Duration = Duration::from_secs(60);
/// How long a broken engine is disabled at first; doubled after each failed trial.
const FIRST_REPAIR: Duration = Duration::from_secs(5);
/// The maximum of that time.
const MAX_REPAIR: Duration = Duration::from_secs(300);
/// A trial that has not finished by then was cancelled.
const MAX_TRIAL: Duration = Duration::from_secs(60);

/// What fails and recovers as a unit: a server, or one pair of a local engine.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Unit {
    engine: String,
    /// `None` for all pairs of a server.
    pair: Option<Pair>,
}

impl Unit {
    pub(crate) fn of(engine: &dyn Engine, pair: Pair) -> Self {
        Self { engine: engine.name().to_owned(), pair: (!engine.is_remote()).then_some(pair) }
    }

    fn touches(&self, pair: Pair) -> bool {
        self.pair.is_none_or(|own| own.from == pair.from || own.to == pair.to)
    }
}

/// The circuit breaker of a unit.
#[derive(Debug)]
enum Breaker {
    /// It works, or has failed fewer times in a row than would count; the last failure was at `failed_at`.
    Closed { failures: u32, failed_at: Instant },
    /// No requests until then; after that, a single one.
    Open { until: Instant, rest: Duration },
    /// A single request tries whether it works again.
    Trial { until: Instant, rest: Duration },
    /// It needs repair. After that time, a single request tries whether it has been repaired.
    Broken { until: Instant, rest: Duration, on_trial: bool },
}

impl Breaker {
    /// Until when it rejects requests.
    fn shut_until(&self) -> Option<Instant> {
        match self {
            Self::Open { until, .. } | Self::Trial { until, .. } => Some(*until),
            Self::Closed { .. } | Self::Broken { .. } => None,
        }
    }

    /// When it is due for a trial.
    fn due_at(&self) -> Option<Instant> {
        match self {
            Self::Broken { until, .. } => Some(*until),
            other => other.shut_until(),
        }
    }

    fn admit(&mut self, now: Instant) -> bool {
        match *self {
            Self::Closed { .. } => true,
            Self::Open { until, rest } | Self::Trial { until, rest } if until <= now => {
                *self = Self::Trial { until: now + MAX_TRIAL, rest };
                true
            }
            Self::Broken { until, rest, .. } if until <= now => {
                *self = Self::Broken { until: now + MAX_TRIAL, rest, on_trial: true };
                true
            }
            Self::Open { .. } | Self::Trial { .. } | Self::Broken { .. } => false,
        }
    }

    /// Records that it is broken; returns whether that is new.
    fn broke(&mut self, now: Instant) -> bool {
        let (rest, is_new) = match *self {
            // A request that was running when that became known.
            Self::Broken { on_trial: false, .. } => return false,
            Self::Broken { rest, .. } => ((rest * 2).min(MAX_REPAIR), false),
            _ => (FIRST_REPAIR, true),
        };
        *self = Self::Broken { until: now + rest, rest, on_trial: false };
        is_new
    }

    /// Records a failure; returns for how long the circuit opens, if it does.
    fn failed(&mut self, asked_at: Instant, now: Instant) -> Option<Duration> {
        let rest = match *self {
            // It failed while this request was running: counted once for all concurrent requests.
            Self::Closed { failures, failed_at } if failures > 0 && asked_at < failed_at => return None,
            Self::Closed { failures, .. } if failures + 1 < FAILURES => {
                *self = Self::Closed { failures: failures + 1, failed_at: now };
                return None;
            }
            Self::Closed { .. } => FIRST_REST,
            Self::Trial { rest, .. } => (rest * 2).min(MAX_REST),
            // It is present again, but does not work.
            Self::Broken { on_trial: true, .. } => FIRST_REST,
            // A request that was running when the circuit opened.
            Self::Open { .. } | Self::Broken { .. } => return None,
        };
        *self = Self::Open { until: now + rest, rest };
        Some(rest)
    }
}

/// The consequence of a failure.
#[derive(Debug, PartialEq)]
pub(crate) enum Consequence {
    /// The next request may retry.
    None,
    /// The circuit is open for this long.
    Rest(Duration),
    /// It needs repair.
    Out,
    /// It still needs repair.
    StillOut,
}

/// The breakers of all units that have failed, and the reasons.
#[derive(Default)]
pub(crate) struct Breakers {
    units: Mutex<HashMap<Unit, (Breaker, String)>>,
}

impl Breakers {
    fn units(&self) -> MutexGuard<'_, HashMap<Unit, (Breaker, String)>> {
        self.units.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a request may be made now. The caller reports the outcome afterwards.
    pub(crate) fn admit(&self, unit: &Unit, now: Instant) -> bool {
        self.units().get_mut(unit).is_none_or(|(breaker, _)| breaker.admit(now))
    }

    /// Records a success; returns whether the circuit was open.
    pub(crate) fn succeeded(&self, unit: &Unit) -> bool {
        let mut units = self.units();
        // A request that was running when it broke does not tell whether it has been repaired.
        if matches!(units.get(unit), None | Some((Breaker::Broken { on_trial: false, .. }, _))) {
            return false;
        }
        units.remove(unit).is_some_and(|(breaker, _)| breaker.due_at().is_some())
    }

    /// Records a failure and its reason.
    pub(crate) fn failed(
        &self,
        unit: &Unit,
        error: &EngineError,
        asked_at: Instant,
        now: Instant,
    ) -> Consequence {
        let mut units = self.units();
        let (breaker, reason) = units
            .entry(unit.clone())
            .or_insert_with(|| (Breaker::Closed { failures: 0, failed_at: now }, String::new()));
        *reason = error.to_string();
        if matches!(error, EngineError::Broken(_)) {
            return if breaker.broke(now) { Consequence::Out } else { Consequence::StillOut };
        }
        breaker.failed(asked_at, now).map_or(Consequence::None, Consequence::Rest)
    }

    /// Whether it accepts a request now.
    pub(crate) fn takes_requests(&self, unit: &Unit, now: Instant) -> bool {
        self.units().get(unit).is_none_or(|(breaker, _)| breaker.due_at().is_none_or(|until| until <= now))
    }

    /// The reason, if the circuit is open and it may recover by itself.
    pub(crate) fn resting(&self, unit: &Unit) -> Option<String> {
        let units = self.units();
        let (breaker, reason) = units.get(unit)?;
        breaker.shut_until().map(|_| reason.clone())
    }

    /// When the next trial is due.
    pub(crate) fn next_trial(&self, now: Instant) -> Option<Instant> {
        let units = self.units();
        units.values().filter_map(|(breaker, _)| breaker.due_at()).filter(|&until| until > now).min()
    }

    /// The reason, if a unit of this pair needs repair.
    pub(crate) fn broken(&self, pair: Pair) -> Option<String> {
        let units = self.units();
        let broken = units
            .iter()
            .filter(|(unit, (breaker, _))| matches!(breaker, Breaker::Broken { .. }) && unit.touches(pair));
        broken.map(|(_, (_, reason))| reason.clone()).min()
    }

    /// Resets all breakers: broken engines may have been repaired.
    pub(crate) fn clear(&self) {
        self.units().clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(pair: &str) -> Unit {
        Unit { engine: "engine".to_owned(), pair: pair.parse().ok() }
    }

    fn failure() -> EngineError {
        EngineError::Interrupted("it hangs".to_owned())
    }

    fn broken(breakers: &Breakers, now: Instant) -> Duration {
        loop {
            if let Consequence::Rest(rest) = breakers.failed(&unit("en-fr"), &failure(), now, now) {
                return rest;
            }
        }
    }

    #[test]
    fn three_failures_in_a_row_open_it_and_do_not_affect_others() {
        let (breakers, now) = (Breakers::default(), Instant::now());
        assert_eq!(breakers.failed(&unit("en-fr"), &failure(), now, now), Consequence::None);
        assert_eq!(breakers.failed(&unit("en-fr"), &failure(), now, now), Consequence::None);
        assert!(!breakers.succeeded(&unit("en-fr")), "the circuit was not open");
        for _ in 1..FAILURES {
            assert_eq!(breakers.failed(&unit("en-fr"), &failure(), now, now), Consequence::None);
        }
        assert!(breakers.admit(&unit("en-fr"), now));
        assert_eq!(breakers.failed(&unit("en-fr"), &failure(), now, now), Consequence::Rest(FIRST_REST));
        assert!(!breakers.admit(&unit("en-fr"), now));
        assert!(breakers.admit(&unit("fr-en"), now));
        assert_eq!(breakers.resting(&unit("en-fr")).as_deref(), Some("it hangs"));
    }

    #[test]
    fn concurrent_requests_count_as_one_failure() {
        let (breakers, start) = (Breakers::default(), Instant::now());
        for asked in 0..FAILURES - 1 {
            let asked_at = start + Duration::from_secs(u64::from(asked) * 2);
            for _ in 0..10 {
                let failed_at = asked_at + Duration::from_secs(1);
                assert_eq!(
                    breakers.failed(&unit("en-fr"), &failure(), asked_at, failed_at),
                    Consequence::None
                );
            }
        }
        assert_eq!(broken(&breakers, start + Duration::from_secs(60)), FIRST_REST);
    }

    #[test]
    fn after_the_rest_a_successful_trial_closes_it() {
        let (breakers, start) = (Breakers::default(), Instant::now());
        let due = start + broken(&breakers, start);
        assert_eq!(breakers.next_trial(start), Some(due));
        assert!(!breakers.takes_requests(&unit("en-fr"), start));
        assert!(breakers.takes_requests(&unit("en-fr"), due));
        assert!(breakers.admit(&unit("en-fr"), due));
        assert!(!breakers.admit(&unit("en-fr"), due), "one trial at a time");
        assert!(breakers.succeeded(&unit("en-fr")));
        assert!(breakers.admit(&unit("en-fr"), due) && breakers.admit(&unit("en-fr"), due));
        assert_eq!(breakers.next_trial(start), None);
    }

    #[test]
    fn each_failed_trial_doubles_the_rest_up_to_the_maximum() {
        let (breakers, mut now) = (Breakers::default(), Instant::now());
        let mut rest = broken(&breakers, now);
        let mut rests = vec![rest.as_secs()];
        for _ in 0..6 {
            // Late answers to earlier requests do not extend it.
            assert_eq!(breakers.failed(&unit("en-fr"), &failure(), now, now), Consequence::None);
            now += rest;
            assert!(breakers.admit(&unit("en-fr"), now));
            let Consequence::Rest(next) = breakers.failed(&unit("en-fr"), &failure(), now, now) else {
                panic!()
            };
            rests.push(next.as_secs());
            rest = next;
        }
        assert_eq!(rests, [2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn a_cancelled_trial_does_not_block_it_forever() {
        let (breakers, start) = (Breakers::default(), Instant::now());
        let due = start + broken(&breakers, start);
        assert!(breakers.admit(&unit("en-fr"), due));
        assert!(!breakers.admit(&unit("en-fr"), due + MAX_TRIAL / 2));
        assert!(breakers.admit(&unit("en-fr"), due + MAX_TRIAL));
    }

    #[test]
    fn broken_units_are_retried_with_increasing_delays() {
        let (breakers, now) = (Breakers::default(), Instant::now());
        let error = EngineError::Broken("its file is damaged".to_owned());
        assert_eq!(breakers.failed(&unit("en-fr"), &error, now, now), Consequence::Out);
        assert!(!breakers.succeeded(&unit("en-fr")));
        assert!(!breakers.admit(&unit("en-fr"), now) && breakers.resting(&unit("en-fr")).is_none());
        let mut rests = Vec::new();
        let mut due = now;
        for _ in 0..8 {
            let next = breakers.next_trial(due).unwrap();
            rests.push((next - due).as_secs());
            due = next;
            assert!(breakers.takes_requests(&unit("en-fr"), due) && breakers.admit(&unit("en-fr"), due));
            assert!(!breakers.admit(&unit("en-fr"), due), "one trial at a time");
            assert_eq!(breakers.failed(&unit("en-fr"), &error, due, due), Consequence::StillOut);
        }
        assert_eq!(rests, [5, 10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(breakers.broken("en-de".parse().unwrap()).as_deref(), Some("its file is damaged"));
        assert_eq!(breakers.broken("fr-de".parse().unwrap()), None);
        due = breakers.next_trial(due).unwrap();
        assert!(breakers.admit(&unit("en-fr"), due) && breakers.succeeded(&unit("en-fr")));
        assert!(breakers.admit(&unit("en-fr"), due) && breakers.broken("en-de".parse().unwrap()).is_none());
        breakers.failed(&unit("en-fr"), &error, due, due);
        breakers.clear();
        assert!(breakers.admit(&unit("en-fr"), now));
    }
}
