//! Rate limits: so many calls in a window of time, counted in memory (wire-contract 1.7).

use crate::config::RateLimits;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
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

/// Too many calls.
#[derive(Debug)]
pub struct TooMany {
    limit: Limit,
    retry_after: Duration,
}

impl IntoResponse for TooMany {
    fn into_response(self) -> Response {
        let seconds = self.retry_after.as_secs().max(1);
        let message = format!("too many requests; try again in {seconds} seconds");
        let body = json!({
            "success": false, "message": message, "error": "RATE_LIMIT_EXCEEDED", "code": "RATE_LIMIT_EXCEEDED",
            "retryAfter": seconds, "limit": self.limit.calls, "statusCode": 429,
        });
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        headers.insert("x-ratelimit-limit", HeaderValue::from(self.limit.calls));
        headers.insert("x-ratelimit-remaining", HeaderValue::from(0));
        headers.insert("x-ratelimit-reset", HeaderValue::from(seconds));
        (StatusCode::TOO_MANY_REQUESTS, headers, axum::Json(body)).into_response()
    }
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

    /// Counts a call of `who`.
    ///
    /// # Errors
    /// When there were too many in this window.
    pub fn count(&self, limit: Option<Limit>, who: &str) -> Result<(), TooMany> {
        match limit {
            Some(limit) => self.count_at(limit, who, Instant::now()),
            None => Ok(()),
        }
    }

    fn count_at(&self, limit: Limit, who: &str, now: Instant) -> Result<(), TooMany> {
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
        if counter.calls <= limit.calls {
            return Ok(());
        }
        Err(TooMany { limit, retry_after: limit.window.saturating_sub(now.duration_since(counter.began)) })
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
        assert!(count("a", 0).is_ok() && count("a", 1).is_ok());
        assert_eq!(count("a", 4).unwrap_err().retry_after, Duration::from_secs(6));
        assert!(count("b", 4).is_ok());
        assert!(count("a", 10).is_ok());
        assert!(limiter.count(None, "a").is_ok());
    }
}
