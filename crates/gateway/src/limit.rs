//! Rate limits: so many calls in a window of time, counted in memory (wire-contract 1.7).

use crate::config::RateLimits;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Counters kept, at most; then those whose window is over are dropped, and if that is not enough, all.
const COUNTERS: usize = 100_000;

/// So many calls in a window of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    name: &'static str,
    calls: u32,
    window: Duration,
}

impl Limit {
    /// `calls` in each `window`; `name` keeps its counters apart from those of other limits.
    pub const fn new(name: &'static str, calls: u32, window: Duration) -> Self {
        Self { name, calls, window }
    }

    pub(crate) fn calls(&self) -> u32 {
        self.calls
    }

    pub(crate) fn window(&self) -> Duration {
        self.window
    }
}

/// What is left after a call that was allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Calls of the limit.
    pub calls: u32,
    /// Calls that are left in this window.
    pub remaining: u32,
    /// How long this window still lasts.
    pub reset_in: Duration,
}

/// Too many calls.
#[derive(Debug, PartialEq, Eq)]
pub struct TooMany {
    pub limit: Limit,
    /// How long this window still lasts.
    pub retry_after: Duration,
}

struct Counter {
    began: Instant,
    window: Duration,
    calls: u32,
}

/// Counts.
pub struct Limiter {
    pub limits: RateLimits,
    counters: Mutex<HashMap<(&'static str, String), Counter>>,
}

impl Limiter {
    pub fn new(limits: RateLimits) -> Self {
        Self { limits, counters: Mutex::default() }
    }

    /// Counts a call of `who`; without a limit, nothing is said about what is left.
    ///
    /// # Errors
    /// When there were too many in this window.
    pub fn count(&self, limit: Option<Limit>, who: &str) -> Result<Option<Left>, TooMany> {
        limit.map(|limit| self.count_at(limit, who, Instant::now())).transpose()
    }

    fn count_at(&self, limit: Limit, who: &str, now: Instant) -> Result<Left, TooMany> {
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        if counters.len() >= COUNTERS {
            counters.retain(|_, counter| now.duration_since(counter.began) < counter.window);
            if counters.len() >= COUNTERS {
                counters.clear();
            }
        }
        let fresh = || Counter { began: now, window: limit.window, calls: 0 };
        let counter = counters.entry((limit.name, who.to_owned())).or_insert_with(fresh);
        if now.duration_since(counter.began) >= limit.window {
            *counter = fresh();
        }
        counter.calls = counter.calls.saturating_add(1);
        let reset_in = limit.window.saturating_sub(now.duration_since(counter.began));
        match limit.calls.checked_sub(counter.calls) {
            Some(remaining) => Ok(Left { calls: limit.calls, remaining, reset_in }),
            None => Err(TooMany { limit, retry_after: reset_in }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_has_so_many_in_each_window() {
        let limiter = Limiter::new(RateLimits::off());
        let limit = Limit::new("test", 2, Duration::from_secs(10));
        let start = Instant::now();
        let count = |who, seconds| limiter.count_at(limit, who, start + Duration::from_secs(seconds));
        let left =
            |remaining, seconds| Ok(Left { calls: 2, remaining, reset_in: Duration::from_secs(seconds) });
        assert_eq!(count("a", 0), left(1, 10));
        assert_eq!(count("a", 1), left(0, 9));
        assert_eq!(count("a", 4), Err(TooMany { limit, retry_after: Duration::from_secs(6) }));
        assert_eq!(count("b", 4), left(1, 10));
        assert_eq!(count("a", 10), left(1, 10));
        assert_eq!(limiter.count(None, "a"), Ok(None));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let limiter = Limiter::new(RateLimits::off());
        let limit = Limit::new("test", 1, Duration::from_secs(10));
        let start = Instant::now();
        for who in 0..=COUNTERS {
            assert!(limiter.count_at(limit, &who.to_string(), start).is_ok());
        }
        assert!(limiter.counters.lock().unwrap().len() <= COUNTERS);
    }
}
