//! What a model is asked: by those who wait, and by those who can.

use crate::EngineError;
use crate::request::Urgency;
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How long a model that was just loaded waits for its first request, at least.
const FIRST_REQUEST: Duration = Duration::from_secs(5);

/// Texts, and where the answers go.
pub(super) struct Request {
    pub(super) texts: Vec<String>,
    pub(super) answer: oneshot::Sender<Result<Vec<String>, EngineError>>,
}

/// Where requests wait, until nobody has asked anything for a while.
pub(super) struct Inbox {
    idle: Duration,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    live: VecDeque<Request>,
    later: VecDeque<Request>,
    /// When nobody will have asked anything for long enough.
    rest_at: Instant,
    /// No more requests are taken.
    is_closed: bool,
}

impl State {
    fn of(&mut self, urgency: Urgency) -> &mut VecDeque<Request> {
        match urgency {
            Urgency::Live => &mut self.live,
            Urgency::Later => &mut self.later,
        }
    }
}

impl Inbox {
    pub(super) fn new(idle: Duration) -> Self {
        let rest_at = Instant::now() + idle.max(FIRST_REQUEST);
        let state = State { live: VecDeque::new(), later: VecDeque::new(), rest_at, is_closed: false };
        Self { idle, state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Takes a request, unless it is closed.
    pub(super) fn put(&self, urgency: Urgency, request: Request) -> bool {
        let mut state = self.state();
        if !state.is_closed {
            state.of(urgency).push_back(request);
            self.changed.notify_all();
        }
        !state.is_closed
    }

    /// The next request. There is none after it was closed, or after nobody has asked anything for a while.
    pub(super) fn next(&self, urgency: Urgency) -> Option<Request> {
        let mut state = self.state();
        loop {
            if let Some(request) = state.of(urgency).pop_front() {
                return Some(request);
            }
            if state.is_closed {
                return None;
            }
            let patience = state.rest_at.saturating_duration_since(Instant::now());
            if patience.is_zero() && state.live.is_empty() && state.later.is_empty() {
                state.is_closed = true;
                self.changed.notify_all();
                return None;
            }
            // At the end of the patience the other may not have fetched its request yet; it wakes us when it is done.
            let patience = patience.max(Duration::from_millis(1));
            let waited = self.changed.wait_timeout(state, patience);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// A request was answered: now is when the model was last used.
    pub(super) fn answered(&self) {
        self.state().rest_at = Instant::now() + self.idle;
    }

    /// Whether it takes no more requests.
    pub(super) fn is_closed(&self) -> bool {
        self.state().is_closed
    }

    /// Takes no more requests; those that wait are still answered.
    pub(super) fn close(&self) {
        self.state().is_closed = true;
        self.changed.notify_all();
    }

    /// Takes no more requests, and answers none.
    pub(super) fn fail(&self) {
        let mut state = self.state();
        state.is_closed = true;
        state.live.clear();
        state.later.clear();
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
