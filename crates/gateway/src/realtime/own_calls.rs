//! The calls in which a socket takes part.

use meeshy_domain::CallId;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The most calls of a socket that are remembered; the oldest is then forgotten, and ends without its participant.
const MAX_CALLS: usize = 8;

/// The calls in which a socket takes part. Nearly always none, so it is small.
#[derive(Debug, Default)]
pub struct OwnCalls(Mutex<Option<Box<Taken>>>);

/// The name of the socket in calls, and the calls.
#[derive(Debug)]
pub struct Taken {
    pub socket: String,
    pub calls: Vec<CallId>,
}

impl OwnCalls {
    fn lock(&self) -> MutexGuard<'_, Option<Box<Taken>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes part in a call; returns the name of the socket there, which `make_name` makes once.
    pub fn join(&self, call: CallId, make_name: impl FnOnce() -> String) -> String {
        let mut own = self.lock();
        let own = own.get_or_insert_with(|| Box::new(Taken { socket: make_name(), calls: Vec::new() }));
        own.calls.retain(|known| *known != call);
        if own.calls.len() == MAX_CALLS {
            own.calls.remove(0);
        }
        own.calls.push(call);
        own.socket.clone()
    }

    /// Takes part in a call no more.
    pub fn leave(&self, call: CallId) {
        if let Some(own) = self.lock().as_mut() {
            own.calls.retain(|known| *known != call);
        }
    }

    /// The calls of a socket that is closed, if it is in one.
    pub fn take(&self) -> Option<Taken> {
        self.lock().take().map(|own| *own).filter(|own| !own.calls.is_empty())
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
        own.leave(call(1));
        let taken = own.take().unwrap();
        assert_eq!((taken.socket.as_str(), taken.calls.as_slice()), ("a", &[call(2)][..]));
        assert!(own.take().is_none());
    }

    #[test]
    fn the_calls_of_a_socket_are_bounded() {
        let own = OwnCalls::default();
        for number in 0..20 {
            own.join(call(number), String::new);
        }
        assert_eq!(own.take().unwrap().calls, (12..20).map(call).collect::<Vec<_>>());
    }
}
