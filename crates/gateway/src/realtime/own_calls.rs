//! The calls in which a socket takes part.

use meeshy_domain::CallId;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The most calls of a socket that are remembered; the oldest is then forgotten, and ends without its participant.
const MAX_CALLS: usize = 8;

/// The calls in which a socket takes part. Nearly always none, so it is small.
///
/// Events of a call are numbered. A departure of the socket's user with a lower number than that of joining was an earlier one: it comes
/// late, from another gateway.
#[derive(Debug, Default)]
pub struct OwnCalls(Mutex<Option<Box<Known>>>);

#[derive(Debug)]
struct Known {
    socket: String,
    calls: Vec<Own>,
    is_final: bool,
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

/// The calls of a socket that is closed.
#[derive(Debug, PartialEq, Eq)]
pub struct Taken {
    /// The name of the socket in calls.
    pub socket: String,
    pub calls: Vec<CallId>,
    /// Whether its session has ended, so that it does not come back.
    pub is_final: bool,
}

impl OwnCalls {
    fn lock(&self) -> MutexGuard<'_, Option<Box<Known>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to join a call; returns the name of the socket there, which `make_name` makes once.
    pub fn join(&self, call: CallId, make_name: impl FnOnce() -> String) -> String {
        let mut known = self.lock();
        let known = known.get_or_insert_with(|| {
            Box::new(Known { socket: make_name(), calls: Vec::new(), is_final: false })
        });
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
        if let Some(known) = self.lock().as_mut() {
            known.is_final = true;
        }
    }

    /// The calls of a socket that is closed, if it is in one.
    pub fn take(&self) -> Option<Taken> {
        let Known { socket, calls, is_final } = *self.lock().take()?;
        let calls: Vec<CallId> = calls.into_iter().map(|own| own.call).collect();
        (!calls.is_empty()).then_some(Taken { socket, calls, is_final })
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
        own.forget(call(1));
        own.end_session();
        let expected = Taken { socket: "a".into(), calls: vec![call(2)], is_final: true };
        assert_eq!(own.take(), Some(expected));
        assert_eq!(own.take(), None);
    }

    #[test]
    fn the_calls_of_a_socket_are_bounded() {
        let own = OwnCalls::default();
        for number in 0..20 {
            own.join(call(number), String::new);
        }
        assert_eq!(own.take().unwrap().calls, (12..20).map(call).collect::<Vec<_>>());
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
        assert_eq!(own.take(), None);
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
        assert_eq!(own.take(), None);
    }
}
