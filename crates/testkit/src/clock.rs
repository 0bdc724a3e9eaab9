//! A clock that moves by hand.

use meeshy_domain::{Clock, Timestamp};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The hand of a clock made by [`by_hand`].
#[derive(Clone)]
pub struct Hand(Arc<Face>);

struct Face {
    now: AtomicI64,
    interruption: Mutex<Option<Interruption>>,
}

/// What is done when the clock is looked at, after so many other looks.
type Interruption = (usize, Box<dyn FnOnce() + Send>);

impl Hand {
    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.0.now.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }

    /// Does something when the clock has been looked at `looks` times and is looked at once more: in the middle of what
    /// looks at it. Looks of the store's own threads do not count: to hold one up would hold up everybody.
    pub fn interrupt_after(&self, looks: usize, interruption: impl FnOnce() + Send + 'static) {
        *self.0.interruption.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((looks, Box::new(interruption)));
    }
}

impl Face {
    fn look(&self) -> Timestamp {
        let mut waiting = self.interruption.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = match waiting.as_mut() {
            _ if is_of_store() => false,
            Some((0, _)) => true,
            Some((looks, _)) => {
                *looks -= 1;
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
fn is_of_store() -> bool {
    std::thread::current().name().is_some_and(|name| name.starts_with("store-"))
}

/// A clock that stands at 2026-01-15 12:34:56.789 UTC until its hand is moved.
pub fn by_hand() -> (Clock, Hand) {
    let face = Arc::new(Face { now: AtomicI64::new(1_768_480_496_789), interruption: Mutex::default() });
    let hand = Hand(Arc::clone(&face));
    (Clock::new(move || face.look()), hand)
}
