//! The requests of a socket that are answered together.

use meeshy_socketio::Event;
use std::sync::{Mutex, PoisonError};

/// The requests of a socket that wait, each with its message. They are bounded by the rate limit of events.
#[derive(Debug, Default)]
pub struct Waiting(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    requests: Vec<(Event, String)>,
    /// Whether a task answers them.
    is_answering: bool,
}

impl Waiting {
    /// Adds a request; returns whether a task has to be started that answers.
    pub fn push(&self, event: Event, message: String) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.requests.push((event, message));
        !std::mem::replace(&mut state.is_answering, true)
    }

    /// The requests to answer next; without any, the task ends.
    pub fn take(&self) -> Vec<(Event, String)> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.is_answering = !state.requests.is_empty();
        std::mem::take(&mut state.requests)
    }
}
