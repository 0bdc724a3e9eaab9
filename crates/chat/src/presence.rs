//! Who is connected: to this process with how many sockets, and to other gateways.

use crate::remote_presence::RemotePresence;
use meeshy_domain::{Timestamp, UserId};
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// `last_active_at` is updated at most this often.
const TOUCH_INTERVAL: Duration = Duration::from_secs(5);

/// People whose last update is remembered, at most: then those who are due are forgotten, and if need be all, who are
/// only updated once more.
const MAX_TOUCHED: usize = 20_000;

/// People who have come or gone elsewhere that are looked at together.
const MAX_CHANGED: usize = 256;

/// The connected people.
#[derive(Debug, Default)]
pub struct Presence {
    sockets: Mutex<HashMap<UserId, usize>>,
    /// Whom the others believe to be online.
    announced: Mutex<HashSet<UserId>>,
    touched: Mutex<HashMap<UserId, Timestamp>>,
    /// Nothing where there can be no other gateway.
    shared: Option<Shared>,
}

/// What is exchanged with other gateways.
#[derive(Debug, Default)]
struct Shared {
    /// Whose first socket has come, or last one has gone, since it was written for the others.
    unwritten: Mutex<HashSet<UserId>>,
    has_unwritten: Notify,
    remote: Mutex<RemotePresence>,
    has_changed: Notify,
}

impl Shared {
    fn unwritten(&self) -> MutexGuard<'_, HashSet<UserId>> {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remote(&self) -> MutexGuard<'_, RemotePresence> {
        self.remote.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, user: UserId) {
        self.unwritten().insert(user);
        self.has_unwritten.notify_one();
    }
}

impl Presence {
    /// Nobody is connected. `is_shared` says whether there may be other gateways.
    pub(crate) fn new(is_shared: bool) -> Self {
        Self { shared: is_shared.then(Shared::default), ..Self::default() }
    }

    fn sockets(&self) -> MutexGuard<'_, HashMap<UserId, usize>> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a socket of `user`.
    pub fn connect(&self, user: UserId) {
        let is_first = {
            let mut sockets = self.sockets();
            let count = sockets.entry(user).or_insert(0);
            *count += 1;
            *count == 1
        };
        if is_first {
            self.shared.iter().for_each(|shared| shared.note(user));
        }
    }

