//! A manually controlled clock.

use meeshy_domain::{Clock, Timestamp};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Controls a clock made by [`manual`].
#[derive(Clone)]
pub struct ClockControl(Arc<State>);

struct State {
    now: AtomicI64,
    interruption: Mutex<Option<Interruption>>,
}

/// What to do when the clock is read, after this many other reads.
type Interruption = (usize, Box<dyn FnOnce() + Send>);

impl ClockControl {
    /// Advances the clock.
    pub fn advance(&self, by: Duration) {
        self.0.now.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }

    /// Runs `interruption` when the clock has been read `reads` times and is read once more, in the middle of
    /// the code that reads it. Reads by the store's own threads do not count: blocking one would block
    /// everybody.
    pub fn interrupt_after(&self, reads: usize, interruption: impl FnOnce() + Send + 'static) {
        *self.0.interruption.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((reads, Box::new(interruption)));
    }
}

impl State {
    fn read(&self) -> Timestamp {
        let mut waiting = self.interruption.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = match waiting.as_mut() {
            _ if is_store_thread() => false,
            Some((0, _)) => true,
            Some((reads, _)) => {
                *reads -= 1;
                false
            }
            None => false,
        };
        let interruption = waiting.take_if(|_| is_due);
        drop(waiting);
        if let Some((_, interruption)) = interruption {
            interruption();
        }
        Timestamp::from_millis(self.now.load(Ordering::SeqCst))
    }
}

/// Whether this is a thread of the store.
fn is_store_thread() -> bool {
    std::thread::current().name().is_some_and(|name| name.starts_with("store-"))
}

/// A clock that stands at 2026-01-15 12:34:56.789 UTC until it is advanced.
pub fn manual() -> (Clock, ClockControl) {
    let state = Arc::new(State { now: AtomicI64::new(1_768_480_496_789), interruption: Mutex::default() });
    let control = ClockControl(Arc::clone(&state));
    (Clock::new(move || state.read()), control)
}
