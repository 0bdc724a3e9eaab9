//! A polling client: a `GET` waits for packets, a `POST` delivers some.

use crate::Service;
use crate::outbox::{Outbox, Taken};
use crate::packet::Outgoing;
use crate::payload;
use crate::refusal::Refusal;
use crate::session::{Reaction, Session, Work};
use crate::version::Version;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout};

/// How long a session closed by the server waits for the client to fetch its last packets.
const LINGER_TIMEOUT: Duration = Duration::from_secs(1);

/// A no-op packet: ends a poll, but not the session.
const NOOP: &str = "6";
/// The session has ended.
const CLOSE: &str = "1";

/// The clients that poll, by the id of their session.
pub(crate) struct Polls<S: Service>(Mutex<HashMap<String, Arc<Polling<S>>>>);

impl<S: Service> Default for Polls<S> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<S: Service> Polls<S> {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Polling<S>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn get(&self, id: &str) -> Option<Arc<Polling<S>>> {
        self.lock().get(id).cloned()
    }
}

/// A polling client. Only its task ends the session ([`Polling::keep`]); requests ask it to.
pub(crate) struct Polling<S: Service> {
    id: String,
    /// Where it is found under its id.
    polls: Arc<Polls<S>>,
    version: Version,
    max_payload: u64,
    outbox: Arc<Outbox>,
    state: Mutex<State<S>>,
    /// Notifies the task of a change of state.
    changed: Notify,
}

struct State<S: Service> {
    /// `None` once it has been upgraded to a WebSocket, or is closed.
    session: Option<Session<S>>,
    /// A `GET` is waiting.
    is_polled: bool,
    /// A `POST` is being read or handled.
    is_posted: bool,
    /// A packet is being handled.
    is_busy: bool,
    /// The client is probing a WebSocket.
    is_probing: bool,
    /// The response to the last poll.
    farewell: &'static str,
}

impl<S: Service> Polling<S> {
    /// Starts to serve a polling client, and returns the response to its first request.
    pub fn begin(mut session: Session<S>, polls: &Arc<Polls<S>>) -> Response {
        let config = &session.hub().config;
        let (id, max_payload) = ((config.make_id)(), config.max_payload);
        let work = session.open(&id, &["websocket"]);
        let (version, outbox) = (session.version(), Arc::clone(session.outbox()));
        // Only the handshake is queued so far.
        let hello = match outbox.poll_take(&Context::from_waker(Waker::noop())) {
            Poll::Ready(taken) => payload::response(version, &taken.packets),
            Poll::Pending => payload::response(version, []),
        };
        let state = State {
            session: Some(session),
            is_polled: false,
            is_posted: false,
            is_busy: work.is_some(),
            is_probing: false,
            farewell: CLOSE,
        };
        let (state, changed) = (Mutex::new(state), Notify::new());
        let polls = Arc::clone(polls);
        let polling = Arc::new(Self { id, polls, version, max_payload, outbox, state, changed });
        polling.polls.lock().insert(polling.id.clone(), Arc::clone(&polling));
        tokio::spawn(async move {
            if let Some(work) = work {
                polling.work(work).await;
            }
            polling.keep().await;
            polling.polls.lock().remove(&polling.id);
        });
        hello
    }

    fn lock(&self) -> MutexGuard<'_, State<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that the client probes a WebSocket, and ends a waiting poll, because the client could not stop
    /// polling otherwise. Returns whether it may: not if it is already probing.
    pub fn begin_probe(&self) -> bool {
        let may = !std::mem::replace(&mut self.lock().is_probing, true);
        self.outbox.wake_reader();
        may
    }

    /// The probe has failed.
    pub fn end_probe(&self) {
        self.lock().is_probing = false;
    }

    /// Hands the session over to a WebSocket, unless one of its packets is being handled or it has ended.
    pub fn hand_over(&self) -> Option<Session<S>> {
        let session = {
            let mut state = self.lock();
            if state.is_busy || self.outbox.is_closed() { None } else { state.session.take() }
        }?;
        self.polls.lock().remove(&self.id);
        self.changed.notify_one();
        self.outbox.wake_reader();
        Some(session)
    }

    /// The response to a poll: queued packets, or the next one. Only one poll is allowed at a time, because
    /// the order of packets would be lost; a second one ends the session (Engine.IO 4, "HTTP long-polling").
    pub async fn wait(&self) -> Result<Response, Refusal> {
        let is_second = {
            let mut state = self.lock();
            if state.session.is_none() && !self.outbox.is_closed() {
                return Err(Refusal::UnknownSession);
            }
            std::mem::replace(&mut state.is_polled, true)
        };
        if is_second {
            self.end(CLOSE);
            return Err(Refusal::BadRequest);
        }
        let _polled = OnDrop(|| self.lock().is_polled = false);
        let Taken { mut packets, is_last } = poll_fn(|context| match self.outbox.poll_take(context) {
            Poll::Pending if self.is_changing() => {
                Poll::Ready(Taken { packets: [Outgoing::new(NOOP)].into(), is_last: false })
            }
            taken => taken,
        })
        .await;
        if is_last {
            packets.push_back(Outgoing::new(self.lock().farewell));
            self.changed.notify_one();
        }
        Ok(payload::response(self.version, &packets))
    }

