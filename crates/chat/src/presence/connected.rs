//! Presence: the sockets of users at this process, and the users at other gateways.

use super::remote::RemotePresence;
use meeshy_domain::preferences::Hides;
use meeshy_domain::{Timestamp, UserId};
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The most users that changed at other gateways and are handled together.
const MAX_CHANGED: usize = 256;

/// What others see of the presence of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Whether the user is connected.
    pub is_online: bool,
    /// When the user was last active; `None` if that is hidden.
    pub last_active_at: Option<Timestamp>,
}

/// The connected users.
#[derive(Debug, Default)]
pub struct Presence {
    sockets: Mutex<HashMap<UserId, usize>>,
    /// The users last announced as online.
    announced: Mutex<HashSet<UserId>>,
    /// `None` if there can be no other gateway.
    shared: Option<Shared>,
}

/// State exchanged with other gateways.
#[derive(Debug, Default)]
struct Shared {
    /// The users whose first socket connected or last socket disconnected since the last write.
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
    /// Starts with no connections. `is_shared` says whether there may be other gateways.
    pub(crate) fn new(is_shared: bool) -> Self {
        Self { shared: is_shared.then(Shared::default), ..Self::default() }
    }

    fn sockets(&self) -> MutexGuard<'_, HashMap<UserId, usize>> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a socket of `user`.
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

    /// Removes a socket of `user`; returns whether it was the last one here.
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

    /// What others see of a user who `hides` something and was last active at this time.
    pub fn seen(&self, user: UserId, hides: Hides, last_active_at: Timestamp) -> Seen {
        Seen {
            is_online: !hides.online_status && self.is_online(user),
            last_active_at: Some(last_active_at).filter(|_| !hides.last_seen),
        }
    }

    /// Announces whether `user` is online, if that differs from the last announcement. A user who hides it counts as
    /// offline.
    ///
    /// An announcement is made some time after the change, when its recipients are known, and the user may
    /// have come back meanwhile. The state is therefore read here, under the lock that also orders
    /// announcements: the last one is right.
    pub fn announce(&self, user: UserId, is_hidden: bool, tell: impl FnOnce(bool)) {
        let mut announced = self.announced.lock().unwrap_or_else(PoisonError::into_inner);
        let is_online = !is_hidden && self.is_online(user);
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

    /// Up to `limit` users with a socket.
    pub fn some_online(&self, limit: usize) -> Vec<UserId> {
        let mut some: Vec<UserId> = self.sockets().keys().take(limit).copied().collect();
        if let Some(shared) = &self.shared {
            let remote = shared.remote();
            some.extend(remote.users().take(limit - some.len()));
        }
        some
    }

    /// The first `limit` users with a socket, in order of their ids, after `after`. It looks at all of them.
    pub fn online_after(&self, after: Option<UserId>, limit: usize) -> Vec<UserId> {
        let is_after = |user: &UserId| after.is_none_or(|after| *user > after);
        let mut online: Vec<UserId> = self.sockets().keys().copied().filter(is_after).collect();
        if let Some(shared) = &self.shared {
            online.extend(shared.remote().users().filter(is_after));
        }
        // A user may be connected here and at one other gateway.
        let enough = limit.saturating_mul(2);
        if online.len() > enough {
            online.select_nth_unstable(enough);
            online.truncate(enough);
        }
        online.sort_unstable();
        online.dedup();
        online.truncate(limit);
        online
    }

    /// The number of users with a socket at this gateway.
    pub fn connected_count(&self) -> usize {
        self.sockets().len()
    }

    /// The number of users with a socket, here or at another gateway.
    pub fn online_count(&self) -> usize {
        let sockets = self.sockets();
        let elsewhere =
            |shared: &Shared| shared.remote().users().filter(|user| !sockets.contains_key(user)).count();
        sockets.len() + self.shared.as_ref().map_or(0, elsewhere)
    }

    /// Some of the users that connected or disconnected at another gateway since the last call; waits for the
    /// first one.
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

    /// Marks users at other gateways as already announced, for a gateway that starts and has no clients yet.
    pub(crate) fn assume_known(&self) {
        let Some(shared) = &self.shared else { return };
        let known: Vec<UserId> = {
            let mut remote = shared.remote();
            while !remote.take_changed(MAX_CHANGED).is_empty() {}
            remote.users().collect()
        };
        self.announced.lock().unwrap_or_else(PoisonError::into_inner).extend(known);
    }

    /// Waits for a change here that is not written yet.
    pub(crate) async fn unwritten(&self) {
        let Some(shared) = &self.shared else { return std::future::pending().await };
        while shared.unwritten().is_empty() {
            shared.has_unwritten.notified().await;
        }
    }

    /// Takes up to `limit` of these users: those that are now connected, and those that are not.
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

    /// Puts users back whose state could not be written.
    pub(crate) fn put_back(&self, users: impl IntoIterator<Item = UserId>) {
        if let Some(shared) = &self.shared {
            shared.unwritten().extend(users);
        }
    }

    /// Marks all users connected here as unwritten, after the written rows were lost.
    pub(crate) fn write_all(&self) {
        let users: Vec<UserId> = self.sockets().keys().copied().collect();
        self.put_back(users);
    }

    /// The known other gateways, each with the version of its list.
    pub(crate) fn remote_versions(&self) -> HashMap<String, i64> {
        self.shared.as_ref().map(|shared| shared.remote().versions()).unwrap_or_default()
    }

    /// See [`RemotePresence::apply`].
    pub(crate) fn change_gateway(
        &self,
        gateway: &str,
        version: i64,
        came: &[UserId],
        left: &[UserId],
    ) -> bool {
        self.with_remote(|remote| remote.apply(gateway, version, came, left)).unwrap_or(true)
    }

    /// See [`RemotePresence::replace`].
    pub(crate) fn replace_gateway(&self, gateway: &str, version: i64, users: Vec<UserId>) {
        self.with_remote(|remote| remote.replace(gateway, version, users));
    }

    /// See [`RemotePresence::forget`].
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
        assert!(!presence.disconnect(user), "an extra disconnect is not announced");
    }

