//! HTTP connections: how many there may be, from whom, and how long they may take. Every listener of the
//! program runs on [`serve`].
//!
//! `connections` limits their number, `connection` serves one and enforces its time-outs, `request_body`
//! limits how slowly a body may arrive, and `client_address` determines the client's address behind proxies.
//!
//! This crate knows nothing about routes, and reads no configuration.

mod client_address;
mod connection;
mod connections;
mod descriptors;
mod request_body;

pub use client_address::{Forwarding, Header};
pub use descriptors::raise_descriptor_limit;
pub use request_body::BodyPace;

use axum::Router;
use connection::Connection;
use connections::Connections;
use socket2::SockRef;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::Instant;

/// How long to wait before accepting again if the system lacks descriptors or memory for a connection.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// How often a persistent condition is logged.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// How long sent data may stay unacknowledged (`TCP_USER_TIMEOUT`). Without this, a connection whose client
/// has vanished or does not read keeps its memory for a quarter of an hour.
const ACKNOWLEDGEMENT_TIMEOUT: Duration = Duration::from_secs(30);

/// The response to a connection beyond the limit.
const BUSY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 5\r\ncontent-length: 0\r\n\r\n";

/// The limits of a listener's connections.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Maximum number of concurrent connections, including WebSockets.
    pub connections: usize,
    /// Maximum number of concurrent connections from one client address (for IPv6, one /64); `None` behind
    /// proxies.
    pub connections_per_address: Option<usize>,
    /// How long a request head may take to arrive, from its first byte, or from the start of the connection.
    pub header_timeout: Duration,
    /// How long a connection may stay idle between two requests.
    pub idle_timeout: Duration,
    /// How slowly a body may arrive; `None` for streams that may pause indefinitely.
    pub body: Option<BodyPace>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 20_000,
            connections_per_address: Some(500),
            header_timeout: Duration::from_secs(15),
            idle_timeout: Duration::from_secs(65),
            body: Some(BodyPace::default()),
        }
    }
}

/// Serves `router` until `stop` is ready; then accepts no more connections, and returns when the active
/// requests are finished. Upgraded connections are left to their owners, and count until they close.
///
/// Each request carries the peer's address as [`axum::extract::ConnectInfo`]`<SocketAddr>`.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, stop: impl Future<Output = ()>) {
    let connections = Arc::new(Connections::new(&limits));
    let (stopping, stopped) = watch::channel(false);
    let mut acceptor = Acceptor { listener, log: LogInterval::default() };
    let mut refusals = LogInterval::default();
    tokio::pin!(stop);
    loop {
        let (stream, peer) = tokio::select! {
            biased;
            () = &mut stop => break,
            accepted = acceptor.accept() => accepted,
        };
        match connections.admit(peer.ip()) {
            Ok(permit) => {
                set_up(&stream);
                let connection = Connection { stream, peer, permit, router: router.clone(), limits };
                tokio::spawn(connection.serve(stopped.clone()));
            }
            Err(full) => {
                metrics::counter!("meeshy_connections_refused_total", "reason" => full.reason()).increment(1);
                if refusals.is_due() {
                    tracing::warn!(reason = full.reason(), "Refusing connections");
                }
                // A client that does not read it notices when the connection is closed.
                let _ = stream.try_write(BUSY);
            }
        }
    }
    drop((acceptor, stopped));
    stopping.send_replace(true);
    stopping.closed().await;
}

struct Acceptor {
    listener: TcpListener,
    log: LogInterval,
}

impl Acceptor {
    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok(accepted) => return accepted,
                // The client disconnected before its connection was accepted (accept(2)).
                Err(error) if is_connection_error(&error) => {}
                Err(error) => {
                    if self.log.is_due() {
                        tracing::error!(%error, "Failed to accept a connection; retrying");
                    }
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

fn is_connection_error(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

fn set_up(stream: &TcpStream) {
    let socket = SockRef::from(stream);
    // Without `TCP_NODELAY`, a response of two small packets waits for the client's delayed acknowledgement
    // (40 ms).
    if let Err(error) =
        socket.set_tcp_nodelay(true).and_then(|()| socket.set_tcp_user_timeout(Some(ACKNOWLEDGEMENT_TIMEOUT)))
    {
        tracing::debug!(%error, "A connection was closed before it could be set up");
    }
}

/// Lets a message through once per [`LOG_INTERVAL`].
#[derive(Default)]
struct LogInterval {
    last: Option<Instant>,
}

impl LogInterval {
    fn is_due(&mut self) -> bool {
        let is_due = self.last.is_none_or(|last| last.elapsed() >= LOG_INTERVAL);
        if is_due {
            self.last = Some(Instant::now());
        }
        is_due
    }
}