    /// A client that is upgrading must not be kept waiting.
    fn is_changing(&self) -> bool {
        let state = self.lock();
        state.is_probing || state.session.is_none()
    }

    /// Handles posted packets. Only one post is allowed at a time, as with polls.
    pub async fn receive(self: Arc<Self>, body: Body) -> Result<Response, Refusal> {
        let is_second = {
            let mut state = self.lock();
            if state.session.is_none() || self.outbox.is_closed() {
                return Err(Refusal::UnknownSession);
            }
            std::mem::replace(&mut state.is_posted, true)
        };
        if is_second {
            self.end(CLOSE);
            return Err(Refusal::BadRequest);
        }
        let polling = Arc::clone(&self);
        let posted = OnDrop(move || polling.lock().is_posted = false);
        let max = usize::try_from(self.outbox.max_payload(self.max_payload)).unwrap_or(usize::MAX);
        let Ok(body) = to_bytes(body, max).await else {
            self.end(CLOSE);
            return Err(Refusal::TooLarge);
        };
        // In a separate task, so that it finishes even if the client does not wait for the response.
        let handled = tokio::spawn(async move {
            let outcome = self.handle(&body).await;
            drop(posted);
            if let Err(refusal) = outcome
                && refusal != Refusal::UnknownSession
            {
                self.end(CLOSE);
            }
            outcome
        });
        handled.await.unwrap_or(Err(Refusal::BadRequest))?;
        Ok(([(CONTENT_TYPE, "text/html")], "ok").into_response())
    }

    async fn handle(&self, body: &Bytes) -> Result<(), Refusal> {
        let packets = std::str::from_utf8(body).ok().and_then(|body| payload::split(self.version, body));
        for packet in packets.ok_or(Refusal::BadRequest)? {
            let work = {
                let mut state = self.lock();
                let session = state.session.as_mut().ok_or(Refusal::UnknownSession)?;
                let reaction = match packet.strip_prefix('b') {
                    Some(_) => session.binary(),
                    None => session.text(packet),
                };
                match reaction? {
                    Reaction::Continue => continue,
                    Reaction::End if self.outbox.is_closed() => return Err(Refusal::UnknownSession),
                    Reaction::End => {
                        drop(state);
                        self.end(NOOP);
                        return Ok(());
                    }
                    Reaction::Work(work) => {
                        state.is_busy = true;
                        work
                    }
                }
            };
            self.work(work).await;
        }
        Ok(())
    }

    /// Runs work of the session, which is marked as busy.
    async fn work(&self, work: Work) {
        let _busy = OnDrop(|| {
            let mut state = self.lock();
            state.is_busy = false;
            if let Some(session) = &mut state.session {
                session.resume();
            }
            drop(state);
            self.changed.notify_one();
        });
        work.await;
    }

    /// Ends the session; a waiting poll gets `farewell`.
    fn end(&self, farewell: &'static str) {
        let mut state = self.lock();
        if !self.outbox.is_closed() {
            state.farewell = farewell;
        }
        let is_ours = state.session.is_some();
        self.outbox.close();
        drop(state);
        if is_ours {
            self.polls.lock().remove(&self.id);
        }
    }

    /// Serves the session until it is upgraded or closed, and closes it.
    async fn keep(&self) {
        let mut session = loop {
            match self.beat() {
                Next::Nothing => return,
                Next::Close(session) => break session,
                Next::At(deadline) => tokio::select! {
                    () = sleep_until(deadline) => {}
                    () = poll_fn(|context| self.outbox.poll_closed(context)) => {}
                    () = self.changed.notified() => {}
                },
                Next::WhenDone => self.changed.notified().await,
            }
        };
        if let Some(work) = session.close() {
            work.await;
        }
        // Registered until it is forgotten: the client fetches its last packets by its id.
        let is_known = || self.polls.lock().contains_key(&self.id);
        let taken = async {
            while is_known() && !self.outbox.is_empty() {
                self.changed.notified().await;
            }
        };
        let _ = timeout(LINGER_TIMEOUT, taken).await;
    }

    fn beat(&self) -> Next<S> {
        let mut state = self.lock();
        let is_busy = state.is_busy;
        let Some(session) = &mut state.session else { return Next::Nothing };
        if !self.outbox.is_closed() {
            if session.beat(Instant::now(), is_busy) {
                return Next::At(session.deadline());
            }
            drop(state);
            self.end(CLOSE);
            state = self.lock();
        }
        match state.session.take() {
            Some(session) if !state.is_busy => Next::Close(session),
            session => {
                state.session = session;
                Next::WhenDone
            }
        }
    }
}

/// The next step of the task of a session.
enum Next<S: Service> {
    /// It has been upgraded.
    Nothing,
    At(Instant),
    /// It is closed, once the packet that is being handled is finished.
    WhenDone,
    Close(Session<S>),
}

/// Calls a function when a request ends, however it ends.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}
