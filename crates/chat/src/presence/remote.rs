//! The users connected to other gateways, as far as this process knows.

use meeshy_domain::UserId;
use std::collections::{HashMap, HashSet};

/// The state of the other gateways.
#[derive(Debug, Default)]
pub(crate) struct RemotePresence {
    gateways: HashMap<String, Connected>,
    /// The number of other gateways each user is connected to.
    counts: HashMap<UserId, usize>,
    /// Users that connected or disconnected at another gateway and are not announced here yet.
    changed: HashSet<UserId>,
}

#[derive(Debug)]
struct Connected {
    version: i64,
    users: HashSet<UserId>,
}

impl RemotePresence {
    pub fn is_online(&self, user: UserId) -> bool {
        self.counts.contains_key(&user)
    }

    pub fn users(&self) -> impl Iterator<Item = UserId> + '_ {
        self.counts.keys().copied()
    }

    /// The known gateways, each with the version of its list.
    pub fn versions(&self) -> HashMap<String, i64> {
        self.gateways.iter().map(|(id, connected)| (id.clone(), connected.version)).collect()
    }

    /// Applies a change at a gateway; returns whether it was the next one after the known version. If not,
    /// nothing is applied, and the whole list has to be read.
    pub fn apply(&mut self, gateway: &str, version: i64, came: &[UserId], left: &[UserId]) -> bool {
        let Some(known) = self.gateways.get_mut(gateway) else { return false };
        if version <= known.version {
            return true;
        }
        if version > known.version + 1 {
            return false;
        }
        known.version = version;
        let came: Vec<UserId> = came.iter().copied().filter(|user| known.users.insert(*user)).collect();
        let left: Vec<UserId> = left.iter().copied().filter(|user| known.users.remove(user)).collect();
        self.count(&came, &left);
        true
    }

    /// Replaces the list of a gateway, unless a newer one is known.
    pub fn replace(&mut self, gateway: &str, version: i64, users: Vec<UserId>) {
        let users: HashSet<UserId> = users.into_iter().collect();
        if self.gateways.get(gateway).is_some_and(|known| known.version > version) {
            return;
        }
        let before = self.gateways.remove(gateway).map(|known| known.users).unwrap_or_default();
        let came: Vec<UserId> = users.difference(&before).copied().collect();
        let left: Vec<UserId> = before.difference(&users).copied().collect();
        self.gateways.insert(gateway.to_owned(), Connected { version, users });
        self.count(&came, &left);
    }

    /// Removes a gateway and all its users.
    pub fn forget(&mut self, gateway: &str) {
        let Some(known) = self.gateways.remove(gateway) else { return };
        let left: Vec<UserId> = known.users.into_iter().collect();
        self.count(&[], &left);
    }

    fn count(&mut self, came: &[UserId], left: &[UserId]) {
        for user in came {
            let count = self.counts.entry(*user).or_insert(0);
            *count += 1;
            if *count == 1 {
                self.changed.insert(*user);
            }
        }
        for user in left {
            let Some(count) = self.counts.get_mut(user) else { continue };
            *count -= 1;
            if *count == 0 {
                self.counts.remove(user);
                self.changed.insert(*user);
            }
        }
    }

    /// Takes up to `limit` of the users that connected or disconnected.
    pub fn take_changed(&mut self, limit: usize) -> Vec<UserId> {
        let taken: Vec<UserId> = self.changed.iter().take(limit).copied().collect();
        for user in &taken {
            self.changed.remove(user);
        }
        taken
    }

    pub fn has_changed(&self) -> bool {
        !self.changed.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn person(number: u8) -> UserId {
        format!("{number:024x}").parse().unwrap()
    }

    #[test]
    fn a_person_is_online_until_the_last_gateway_has_lost_them() {
        let (mut known, lea) = (RemotePresence::default(), person(1));
        known.replace("a", 1, vec![lea]);
        known.replace("b", 1, vec![lea]);
        assert_eq!(known.take_changed(9), [lea], "told once");
        assert!(known.apply("a", 2, &[], &[lea]));
        assert!(known.is_online(lea) && !known.has_changed());
        known.forget("b");
        assert!(!known.is_online(lea));
        assert_eq!(known.take_changed(9), [lea]);
        known.forget("b");
        assert!(!known.has_changed());
    }

    #[test]
    fn a_change_that_was_missed_asks_for_the_whole_and_an_old_one_is_nothing() {
        let mut known = RemotePresence::default();
        assert!(!known.apply("a", 1, &[person(1)], &[]), "an unknown gateway");
        known.replace("a", 3, vec![person(1)]);
        assert!(!known.apply("a", 5, &[person(2)], &[]), "4 was missed");
        assert!(known.apply("a", 3, &[], &[person(1)]) && known.is_online(person(1)), "known already");
        known.replace("a", 2, Vec::new());
        assert!(known.is_online(person(1)), "older than what is known");
        known.replace("a", 5, vec![person(2)]);
        assert!(!known.is_online(person(1)) && known.is_online(person(2)));
    }

    proptest! {
        /// Changes at two gateways, some lost, with reloads after gaps: the final state is right.
        #[test]
        fn what_is_known_follows_what_is_true(steps in proptest::collection::vec((0..2_usize, 0..4_u8, any::<bool>()), 1..80)) {
            let mut known = RemotePresence::default();
            let mut truth = [(0, HashSet::new()), (0, HashSet::new())];
            let names = ["a", "b"];
            for (gateway, user, is_lost) in steps {
                let (version, users) = &mut truth[gateway];
                let user = person(user);
                let (came, left) = if users.remove(&user) { (vec![], vec![user]) } else {
                    users.insert(user);
                    (vec![user], vec![])
                };
                *version += 1;
                if !is_lost && !known.apply(names[gateway], *version, &came, &left) {
                    known.replace(names[gateway], *version, users.iter().copied().collect());
                }
            }
            // The heartbeat compares versions.
            for (name, (version, users)) in names.iter().zip(&truth) {
                if known.versions().get(*name) != Some(version) {
                    known.replace(name, *version, users.iter().copied().collect());
                }
            }
            for number in 0..4 {
                let user = person(number);
                prop_assert_eq!(known.is_online(user), truth.iter().any(|(_, users)| users.contains(&user)));
            }
        }
    }
}
