//! Typing notifications, rate-limited: once in a while per user and conversation, whatever their sockets
//! send, and in large rooms only as often as their size allows.

use meeshy_domain::{Actor, ConversationId};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often a continued typing notification is repeated. Clients send one every three seconds and let it
/// expire after fifteen.
const RENEWAL: Duration = Duration::from_millis(2_500);

/// The time that one delivery costs a room: about 2,000 deliveries a second, whoever is typing.
const DELIVERY: Duration = Duration::from_micros(500);

/// The burst that is allowed, as a time of deliveries.
const BURST: Duration = Duration::from_secs(1);

/// The most users and rooms that are tracked; beyond that nobody is notified.
const MAX_REMEMBERED: usize = 10_000;

/// Who is typing.
#[derive(Debug)]
pub struct Typing {
    is_limited: bool,
    remembered: Mutex<Remembered>,
}

#[derive(Debug, Default)]
struct Remembered {
    people: HashMap<(ConversationId, Actor), Typist>,
    /// When a room may be notified again.
    rooms: HashMap<ConversationId, Instant>,
}

#[derive(Debug)]
struct Typist {
    told_at: Instant,
    /// Whether the others see this user as typing.
    is_shown: bool,
}

impl Typing {
    /// Nobody is. `is_limited` is false only in tests and benchmarks, which then notify each time.
    pub fn new(is_limited: bool) -> Self {
        Self { is_limited, remembered: Mutex::default() }
    }

    /// Whether a typing notification is due.
    pub fn is_due(&self, conversation: ConversationId, user: impl Into<Actor>, now: Instant) -> bool {
        !self.is_limited || self.lock().is_due(conversation, user.into(), now)
    }

    /// Records that a user is typing in a room of this many sockets; returns whether to notify them.
    pub fn start(
        &self,
        conversation: ConversationId,
        user: impl Into<Actor>,
        sockets: usize,
        now: Instant,
    ) -> bool {
        if !self.is_limited {
            return true;
        }
        let (user, mut remembered) = (user.into(), self.lock());
        if !remembered.is_due(conversation, user, now) || !remembered.make_room(now) {
            return false;
        }
        let cost = DELIVERY.saturating_mul(u32::try_from(sockets).unwrap_or(u32::MAX));
        let paid_at = remembered.rooms.get(&conversation).copied().unwrap_or(now).max(now);
        // A room too large for a burst may be notified once the last time is paid for.
        if paid_at.saturating_duration_since(now) + cost > BURST.max(cost) {
            return false;
        }
        remembered.rooms.insert(conversation, paid_at + cost);
        remembered.people.insert((conversation, user), Typist { told_at: now, is_shown: true });
        true
    }

    /// Records that a user has stopped; returns whether to notify the others.
    pub fn stop(&self, conversation: ConversationId, user: impl Into<Actor>) -> bool {
        if !self.is_limited {
            return true;
        }
        let mut remembered = self.lock();
        let typist = remembered.people.get_mut(&(conversation, user.into()));
        typist.is_some_and(|typist| std::mem::take(&mut typist.is_shown))
    }

    fn lock(&self) -> MutexGuard<'_, Remembered> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Remembered {
    fn is_due(&self, conversation: ConversationId, user: Actor, now: Instant) -> bool {
        let typist = self.people.get(&(conversation, user));
        typist.is_none_or(|typist| now.saturating_duration_since(typist.told_at) >= RENEWAL)
    }

    /// Removes expired entries when there are many, and returns whether there is room for more.
    fn make_room(&mut self, now: Instant) -> bool {
        if self.people.len().max(self.rooms.len()) >= MAX_REMEMBERED {
            self.people.retain(|_, typist| now.saturating_duration_since(typist.told_at) < RENEWAL);
            self.rooms.retain(|_, paid_at| *paid_at > now);
        }
        self.people.len().max(self.rooms.len()) < MAX_REMEMBERED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversation(number: u64) -> ConversationId {
        format!("{number:024x}").parse().unwrap()
    }

    fn person(number: u64) -> Actor {
        format!("{number:024x}").parse().unwrap()
    }

    #[test]
    fn a_person_is_told_of_once_in_a_while() {
        let (typing, here, lea, start) = (Typing::new(true), conversation(1), person(1), Instant::now());
        let at = |millis| start + Duration::from_millis(millis);
        assert!(!typing.stop(here, lea), "nobody knew");
        assert!(typing.is_due(here, lea, at(0)) && typing.start(here, lea, 10, at(0)));
        assert!(!typing.is_due(here, lea, at(2_499)));
        assert!(typing.is_due(conversation(2), lea, at(0)) && typing.is_due(here, person(2), at(0)));
        assert!(typing.stop(here, lea));
        assert!(!typing.stop(here, lea), "they know");
        assert!(!typing.is_due(here, lea, at(2_499)), "stopping does not make the next start earlier");
        assert!(typing.is_due(here, lea, at(2_500)));
    }

    #[test]
    fn a_large_room_is_told_as_often_as_its_size_allows() {
        for (sockets, at_most) in [(10, 10 * 200 + 200), (1_000, 20 + 2), (100_000, 1)] {
            let (typing, start) = (Typing::new(true), Instant::now());
            // Everybody types, for ten seconds.
            let told = (0..10_000_u64)
                .filter(|n| {
                    let now = start + Duration::from_millis(*n);
                    typing.start(conversation(1), person(*n % 5_000), sockets, now)
                })
                .count();
            assert!((1..=at_most).contains(&told), "{told} times to {sockets} sockets");
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (typing, start) = (Typing::new(true), Instant::now());
        for number in 0..MAX_REMEMBERED as u64 {
            assert!(typing.start(conversation(number), person(1), 1, start));
        }
        assert!(!typing.start(conversation(u64::MAX), person(1), 1, start));
        assert!(typing.start(conversation(u64::MAX), person(1), 1, start + RENEWAL));
        assert_eq!(typing.lock().people.len(), 1);
    }

    #[test]
    fn without_limits_every_start_and_stop_is_announced() {
        let (typing, now) = (Typing::new(false), Instant::now());
        for _ in 0..3 {
            assert!(typing.is_due(conversation(1), person(1), now));
            assert!(typing.start(conversation(1), person(1), 10_000, now));
            assert!(typing.stop(conversation(1), person(1)));
        }
    }
}
