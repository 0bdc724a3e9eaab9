//! The calls in which a socket takes part.

use meeshy_domain::CallId;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The most calls of a socket that are remembered; of one that is forgotten, a late departure counts.
const MAX_CALLS: usize = 8;

/// The calls in which a socket takes part. Nearly always none, so it is small.
///
/// Events of a call are numbered. A departure of the socket's user with a lower number than that of joining was an earlier one: it comes
/// late, from another gateway.
#[derive(Debug, Default)]
pub struct OwnCalls {
    known: Mutex<Option<Box<Known>>>,
    /// Whether the session of the socket has ended, also before it has joined a call: the one may happen during the other.
    is_final: AtomicBool,
}

#[derive(Debug)]
struct Known {
    socket: String,
    calls: Vec<Own>,
}

#[derive(Debug)]
struct Own {
    call: CallId,
    /// The number of joining; `None` as long as that is not on disk.
    since: Option<i64>,
    /// That of an earlier time, while it joins again.
    before: Option<i64>,
    /// The highest number of a departure of its user.
    left_at: Option<i64>,
}

/// A socket that is closed and has been in a call.
#[derive(Debug, PartialEq, Eq)]
pub struct Closed {
    /// The name of the socket in calls.
    pub name: String,
    /// Whether its session has ended, so that it does not come back.
    pub is_final: bool,
}

impl OwnCalls {
    fn lock(&self) -> MutexGuard<'_, Option<Box<Known>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to join a call; returns the name of the socket there, which `make_name` makes once.
    pub fn join(&self, call: CallId, make_name: impl FnOnce() -> String) -> String {
        let mut known = self.lock();
        let known = known.get_or_insert_with(|| Box::new(Known { socket: make_name(), calls: Vec::new() }));
        let own = match known.calls.iter().position(|own| own.call == call) {
            Some(at) => {
                let own = known.calls.remove(at);
                Own { since: None, before: own.since.or(own.before), ..own }
            }
            None => Own { call, since: None, before: None, left_at: None },
        };
        if known.calls.len() == MAX_CALLS {
            known.calls.remove(0);
        }
        known.calls.push(own);
        known.socket.clone()
    }

    /// Has joined with the event of this number; returns whether it is still in the call.
    pub fn joined(&self, call: CallId, number: i64) -> bool {
        self.settle(call, Some(number))
    }

    /// Could not join; returns whether it is still in the call from before.
    pub fn refused(&self, call: CallId) -> bool {
        self.settle(call, None)
    }

    fn settle(&self, call: CallId, joined: Option<i64>) -> bool {
        let mut known = self.lock();
        let Some(known) = known.as_mut() else { return false };
        let Some(own) = known.calls.iter_mut().find(|own| own.call == call) else { return false };
        own.since = joined.or(own.before).filter(|since| Some(*since) > own.left_at);
        own.before = None;
        let is_in = own.since.is_some();
        known.calls.retain(|own| own.call != call || is_in);
        is_in
    }

    /// The user of the socket has left a call, with the event of this number; returns whether the socket leaves, too.
    pub fn leaves(&self, call: CallId, number: i64) -> bool {
        let mut known = self.lock();
        let Some(known) = known.as_mut() else { return true };
        let Some(own) = known.calls.iter_mut().find(|own| own.call == call) else { return true };
        own.left_at = own.left_at.max(Some(number));
        let leaves = own.since.is_some_and(|since| since < number);
        known.calls.retain(|own| own.call != call || !leaves);
        leaves
    }

    /// Whether the socket has joined a call after the event with this number.
    pub fn has_joined_after(&self, call: CallId, number: i64) -> bool {
        let known = self.lock();
        let mut calls = known.iter().flat_map(|known| &known.calls);
        calls.any(|own| own.call == call && own.since.is_some_and(|since| since > number))
    }

    /// A call is over.
    pub fn forget(&self, call: CallId) {
        if let Some(known) = self.lock().as_mut() {
            known.calls.retain(|own| own.call != call);
        }
    }

    /// The session of the socket has ended.
    pub fn end_session(&self) {
        self.is_final.store(true, Ordering::SeqCst);
    }

    /// The socket is closed; `None` if it was in no call.
    pub fn close(&self) -> Option<Closed> {
        let Known { socket, .. } = *self.lock().take()?;
        Some(Closed { name: socket, is_final: self.is_final.load(Ordering::SeqCst) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(number: usize) -> CallId {
        format!("{number:024x}").parse().unwrap()
    }

    #[test]
    fn a_socket_has_one_name_in_all_its_calls() {
        let own = OwnCalls::default();
        assert_eq!(own.join(call(1), || "a".into()), "a");
        assert_eq!(own.join(call(2), || "b".into()), "a");
        assert_eq!(own.close(), Some(Closed { name: "a".into(), is_final: false }));
        assert_eq!(own.close(), None);
    }

    #[test]
    fn a_session_can_end_before_its_socket_has_joined() {
        let own = OwnCalls::default();
        own.end_session();
        own.join(call(1), || "a".into());
        assert!(own.joined(call(1), 1));
        assert_eq!(own.close(), Some(Closed { name: "a".into(), is_final: true }));
    }

    #[test]
    fn the_calls_of_a_socket_are_bounded() {
        let own = OwnCalls::default();
        for number in 0..20 {
            own.join(call(number), String::new);
            assert!(own.joined(call(number), 1));
        }
        let known: Vec<usize> = (0..20).filter(|number| own.has_joined_after(call(*number), 0)).collect();
        assert_eq!(known, (12..20).collect::<Vec<_>>());
    }

    #[test]
    fn a_departure_from_before_does_not_take_a_socket_out() {
        let own = OwnCalls::default();
        own.join(call(1), String::new);
        assert!(!own.leaves(call(1), 3), "it is joining");
        assert!(own.joined(call(1), 4));
        assert!(!own.leaves(call(1), 3), "late");
        assert!(own.has_joined_after(call(1), 3) && !own.has_joined_after(call(1), 5));
        assert!(own.leaves(call(1), 5));
        assert!(!own.has_joined_after(call(1), 3));
    }

    #[test]
    fn a_departure_right_after_joining_is_not_overlooked() {
        let own = OwnCalls::default();
        own.join(call(1), String::new);
        assert!(!own.leaves(call(1), 7), "before its number is known");
        assert!(!own.joined(call(1), 6));
        own.join(call(1), String::new);
        assert!(own.joined(call(1), 8));
        own.join(call(1), String::new);
        assert!(own.refused(call(1)), "as before");
        own.join(call(1), String::new);
        assert!(!own.leaves(call(1), 9) && !own.refused(call(1)), "it has left meanwhile");
        own.join(call(2), String::new);
        assert!(!own.refused(call(2)), "it never was in it");
        own.join(call(3), String::new);
        assert!(own.joined(call(3), 0) && own.leaves(call(3), 1), "since its beginning");
        assert!((1..4).all(|number| !own.has_joined_after(call(number), -1)));
    }
}
