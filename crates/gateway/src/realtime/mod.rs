//! Socket.IO: authentication, incoming events and outgoing events.
//!
//! `connect` authenticates sockets, `handlers` handles their events, and `dispatch` sends events to them.

mod connect;
mod cursors;
mod dispatch;
mod handlers;
mod pending;
mod recheck;
mod remote;
mod socket;
mod typing;

pub(crate) use dispatch::Dispatching;

use crate::config::GatewayConfig;
use crate::rate_limit::Limiter;
use axum::http::request::Parts;
use cursors::Cursors;
use meeshy_chat::Chat;
use meeshy_domain::{ConversationId, SessionId, UserId};
use meeshy_socketio::{Config, Event, Handle, Server, Service};
use meeshy_wire::{EventName, ServerRestarting, event_name};
use pending::Pending;
use serde::Serialize;
use socket::{Client, Peer};
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};
use typing::Typing;

/// How long running handlers, and then the sockets, may take to finish after a shutdown is requested.
const GRACE: Duration = Duration::from_secs(5);

/// Packets that may wait in the queue of a socket.
///
/// If the queue is full, the next packet is dropped. If the socket does not recover by its next ping it is
/// closed; if it does, its client notices the gap in the message numbers and reloads.
const QUEUE: usize = 1024;

/// Digits of the name of a gateway that was given none.
const NAME_DIGITS: usize = 4;

/// Translations that all sockets together may wait for at the same time.
const MAX_TRANSLATIONS: usize = 256;

/// All sockets. Cheap to clone.
pub(crate) type Sockets = Server<Realtime>;
type Socket = meeshy_socketio::Socket<Realtime>;

/// The recipients of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Room {
    /// The members of a conversation.
    Conversation(ConversationId),
    /// The sockets of a user.
    User(UserId),
    /// The sockets of a device.
    Session(SessionId),
}

/// Handles sockets and their events.
pub(crate) struct Realtime {
    chat: Chat,
    config: Arc<GatewayConfig>,
    limiter: Arc<Limiter>,
    pending: Arc<Pending>,
    typing: Typing,
    cursors: Cursors,
    /// Limits the translations that sockets wait for.
    translations: Arc<Semaphore>,
    stopping: AtomicBool,
    handling: AtomicUsize,
    /// Asks the dispatcher to report when all events so far have been sent.
    drain: Notify,
    drained: Notify,
}

/// Starts accepting sockets and dispatching events. The gateway watches the returned dispatcher task.
pub(crate) fn start(chat: Chat, config: Arc<GatewayConfig>, limiter: Arc<Limiter>) -> (Sockets, Dispatching) {
    let ids = chat.secrets().clone();
    let name = config.name.clone().unwrap_or_else(|| chat.process().chars().take(NAME_DIGITS).collect());
    let settings = Config {
        ping_interval: Duration::from_secs(25),
        ping_timeout: Duration::from_secs(10),
        join_timeout: config.authentication_deadline,
        max_payload: config.packet_bytes,
        queue: QUEUE,
        // A proxy sends the requests of a client that polls to the gateway that made its id.
        make_id: Arc::new(move || format!("{name}-{}", ids.hex(12))),
    };
    let realtime = Realtime {
        chat,
        config,
        limiter,
        pending: Arc::default(),
        typing: Typing::default(),
        cursors: Cursors::default(),
        translations: Arc::new(Semaphore::new(MAX_TRANSLATIONS)),
        stopping: AtomicBool::new(false),
        handling: AtomicUsize::new(0),
        drain: Notify::new(),
        drained: Notify::new(),
    };
    let sockets = Server::new(realtime, settings);
    let dispatching = dispatch::start(&sockets);
    (sockets, dispatching)
}

/// Closes the sockets of users who are no longer authorized, while it is polled.
pub(crate) async fn recheck(sockets: &Sockets) -> Infallible {
    recheck::run(sockets).await
}

/// Forwards events of other gateways to sockets, while it is polled.
pub(crate) async fn follow_others(sockets: &Sockets) -> Infallible {
    remote::run(sockets).await
}

/// Stops accepting events, lets running handlers finish, dispatches all events, and closes all sockets.
pub(crate) async fn stop(sockets: &Sockets) {
    let realtime = sockets.service();
    realtime.stopping.store(true, Ordering::SeqCst);
    let finished = async {
        while realtime.handling.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        realtime.drain.notify_one();
        realtime.drained.notified().await;
    };
    if tokio::time::timeout(GRACE, finished).await.is_err() {
        tracing::warn!("Some events were still being handled when the sockets were closed");
    }
    let last = ServerRestarting { reason: "the server restarts" };
    let closed = sockets.close(event_name::SERVER_RESTARTING.as_str(), &last);
    if tokio::time::timeout(GRACE, closed).await.is_err() {
        tracing::warn!("Some sockets did not receive their last packets in time and were closed");
    }
}

/// Sends an event to the sockets in some rooms, except for those of some users, without waiting.
fn tell<P: Serialize>(
    sockets: &Sockets,
    rooms: &[Room],
    hidden_from: &[UserId],
    name: EventName<P>,
    event: &P,
) {
    count_missed(sockets.broadcast(rooms, &own_rooms(hidden_from), name.as_str(), event));
}

/// Sends an event to one socket, which may be gone.
fn emit<P: Serialize>(socket: &Socket, name: EventName<P>, event: &P) {
    let _ = socket.emit(name.as_str(), event);
}

fn count_missed(missed: usize) {
    if missed > 0 {
        metrics::counter!("meeshy_events_missed_total").increment(missed as u64);
    }
}

/// The rooms of the sockets of some users.
fn own_rooms(people: &[UserId]) -> Vec<Room> {
    people.iter().copied().map(Room::User).collect()
}

impl Service for Realtime {
    type Room = Room;
    /// The user of the socket, once it is authenticated.
    type State = OnceLock<Peer>;
    type Connection = Client;

    fn open(&self, request: &Parts, handle: Handle) -> Client {
        connect::open(self, request, handle)
    }

    async fn connected(&self, socket: &Socket, auth: &str) {
        connect::let_in(self, socket, auth).await;
    }

    async fn event(&self, socket: &Socket, event: Event) {
        handlers::handle(self, socket, event).await;
    }

    async fn disconnected(&self, socket: &Socket) {
        connect::see_off(self, socket).await;
    }
}

impl Realtime {
    /// Records that an event is being handled, unless the program is stopping.
    fn begin(&self) -> Option<Handling<'_>> {
        self.handling.fetch_add(1, Ordering::SeqCst);
        let handling = Handling(&self.handling);
        // Checked after it was recorded: a shutdown either sees it in the count or is seen here.
        (!self.stopping.load(Ordering::SeqCst)).then_some(handling)
    }
}

/// An event that is being handled.
struct Handling<'a>(&'a AtomicUsize);

impl Drop for Handling<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
