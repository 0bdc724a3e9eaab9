//! HTTP connections: how many there may be, from whom, and how long they may take. Every listener of the program runs
//! on [`serve`].
//!
//! `connections` counts and refuses, `connection` serves one and closes it when it is idle or slow, `request_body`
//! bounds how slowly a body may arrive, and `client_address` tells who called through proxies.
//!
//! This crate knows nothing of routes, and reads no configuration.

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

/// How long to wait before accepting again when the system has no descriptors or memory for a connection.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// A condition that lasts is logged this often.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// How long data that was sent may stay unacknowledged. Without this, a connection whose client has vanished or does
/// not read holds its memory for a quarter of an hour.
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// What is written to a connection that is one too many.
const BUSY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 5\r\ncontent-length: 0\r\n\r\n";

/// What connections of a listener may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at the same time, WebSockets among them.
    pub connections: usize,
    /// Connections at the same time from one address (of IPv6, from one /64); `None` where proxies connect.
    pub connections_per_address: Option<usize>,
    /// How long the head of a request may take to arrive, from its first byte, or from the beginning of the connection.
    pub header_timeout: Duration,
    /// How long a connection may stay open between two requests.
    pub idle_timeout: Duration,
    /// How slowly a body may arrive; `None` for streams that wait as long as they like.
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

/// Serves `router` until `stop` is ready; then accepts no more, and returns when the requests that have begun are
/// answered. Upgraded connections are left to those who upgraded them, and count until they close.
///
/// Each request carries the address of the other side as [`axum::extract::ConnectInfo`]`<SocketAddr>`.
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
                    tracing::warn!(reason = full.reason(), "connections are being refused");
                }
                // One who does not read it finds out by the end of the connection.
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
                // The client was gone before its connection was accepted (accept(2)).
                Err(error) if is_of_the_connection(&error) => {}
                Err(error) => {
                    if self.log.is_due() {
                        tracing::error!(%error, "failed to accept connections; trying again");
                    }
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

fn is_of_the_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

fn set_up(stream: &TcpStream) {
    let socket = SockRef::from(stream);
    // Without the first, an answer of two small packets waits for the client's delayed acknowledgement (40 ms).
    if let Err(error) =
        socket.set_tcp_nodelay(true).and_then(|()| socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED)))
    {
        tracing::debug!(%error, "a connection was gone before it could be set up");
    }
}

/// Lets a message through once in [`LOG_INTERVAL`].
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
