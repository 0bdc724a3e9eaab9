//! Who is connected to this process, and with how many sockets.

use meeshy_domain::{Timestamp, UserId};
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// `last_active_at` is updated at most this often.
const TOUCH_INTERVAL: Duration = Duration::from_secs(5);

/// People whose last update is remembered, at most: then those who are due are forgotten, and if need be all, who are
/// only updated once more.
const MAX_TOUCHED: usize = 20_000;

/// The connected people.
#[derive(Debug, Default)]
pub struct Presence {
    sockets: Mutex<HashMap<UserId, usize>>,
    /// Whom the others believe to be online.
    announced: Mutex<HashSet<UserId>>,
    touched: Mutex<HashMap<UserId, Timestamp>>,
}

impl Presence {
    fn sockets(&self) -> MutexGuard<'_, HashMap<UserId, usize>> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a socket of `user`.
    pub fn connect(&self, user: UserId) {
        *self.sockets().entry(user).or_insert(0) += 1;
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

    /// Tells the others whether `user` is online, if they believe otherwise.
    ///
    /// Who comes and who goes announce it some time after they did, when they know whom to tell, so that somebody may have
    /// come back meanwhile. It is looked up here, and told before anybody else announces something: what is told last holds.
    pub fn announce(&self, user: UserId, tell: impl FnOnce(bool)) {
        let mut announced = self.announced.lock().unwrap_or_else(PoisonError::into_inner);
        let is_online = self.is_online(user);
        let has_changed = if is_online { announced.insert(user) } else { announced.remove(&user) };
        if has_changed {
            tell(is_online);
        }
    }

    /// Whether `user` has a socket.
    pub fn is_online(&self, user: UserId) -> bool {
        self.sockets().contains_key(&user)
    }

    /// Some people who have a socket, at most `limit`.
    pub fn some_online(&self, limit: usize) -> Vec<UserId> {
        self.sockets().keys().take(limit).copied().collect()
    }

    /// How many people have a socket.
    pub fn online_count(&self) -> usize {
        self.sockets().len()
    }

    /// Whether `last_active_at` of `user` is to be updated at `now`.
    pub(crate) fn is_due(&self, user: UserId, now: Timestamp) -> bool {
        let mut touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
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
    use proptest::prelude::*;

    fn person(number: usize) -> UserId {
        format!("{number:024x}").parse().unwrap()
    }

    #[test]
    fn online_from_the_first_socket_to_the_last() {
        let (presence, user) = (Presence::default(), person(1));
        presence.connect(user);
        presence.connect(user);
        assert!(!presence.disconnect(user));
        assert!(presence.is_online(user));
        assert!(presence.disconnect(user));
        assert!(!presence.is_online(user));
        assert!(!presence.disconnect(user), "one too many is no second goodbye");
    }

    #[test]
    fn signing_in_while_the_last_sign_off_is_being_announced_ends_as_online() {
        let (presence, user, mut told) = (Presence::default(), person(1), Vec::new());
        presence.connect(user);
        presence.announce(user, |is_online| told.push(is_online));
        // The last socket goes, and looks up whom to tell. Meanwhile there is a new one.
        assert!(presence.disconnect(user));
        presence.connect(user);
        presence.announce(user, |is_online| told.push(is_online));
        presence.announce(user, |is_online| told.push(is_online));
        assert_eq!(told, [true], "nobody hears of it");
        // The same, but the one that goes is faster.
        assert!(presence.disconnect(user));
        presence.announce(user, |is_online| told.push(is_online));
        presence.connect(user);
        presence.announce(user, |is_online| told.push(is_online));
        assert_eq!(told, [true, false, true]);
    }

    proptest! {
        /// Sockets come and go, and each announces it at some later time.
        #[test]
        fn what_is_told_last_holds(steps in proptest::collection::vec(0..3_u8, 1..60)) {
            let (presence, user, mut told) = (Presence::default(), person(1), vec![false]);
            let mut unannounced = 0;
            for step in steps {
                match step {
                    0 => {
                        presence.connect(user);
                        unannounced += 1;
                    }
                    1 => unannounced += usize::from(presence.disconnect(user)),
                    _ if unannounced > 0 => {
                        unannounced -= 1;
                        presence.announce(user, |is_online| told.push(is_online));
                    }
                    _ => {}
                }
            }
            for _ in 0..unannounced {
                presence.announce(user, |is_online| told.push(is_online));
            }
            prop_assert_eq!(told.last(), Some(&presence.is_online(user)));
            prop_assert!(told.windows(2).all(|pair| pair[0] != pair[1]), "nothing is told twice");
        }
    }

    #[test]
    fn last_active_at_is_seldom_updated() {
        let (presence, user, at) = (Presence::default(), person(1), Timestamp::from_millis);
        assert!(presence.is_due(user, at(0)));
        assert!(!presence.is_due(user, at(4_999)));
        assert!(presence.is_due(user, at(5_000)));
        for number in 0..2 * MAX_TOUCHED {
            assert!(presence.is_due(person(number + 2), at(5_001)));
        }
        assert!(presence.touched.lock().unwrap().len() <= MAX_TOUCHED);
    }
}
