//! Rate limits: a number of calls per window of time, counted in memory.
//!
//! Each limit has a bounded number of counters; beyond it the least recently used one of that limit is
//! dropped. A flood of callers on one limit therefore does not affect another, and a counter is only dropped
//! early by a caller with as many names as there are counters.

use crate::http::limits::{Limit, RateLimits};
use moka::Expiry;
use moka::ops::compute::{CompResult, Op};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

/// The most counters per limit.
const MAX_COUNTERS: u64 = 50_000;
/// The length of a caller's name that is significant, in bytes.
const MAX_NAME_BYTES: usize = 128;

/// The state after an allowed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// The limit.
    pub calls: u32,
    /// The remaining calls in this window.
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

#[derive(Clone, Copy)]
struct Counter {
    began: Instant,
    window: Duration,
    calls: u32,
    /// Its window has just started.
    is_fresh: bool,
    /// The last call exceeded the limit.
    is_over: bool,
}

/// A counter expires with its window.
struct WhenOver;

impl Expiry<Box<str>, Counter> for WhenOver {
    fn expire_after_create(&self, _: &Box<str>, counter: &Counter, _: Instant) -> Option<Duration> {
        Some(counter.window)
    }

    fn expire_after_update(
        &self,
        _: &Box<str>,
        counter: &Counter,
        _: Instant,
        left: Option<Duration>,
    ) -> Option<Duration> {
        if counter.is_fresh { Some(counter.window) } else { left }
    }
}

type Counters = Cache<Box<str>, Counter>;

/// The rate limiter.
pub struct Limiter {
    pub limits: RateLimits,
    /// The counters of each limit, by its name.
    counters: RwLock<HashMap<&'static str, Counters>>,
}

impl Limiter {
    pub fn new(limits: RateLimits) -> Self {
        Self { limits, counters: RwLock::default() }
    }

    /// Counts a call of `who`; without a limit, returns `None`.
    ///
    /// # Errors
    /// When the limit of this window is exceeded.
    pub fn count(&self, limit: Option<Limit>, who: &str) -> Result<Option<Left>, TooMany> {
        self.count_many(limit, who, 1)
    }

    /// Counts a call with a weight; a rejected one uses up nothing.
    ///
    /// # Errors
    /// When fewer than that are left in this window.
    pub fn count_many(&self, limit: Option<Limit>, who: &str, calls: u32) -> Result<Option<Left>, TooMany> {
        limit.map(|limit| self.count_at(limit, who, calls, Instant::now())).transpose()
    }

    fn count_at(&self, limit: Limit, who: &str, calls: u32, now: Instant) -> Result<Left, TooMany> {
        let fresh = Counter { began: now, window: limit.window(), calls: 0, is_fresh: true, is_over: false };
        let counted = self.counters(limit).entry(name(who)).and_compute_with(|known| {
            let known = known.map(moka::Entry::into_value);
            let known = known.filter(|counter| now.duration_since(counter.began) < limit.window());
            let known = known.map(|counter| Counter { is_fresh: false, ..counter });
            let counter = known.unwrap_or(fresh);
            let sum = counter.calls.saturating_add(calls);
            let is_over = sum > limit.calls();
            Op::Put(Counter { calls: if is_over { counter.calls } else { sum }, is_over, ..counter })
        });
        let counter = match counted {
            CompResult::Inserted(entry) | CompResult::ReplacedWith(entry) => entry.into_value(),
            // A counter is always stored.
            _ => Counter { calls, ..fresh },
        };
        let reset_in = limit.window().saturating_sub(now.duration_since(counter.began));
        if counter.is_over {
            return Err(TooMany { limit, retry_after: reset_in });
        }
        Ok(Left { calls: limit.calls(), remaining: limit.calls().saturating_sub(counter.calls), reset_in })
    }

    fn counters(&self, limit: Limit) -> Counters {
        let known = self.counters.read().unwrap_or_else(PoisonError::into_inner).get(limit.name()).cloned();
        known.unwrap_or_else(|| {
            let mut all = self.counters.write().unwrap_or_else(PoisonError::into_inner);
            let fresh = || {
                let counters = Cache::builder().max_capacity(MAX_COUNTERS);
                counters.eviction_policy(EvictionPolicy::lru()).expire_after(WhenOver).build()
            };
            all.entry(limit.name()).or_insert_with(fresh).clone()
        })
    }
}

/// A caller's name, truncated if it is very long.
fn name(who: &str) -> Box<str> {
    who[..who.floor_char_boundary(MAX_NAME_BYTES)].into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_has_so_many_in_each_window() {
        let limiter = Limiter::new(RateLimits::off());
        let limit = Limit::new("test", 2, Duration::from_secs(10));
        let start = Instant::now();
        let count = |who, seconds| limiter.count_at(limit, who, 1, start + Duration::from_secs(seconds));
        let left =
            |remaining, seconds| Ok(Left { calls: 2, remaining, reset_in: Duration::from_secs(seconds) });
        assert_eq!(count("a", 0), left(1, 10));
        assert_eq!(count("a", 1), left(0, 9));
        assert_eq!(count("a", 4), Err(TooMany { limit, retry_after: Duration::from_secs(6) }));
        assert_eq!(count("b", 4), left(1, 10));
        assert_eq!(count("a", 10), left(1, 10));
        assert_eq!(limiter.count(None, "a"), Ok(None));
        // A call with weight two fits or not, and uses up nothing if not.
        let many = |calls, seconds| limiter.count_at(limit, "c", calls, start + Duration::from_secs(seconds));
        assert_eq!(many(3, 20), Err(TooMany { limit, retry_after: Duration::from_secs(10) }));
        assert_eq!(many(2, 20), left(0, 10));
        assert_eq!(many(2, 30), left(0, 10), "a new window");
    }

    #[test]
    fn a_flood_of_names_is_bounded_and_forgets_nobody_who_is_counted_elsewhere_or_lately() {
        let limiter = Limiter::new(RateLimits::off());
        let limit = |name| Limit::new(name, 1, Duration::from_secs(3_600));
        let start = Instant::now();
        let count = |name, who: &str| limiter.count_at(limit(name), who, 1, start).is_ok();
        assert!(count("login", "guesser") && count("rest", "guesser"));
        for who in 0..MAX_COUNTERS + 1_000 {
            assert!(count("login", &who.to_string()));
            if who % 1_000 == 0 {
                assert!(!count("login", "guesser"), "still known among {who}");
            }
        }
        assert!(!count("rest", "guesser"), "another limit");
        let counters = limiter.counters(limit("login"));
        counters.run_pending_tasks();
        assert!(counters.entry_count() <= MAX_COUNTERS);
    }

    #[test]
    fn calls_at_the_same_moment_are_all_counted() {
        let limiter = Limiter::new(RateLimits::off());
        let limit = Limit::new("test", 100, Duration::from_secs(3_600));
        let allowed = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        if limiter.count(Some(limit), "a").is_ok() {
                            allowed.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                        }
                    }
                });
            }
        });
        assert_eq!(allowed.into_inner(), 100);
    }
}
