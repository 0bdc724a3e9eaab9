//! Socket.IO: authentication, incoming events and outgoing events.
//!
//! `connect` authenticates sockets, `handlers` handles their events, and `dispatch` sends events to them.

mod call_errors;
mod call_events;
mod calls;
mod connect;
mod cursors;
mod dispatch;
mod guests;
mod handlers;
mod own_calls;
mod pending;
mod reaction_sync;
mod recheck;
mod remote;
mod socket;
mod state;
mod typing;
mod waiting;

pub(crate) use dispatch::Dispatching;
pub(crate) use state::Sockets;

use crate::config::GatewayConfig;
use crate::http::rate_limit::Limiter;
use axum::http::request::Parts;
use meeshy_chat::Chat;
use meeshy_socketio::{Config, Event, Handle, Server, Service};
use meeshy_wire::{ServerRestarting, event_name};
use socket::{Client, Holder};
use state::{Realtime, Room, Socket};
use std::convert::Infallible;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// How long running handlers, and then the sockets, may take to finish after a shutdown is requested.
const GRACE: Duration = Duration::from_secs(5);

/// Packets that may wait in the queue of a socket.
///
/// If the queue is full, the next packet is dropped. If the socket does not recover by its next ping it is
/// closed; if it does, its client notices the gap in the message numbers and reloads.
const QUEUE: usize = 1024;

/// Digits of the name of a gateway that was given none.
const NAME_DIGITS: usize = 4;

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
    let sockets = Server::new(Realtime::new(chat, config, limiter), settings);
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

impl Service for Realtime {
    type Room = Room;
    /// Who holds the socket, once it is authenticated.
    type State = OnceLock<Holder>;
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