    /// Notes that a socket of `user` is gone; says whether it was the last here.
    pub fn disconnect(&self, user: UserId) -> bool {
        let mut sockets = self.sockets();
        let Some(count) = sockets.get_mut(&user) else { return false };
        *count = count.saturating_sub(1);
        let last = *count == 0;
        if last {
            sockets.remove(&user);
            drop(sockets);
            self.shared.iter().for_each(|shared| shared.note(user));
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

    /// Whether `user` has a socket, here or at another gateway.
    pub fn is_online(&self, user: UserId) -> bool {
        self.is_connected_here(user)
            || self.shared.as_ref().is_some_and(|shared| shared.remote().is_online(user))
    }

    fn is_connected_here(&self, user: UserId) -> bool {
        self.sockets().contains_key(&user)
    }

    /// Some people who have a socket, at most `limit`.
    pub fn some_online(&self, limit: usize) -> Vec<UserId> {
        let mut some: Vec<UserId> = self.sockets().keys().take(limit).copied().collect();
        if let Some(shared) = &self.shared {
            let remote = shared.remote();
            some.extend(remote.users().take(limit - some.len()));
        }
        some
    }

    /// How many people have a socket at this gateway.
    pub fn connected_count(&self) -> usize {
        self.sockets().len()
    }

    /// How many people have a socket, here or at another gateway.
    pub fn online_count(&self) -> usize {
        let sockets = self.sockets();
        let elsewhere =
            |shared: &Shared| shared.remote().users().filter(|user| !sockets.contains_key(user)).count();
        sockets.len() + self.shared.as_ref().map_or(0, elsewhere)
    }

    /// Some of those who have come or gone at another gateway since they were last asked for; waits until there are any.
    pub async fn changed_elsewhere(&self) -> Vec<UserId> {
        let Some(shared) = &self.shared else { return std::future::pending().await };
        loop {
            let changed = shared.remote().take_changed(MAX_CHANGED);
            if !changed.is_empty() {
                return changed;
            }
            shared.has_changed.notified().await;
        }
    }

    /// Takes those who are connected elsewhere as known to everybody here: for a gateway that starts, to which nobody is connected.
    pub(crate) fn assume_known(&self) {
        let Some(shared) = &self.shared else { return };
        let known: Vec<UserId> = {
            let mut remote = shared.remote();
            while !remote.take_changed(MAX_CHANGED).is_empty() {}
            remote.users().collect()
        };
        self.announced.lock().unwrap_or_else(PoisonError::into_inner).extend(known);
    }

    /// Waits until somebody has come or gone here who is not written yet.
    pub(crate) async fn unwritten(&self) {
        let Some(shared) = &self.shared else { return std::future::pending().await };
        while shared.unwritten().is_empty() {
            shared.has_unwritten.notified().await;
        }
    }

    /// Takes some of those, at most `limit`: those who are connected now, and those who are not.
    pub(crate) fn take_unwritten(&self, limit: usize) -> (Vec<UserId>, Vec<UserId>) {
        let Some(shared) = &self.shared else { return Default::default() };
        let taken: Vec<UserId> = {
            let mut unwritten = shared.unwritten();
            let taken: Vec<UserId> = unwritten.iter().take(limit).copied().collect();
            for user in &taken {
                unwritten.remove(user);
            }
            taken
        };
        taken.into_iter().partition(|user| self.is_connected_here(*user))
    }

    /// They could not be written.
    pub(crate) fn put_back(&self, users: impl IntoIterator<Item = UserId>) {
        if let Some(shared) = &self.shared {
            shared.unwritten().extend(users);
        }
    }

    /// What was written of those who are connected here is gone.
    pub(crate) fn write_all(&self) {
        let users: Vec<UserId> = self.sockets().keys().copied().collect();
        self.put_back(users);
    }

    /// The other gateways that are known, each with the version of what is known of it.
    pub(crate) fn remote_versions(&self) -> HashMap<String, i64> {
        self.shared.as_ref().map(|shared| shared.remote().versions()).unwrap_or_default()
    }

    /// As [`RemotePresence::apply`].
    pub(crate) fn change_gateway(
        &self,
        gateway: &str,
        version: i64,
        came: &[UserId],
        left: &[UserId],
    ) -> bool {
        self.with_remote(|remote| remote.apply(gateway, version, came, left)).unwrap_or(true)
    }

    /// As [`RemotePresence::replace`].
    pub(crate) fn replace_gateway(&self, gateway: &str, version: i64, users: Vec<UserId>) {
        self.with_remote(|remote| remote.replace(gateway, version, users));
    }

    /// As [`RemotePresence::forget`].
    pub(crate) fn forget_gateway(&self, gateway: &str) {
        self.with_remote(|remote| remote.forget(gateway));
    }

    fn with_remote<T>(&self, change: impl FnOnce(&mut RemotePresence) -> T) -> Option<T> {
        let shared = self.shared.as_ref()?;
        let mut remote = shared.remote();
        let outcome = change(&mut remote);
        if remote.has_changed() {
            shared.has_changed.notify_one();
        }
        Some(outcome)
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

    #[test]
    fn what_is_written_for_others_is_how_it_is_by_then() {
        let (presence, lea, carlos) = (Presence::new(true), person(1), person(2));
        presence.connect(lea);
        presence.connect(lea);
        presence.connect(carlos);
        presence.disconnect(carlos);
        assert_eq!(presence.take_unwritten(9), (vec![lea], vec![carlos]));
        assert_eq!(presence.take_unwritten(9), (vec![], vec![]));
        presence.disconnect(lea);
        assert_eq!(presence.take_unwritten(9), (vec![], vec![]), "one socket is left");
        presence.put_back([lea]);
        presence.disconnect(lea);
        assert_eq!(presence.take_unwritten(9), (vec![], vec![lea]));
    }

    #[test]
    fn somebody_who_is_connected_elsewhere_is_online_and_told_of_once() {
        let (presence, lea, mut told) = (Presence::new(true), person(1), Vec::new());
        presence.replace_gateway("another", 1, vec![lea]);
        assert!(presence.is_online(lea));
        assert_eq!((presence.online_count(), presence.connected_count()), (1, 0));
        assert_eq!(presence.some_online(5), [lea]);
        presence.announce(lea, |is_online| told.push(is_online));
        // Then here as well, and only here.
        presence.connect(lea);
        presence.announce(lea, |is_online| told.push(is_online));
        presence.forget_gateway("another");
        presence.announce(lea, |is_online| told.push(is_online));
        assert_eq!((presence.online_count(), told.as_slice()), (1, &[true][..]));
        presence.disconnect(lea);
        presence.announce(lea, |is_online| told.push(is_online));
        assert_eq!(told, [true, false]);
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
