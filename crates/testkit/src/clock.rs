//! A clock that moves by hand.

use meeshy_domain::{Clock, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// The hand of a clock made by [`by_hand`].
#[derive(Clone)]
pub struct Hand(Arc<AtomicI64>);

impl Hand {
    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }
}

/// A clock that stands at 2026-01-15 12:34:56.789 UTC until its hand is moved.
pub fn by_hand() -> (Clock, Hand) {
    let now = Arc::new(AtomicI64::new(1_768_480_496_789));
    let hand = Hand(Arc::clone(&now));
    (Clock::new(move || Timestamp::from_millis(now.load(Ordering::SeqCst))), hand)
}
