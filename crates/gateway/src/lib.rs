//! HTTP and Socket.IO: everything that clients speak (wire-contract 1 to 5).
//!
//! Invariant: the gateway decides nothing. It reads what clients send, asks `chat`, and writes the answer; each route
//! says who may call it, and cannot be registered otherwise ([`routes::Api`]).

mod auth;
mod config;
mod error;
mod json;
mod limit;
mod observe;
mod present;
mod realtime;
pub mod routes;
mod security;
mod web;

pub use config::{GatewayConfig, RateLimits};
pub use limit::Limit;

use axum::serve::ListenerExt;
use limit::Limiter;
use meeshy_chat::Chat;
use meeshy_node::Node;
use realtime::Sockets;
use socket2::SockRef;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How long requests that have begun may take to finish once the program is told to stop.
const GRACE: Duration = Duration::from_secs(15);

/// How long the other side of a connection may leave what we sent unconfirmed. Without this, a connection whose client
/// has vanished or does not read holds its memory for a quarter of an hour.
const UNCONFIRMED: Duration = Duration::from_secs(30);

/// What every handler can reach.
#[derive(Clone)]
pub(crate) struct App {
    chat: Chat,
    config: Arc<GatewayConfig>,
    limiter: Arc<Limiter>,
    /// Who serves `/libretranslate`.
    node: Option<Node>,
    started: Instant,
}

/// The gateway, ready to serve.
pub struct Gateway {
    app: App,
    router: axum::Router,
    sockets: Sockets,
}

impl Gateway {
    /// A gateway in front of `chat`, whose events it takes: there can be one. With `node`, people with an account have
    /// LibreTranslate's interface at `/libretranslate`.
    pub fn new(chat: Chat, config: GatewayConfig, node: Option<Node>) -> Self {
        observe::recorder();
        let config = Arc::new(config);
        let sockets = realtime::start(chat.clone(), Arc::clone(&config));
        let limiter = Arc::new(Limiter::new(config.rate_limits.clone()));
        let app = App { chat, config, limiter, node, started: Instant::now() };
        let router = routes::router(app.clone(), sockets.router());
        Self { router: security::layers(router, &app), app, sockets }
    }

    /// Serves until `stop` is ready; then takes no more connections, finishes what has begun, tells the sockets, and
    /// closes.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let (tell, told) = watch::channel(false);
        // A sender that is gone means the same.
        let stopped = |mut told: watch::Receiver<bool>| async move { _ = told.wait_for(|stop| *stop).await };
        let service = self.router.into_make_service_with_connect_info::<SocketAddr>();
        let serving =
            axum::serve(listener.tap_io(set_up), service).with_graceful_shutdown(stopped(told.clone()));
        let closing = async {
            stop.await;
            let _ = tell.send(true);
            realtime::stop(&self.sockets).await;
            Ok(())
        };
        let late = async {
            stopped(told).await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            outcome = async { tokio::try_join!(serving, closing) } => outcome.map(|_| ()),
            () = late => {
                tracing::warn!("Some requests did not finish in time and were cut off");
                Ok(())
            }
            never = observe::keep_up() => match never {},
        }
    }
}

fn set_up(stream: &mut TcpStream) {
    let socket = SockRef::from(&*stream);
    // Without the first, an answer of two small packets waits for the client's delayed acknowledgement (40 ms).
    if let Err(error) =
        socket.set_tcp_nodelay(true).and_then(|()| socket.set_tcp_user_timeout(Some(UNCONFIRMED)))
    {
        tracing::debug!(%error, "A connection was gone before it could be set up");
    }
}
