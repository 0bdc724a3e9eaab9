//! When a user was last active.

use crate::context::Context;
use meeshy_domain::{Timestamp, UserId};
use meeshy_store::users;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The minimum interval between updates of `last_active_at`.
const TOUCH_INTERVAL: Duration = Duration::from_secs(5);

/// The most users whose last update is remembered. Above it, entries that are due are dropped and, if
/// necessary, all: those users are merely updated once more.
const MAX_TOUCHED: usize = 20_000;

/// Keeps track of when users were last active. Cheap to clone.
#[derive(Clone)]
pub struct Activity {
    context: Arc<Context>,
    touched: Arc<Touched>,
}

/// The users whose last activity was updated a moment ago, and when.
#[derive(Default)]
struct Touched(Mutex<HashMap<UserId, Timestamp>>);

impl Activity {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self { context, touched: Arc::default() }
    }

    /// Updates the last activity of `user`, at most every few seconds. A failure is only logged.
    pub async fn touch(&self, user: UserId) {
        let now = self.context.now();
        if self.touched.is_due(user, now)
            && let Err(error) = self.context.store.write(move |tx| users::touch(tx, user, now)).await
        {
            tracing::warn!(%error, "Failed to update last_active_at");
        }
    }
}

impl Touched {
    /// Whether `last_active_at` of `user` should be updated at `now`.
    fn is_due(&self, user: UserId, now: Timestamp) -> bool {
        let mut touched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = |last: &Timestamp| now.since(*last) >= TOUCH_INTERVAL;
        if touched.get(&user).is_some_and(|last| !is_due(last)) {
            return false;
        }
        if touched.len() >= MAX_TOUCHED {
            touched.retain(|_, last| !is_due(last));
            if touched.len() >= MAX_TOUCHED {
                touched.clear();
            }
        }
        touched.insert(user, now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(number: usize) -> UserId {
        format!("{number:024x}").parse().unwrap()
    }

    #[test]
    fn last_active_at_is_seldom_updated() {
        let (touched, user, at) = (Touched::default(), person(1), Timestamp::from_millis);
        assert!(touched.is_due(user, at(0)));
        assert!(!touched.is_due(user, at(4_999)));
        assert!(touched.is_due(user, at(5_000)));
        for number in 0..2 * MAX_TOUCHED {
            assert!(touched.is_due(person(number + 2), at(5_001)));
        }
        assert!(touched.0.lock().unwrap().len() <= MAX_TOUCHED);
    }
}
