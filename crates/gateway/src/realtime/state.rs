//! What all sockets share, and how events are sent to them.

use super::cursors::Cursors;
use super::pending::Pending;
use super::socket::{GuestPeer, Holder, Peer};
use super::typing::Typing;
use crate::config::GatewayConfig;
use crate::http::rate_limit::Limiter;
use meeshy_chat::Chat;
use meeshy_domain::{CallId, ConversationId, SessionId, UserId};
use meeshy_socketio::Server;
use meeshy_wire::EventName;
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::sync::{Notify, Semaphore};

/// Translations that all sockets together may wait for at the same time.
const MAX_TRANSLATIONS: usize = 256;

/// All sockets. Cheap to clone.
pub type Sockets = Server<Realtime>;
pub type Socket = meeshy_socketio::Socket<Realtime>;

/// The recipients of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Room {
    /// The members of a conversation.
    Conversation(ConversationId),
    /// The guests of a conversation.
    Guests(ConversationId),
    /// The sockets of a user.
    User(UserId),
    /// The sockets of a device.
    Session(SessionId),
    /// The sockets that take part in a call.
    Call(CallId),
}

/// Handles sockets and their events.
pub struct Realtime {
    pub chat: Chat,
    pub config: Arc<GatewayConfig>,
    pub limiter: Arc<Limiter>,
    pub pending: Arc<Pending>,
    pub typing: Typing,
    pub cursors: Cursors,
    /// Limits the translations that sockets wait for.
    pub translations: Arc<Semaphore>,
    pub stopping: AtomicBool,
    pub handling: AtomicUsize,
    /// Asks the dispatcher to report when all events so far have been sent.
    pub drain: Notify,
    pub drained: Notify,
}

impl Realtime {
    /// Without sockets.
    pub fn new(chat: Chat, config: Arc<GatewayConfig>, limiter: Arc<Limiter>) -> Self {
        Self {
            chat,
            typing: Typing::new(config.rate_limits.typing),
            config,
            limiter,
            pending: Arc::default(),
            cursors: Cursors::default(),
            translations: Arc::new(Semaphore::new(MAX_TRANSLATIONS)),
            stopping: AtomicBool::new(false),
            handling: AtomicUsize::new(0),
            drain: Notify::new(),
            drained: Notify::new(),
        }
    }

    /// Records that an event is being handled, unless the program is stopping.
    pub fn begin(&self) -> Option<Handling<'_>> {
        self.handling.fetch_add(1, Ordering::SeqCst);
        let handling = Handling(&self.handling);
        // Checked after it was recorded: a shutdown either sees it in the count or is seen here.
        (!self.stopping.load(Ordering::SeqCst)).then_some(handling)
    }
}

/// An event that is being handled.
pub struct Handling<'a>(&'a AtomicUsize);

impl Drop for Handling<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Sends an event to the sockets in some rooms, except for those of some users, without waiting.
pub fn tell<P: Serialize>(
    sockets: &Sockets,
    rooms: &[Room],
    hidden_from: &[UserId],
    name: EventName<P>,
    event: &P,
) {
    count_missed(sockets.broadcast(rooms, &own_rooms(hidden_from), name.as_str(), event));
}

/// The user who holds a socket.
pub fn peer(socket: &Socket) -> Option<&Peer> {
    match socket.state().get() {
        Some(Holder::User(peer)) => Some(peer),
        _ => None,
    }
}

/// The guest who holds a socket.
pub fn guest(socket: &Socket) -> Option<&GuestPeer> {
    match socket.state().get() {
        Some(Holder::Guest(guest)) => Some(guest),
        _ => None,
    }
}

/// Sends an event to one socket, which may be gone.
pub fn emit<P: Serialize>(socket: &Socket, name: EventName<P>, event: &P) {
    let _ = socket.emit(name.as_str(), event);
}

pub fn count_missed(missed: usize) {
    if missed > 0 {
        metrics::counter!("meeshy_events_missed_total").increment(missed as u64);
    }
}

/// The rooms of the sockets of some users.
pub fn own_rooms(people: &[UserId]) -> Vec<Room> {
    people.iter().copied().map(Room::User).collect()
}
