//! A Socket.IO server (protocol 5 over Engine.IO 4, and Engine.IO 3 for old clients), over WebSocket and polling.
//!
//! What it does not do, because Meeshy does not need it: namespaces other than `/` (joining one is refused), binary data
//! (an event says that it had attachments, which are dropped), questions of the server that clients acknowledge, compression.
//!
//! - A [`Service`] says what happens to sockets and events; a [`Server`] is reached from elsewhere, to tell rooms.
//! - The events of one socket are handled one after the other, in their order. While one is handled nothing more is
//!   read, so a client that sends faster than it is served waits, and not the server's memory.
//! - A packet is encoded once, as a WebSocket frame, and shared by all sockets that get it (`packet`).
//! - What a packet means, and how a connection lives and ends, is written once (`session`); both transports drive it.
//! - An idle socket is one task without buffers (`websocket`, `frame`): what is read goes over the stack.
//! - Each socket has a queue with a bound (`outbox`); who does not take what waits for it misses the next. Little waits for
//!   a client that the service does not trust yet, and little is read from it at a time.

mod frame;
mod http;
mod hub;
mod outbox;
mod packet;
mod payload;
mod polling;
mod session;
mod socket;
mod websocket;

pub use hub::Server;
pub use outbox::Handle;
pub use packet::Event;
pub use socket::{Missed, Socket};

use axum::http::request::Parts;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

/// What happens to sockets and events.
pub trait Service: Send + Sync + Sized + 'static {
    /// What names a group of sockets.
    type Room: Copy + Eq + Hash + Send + Sync + 'static;
    /// What is kept of a socket.
    type State: Default + Send + Sync + 'static;
    /// What is kept of a connection, from its first request to its end, however often its client joins and leaves. Anybody
    /// can open one, so it should be small.
    type Connection: Send + Sync + 'static;

    /// A client connects; the handle closes its connection.
    fn open(&self, request: &Parts, handle: Handle) -> Self::Connection;

    /// A client has joined, with what came with the packet that asked for it, as JSON; `{}` where nothing came. Nothing
    /// more is read of it until this is done. Until [`Socket::trust`] is called little may wait for it.
    fn connected(&self, socket: &Socket<Self>, auth: &str) -> impl Future<Output = ()> + Send;

    /// A client says something.
    fn event(&self, socket: &Socket<Self>, event: Event) -> impl Future<Output = ()> + Send;

    /// A client has left or gone: its socket is in no room any more, and nothing more comes of it.
    fn disconnected(&self, socket: &Socket<Self>) -> impl Future<Output = ()> + Send;
}

/// How a server behaves.
#[derive(Clone)]
pub struct Config {
    /// How often clients are asked whether they are there.
    pub ping_interval: Duration,
    /// How long they may take to answer.
    pub ping_timeout: Duration,
    /// How long they may be connected without having joined.
    pub join_timeout: Duration,
    /// The most bytes of a packet from a client.
    pub max_payload: u64,
    /// The most packets that wait for a socket whose client is trusted.
    pub queue: usize,
    /// Makes the ids of sockets, which nobody may guess: whoever knows one can go on in its place.
    pub make_id: Arc<dyn Fn() -> String + Send + Sync>,
}
