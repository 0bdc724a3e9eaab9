//! A Socket.IO server (protocol 5 over Engine.IO 4, and Engine.IO 3 for old clients), over WebSocket and polling.
//!
//! Features that Meeshy does not need are not supported: namespaces other than `/` (joining one is rejected),
//! binary data (attachments are dropped, and their event is flagged), acknowledgements from clients, compression.
//!
//! - A [`Service`] handles sockets and events; a [`Server`] broadcasts to rooms from elsewhere.
//! - The events of one socket are handled one after the other, in order. While one is handled, nothing more is
//!   read, so that a client that sends too fast is slowed down and does not fill the server's memory.
//! - A packet is encoded once, as a WebSocket frame, and shared by all receiving sockets (`packet`).
//! - The protocol and the life cycle of a connection are implemented once (`session`); both transports drive it.
//! - An idle socket is one task without buffers (`websocket`, `frame`): incoming data is read to the stack.
//! - Each socket has a bounded queue (`outbox`); a client that does not receive its packets misses the next ones.
//!   The bounds are small until the service trusts the client.

mod frame;
mod http;
mod hub;
mod outbox;
mod packet;
mod payload;
mod polling;
mod refusal;
mod server;
mod session;
mod version;
mod websocket;

pub use hub::{Missed, Socket};
pub use outbox::Handle;
pub use packet::Event;
pub use server::Server;

use axum::http::request::Parts;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

/// Handles sockets and events.
pub trait Service: Send + Sync + Sized + 'static {
    /// The identifier of a group of sockets.
    type Room: Copy + Eq + Hash + Send + Sync + 'static;
    /// The state of a socket.
    type State: Default + Send + Sync + 'static;
    /// The state of a connection, from its first request to its end, however often its client joins and
    /// leaves. Anybody can open a connection, so the state should be small.
    type Connection: Send + Sync + 'static;

    /// A client connects; the handle can close its connection.
    fn open(&self, request: &Parts, handle: Handle) -> Self::Connection;

    /// A client has joined, with the data of its connect packet as JSON; `{}` if there was none. Nothing more
    /// is read from it until this returns. Only a few packets are queued for it until [`Socket::trust`] is
    /// called.
    fn connected(&self, socket: &Socket<Self>, auth: &str) -> impl Future<Output = ()> + Send;

    /// A client has sent an event.
    fn event(&self, socket: &Socket<Self>, event: Event) -> impl Future<Output = ()> + Send;

    /// A client has left or disconnected: its socket is not in any room any more, and sends nothing more.
    fn disconnected(&self, socket: &Socket<Self>) -> impl Future<Output = ()> + Send;
}

/// The configuration of a server.
#[derive(Clone)]
pub struct Config {
    /// The ping interval.
    pub ping_interval: Duration,
    /// How long clients may take to answer a ping.
    pub ping_timeout: Duration,
    /// How long clients may be connected without joining.
    pub join_timeout: Duration,
    /// The maximum size of a packet from a client, in bytes.
    pub max_payload: u64,
    /// The maximum number of packets queued for a socket whose client is trusted.
    pub queue: usize,
    /// Generates ids of sessions. They must be unguessable: whoever knows one can take over the session.
    pub make_id: Arc<dyn Fn() -> String + Send + Sync>,
}
