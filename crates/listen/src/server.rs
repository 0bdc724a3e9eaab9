//! A listener: it accepts connections as long as there is room, and ends when the last one has ended.

use crate::connection::Connection;
use crate::connections::Connections;
use crate::limits::Limits;
use axum::Router;
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