    #[test]
    fn online_users_are_listed_in_order_wherever_they_are_connected() {
        let presence = Presence::new(true);
        for number in [1, 4, 2, 5, 7] {
            presence.connect(person(number));
        }
        presence.replace_gateway("another", 1, vec![person(3), person(1), person(6)]);
        assert_eq!(presence.online_after(None, 2), [1, 2].map(person));
        assert_eq!(presence.online_after(Some(person(2)), 3), [3, 4, 5].map(person));
        assert_eq!(presence.online_after(Some(person(5)), 3), [6, 7].map(person));
    }

    #[test]
    fn signing_in_while_the_last_sign_off_is_being_announced_ends_as_online() {
        let (presence, user, mut told) = (Presence::default(), person(1), Vec::new());
        presence.connect(user);
        presence.announce(user, false, |is_online| told.push(is_online));
        // The last socket disconnects and looks up whom to notify. Meanwhile there is a new one.
        assert!(presence.disconnect(user));
        presence.connect(user);
        presence.announce(user, false, |is_online| told.push(is_online));
        presence.announce(user, false, |is_online| told.push(is_online));
        assert_eq!(told, [true], "it is announced");
        // The same, but the disconnect is announced first.
        assert!(presence.disconnect(user));
        presence.announce(user, false, |is_online| told.push(is_online));
        presence.connect(user);
        presence.announce(user, false, |is_online| told.push(is_online));
        assert_eq!(told, [true, false, true]);
    }

    #[test]
    fn a_user_who_hides_it_is_not_announced_as_online() {
        let (presence, user, mut told) = (Presence::default(), person(1), Vec::new());
        let hides = Hides { online_status: true, last_seen: true, ..Hides::default() };
        presence.connect(user);
        presence.announce(user, true, |is_online| told.push(is_online));
        presence.announce(user, false, |is_online| told.push(is_online));
        presence.announce(user, true, |is_online| told.push(is_online));
        assert_eq!(told, [true, false]);
        let now = Timestamp::from_millis(1);
        assert_eq!(presence.seen(user, hides, now), Seen { is_online: false, last_active_at: None });
        let shown = Seen { is_online: true, last_active_at: Some(now) };
        assert_eq!(presence.seen(user, Hides::default(), now), shown);
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
        presence.announce(lea, false, |is_online| told.push(is_online));
        // Then here as well, and only here.
        presence.connect(lea);
        assert_eq!(presence.online_after(None, 5), [lea]);
        presence.announce(lea, false, |is_online| told.push(is_online));
        presence.forget_gateway("another");
        presence.announce(lea, false, |is_online| told.push(is_online));
        assert_eq!((presence.online_count(), told.as_slice()), (1, &[true][..]));
        presence.disconnect(lea);
        presence.announce(lea, false, |is_online| told.push(is_online));
        assert_eq!(told, [true, false]);
    }

    proptest! {
        /// Sockets connect and disconnect, and each announces it at some later time.
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
                        presence.announce(user, false, |is_online| told.push(is_online));
                    }
                    _ => {}
                }
            }
            for _ in 0..unannounced {
                presence.announce(user, false, |is_online| told.push(is_online));
            }
            prop_assert_eq!(told.last(), Some(&presence.is_online(user)));
            prop_assert!(told.windows(2).all(|pair| pair[0] != pair[1]), "nothing is told twice");
        }
    }
}
