//! The requests to a model, in two classes of urgency.

use crate::EngineError;
use crate::request::Urgency;
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// The minimum time that a newly loaded model waits for its first request.
const FIRST_REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// Texts, and where to send the answers.
pub(super) struct Request {
    pub(super) texts: Vec<String>,
    pub(super) answer: oneshot::Sender<Result<Vec<String>, EngineError>>,
}

/// Queues requests until the model has been idle for a while.
pub(super) struct Inbox {
    idle: Duration,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    live: VecDeque<Request>,
    later: VecDeque<Request>,
    /// When the model will have been idle for long enough.
    rest_at: Instant,
    /// No more requests are accepted.
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
        let rest_at = Instant::now() + idle.max(FIRST_REQUEST_TIMEOUT);
        let state = State { live: VecDeque::new(), later: VecDeque::new(), rest_at, is_closed: false };
        Self { idle, state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Adds a request, unless the inbox is closed.
    pub(super) fn put(&self, urgency: Urgency, request: Request) -> bool {
        let mut state = self.state();
        if !state.is_closed {
            state.of(urgency).push_back(request);
            self.changed.notify_all();
        }
        !state.is_closed
    }

    /// The next request; `None` after the inbox was closed, or the model has been idle for a while.
    pub(super) fn next(&self, urgency: Urgency) -> Option<Request> {
        let mut state = self.state();
        loop {
            if let Some(request) = state.of(urgency).pop_front() {
                return Some(request);
            }
            if state.is_closed {
                return None;
            }
            let wait = state.rest_at.saturating_duration_since(Instant::now());
            if wait.is_zero() && state.live.is_empty() && state.later.is_empty() {
                state.is_closed = true;
                self.changed.notify_all();
                return None;
            }
            // At the end of the wait, the other thread may not have fetched its request yet; it wakes us when
            // it is done.
            let wait = wait.max(Duration::from_millis(1));
            let waited = self.changed.wait_timeout(state, wait);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The idle time starts again: a request was answered, or one is expected.
    pub(super) fn restart_idle_time(&self) {
        self.state().rest_at = Instant::now() + self.idle;
    }

    /// Whether it accepts no more requests.
    pub(super) fn is_closed(&self) -> bool {
        self.state().is_closed
    }

    /// Accepts no more requests; queued ones are still answered.
    pub(super) fn close(&self) {
        self.state().is_closed = true;
        self.changed.notify_all();
    }

    /// Accepts no more requests, and answers none.
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
