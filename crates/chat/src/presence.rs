//! Who is connected to this process, and with how many sockets.

use meeshy_domain::{Timestamp, UserId};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A sign of life is written down at most this often (wire-contract 5.8).
const TOUCH_EVERY: Duration = Duration::from_secs(5);

/// So many people are remembered before those are forgotten who would be written down again.
const MAX_TOUCHED: usize = 10_000;

/// The connected people.
#[derive(Debug, Default)]
pub struct Presence {
    sockets: Mutex<HashMap<UserId, usize>>,
    touched: Mutex<HashMap<UserId, Timestamp>>,
}

impl Presence {
    fn sockets(&self) -> MutexGuard<'_, HashMap<UserId, usize>> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a socket of `user`; says whether it is the first.
    pub fn connect(&self, user: UserId) -> bool {
        let mut sockets = self.sockets();
        let count = sockets.entry(user).or_insert(0);
        *count += 1;
        *count == 1
    }

    /// Notes that a socket of `user` is gone; says whether it was the last.
    pub fn disconnect(&self, user: UserId) -> bool {
        let mut sockets = self.sockets();
        let Some(count) = sockets.get_mut(&user) else { return false };
        *count = count.saturating_sub(1);
        let last = *count == 0;
        if last {
            sockets.remove(&user);
        }
        last
    }

    /// Whether `user` has a socket.
    pub fn is_online(&self, user: UserId) -> bool {
        self.sockets().contains_key(&user)
    }

    /// How many people have a socket.
    pub fn online_count(&self) -> usize {
        self.sockets().len()
    }

    /// Whether a sign of life at `now` is worth writing down.
    pub(crate) fn is_due(&self, user: UserId, now: Timestamp) -> bool {
        let mut touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        let due = touched.get(&user).is_none_or(|last| now.since(*last) >= TOUCH_EVERY);
        if due {
            if touched.len() >= MAX_TOUCHED {
                // Older ones say no more than that nothing is known.
                touched.retain(|_, last| now.since(*last) < TOUCH_EVERY);
            }
            touched.insert(user, now);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn online_from_the_first_socket_to_the_last() {
        let presence = Presence::default();
        let user: UserId = "65a0c0ffee0123456789abcd".parse().unwrap();
        assert!(presence.connect(user));
        assert!(!presence.connect(user));
        assert!(!presence.disconnect(user));
        assert!(presence.is_online(user));
        assert!(presence.disconnect(user));
        assert!(!presence.is_online(user));
        assert!(!presence.disconnect(user), "one too many is no second goodbye");
    }

    #[test]
    fn signs_of_life_are_throttled() {
        let presence = Presence::default();
        let user: UserId = "65a0c0ffee0123456789abcd".parse().unwrap();
        let at = Timestamp::from_millis;
        assert!(presence.is_due(user, at(0)));
        assert!(!presence.is_due(user, at(4_999)));
        assert!(presence.is_due(user, at(5_000)));
    }
}
