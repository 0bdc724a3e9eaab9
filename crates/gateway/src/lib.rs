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
use realtime::Realtime;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// How long requests that have begun may take to finish once the program is told to stop.
const GRACE: Duration = Duration::from_secs(10);

/// What every handler can reach.
#[derive(Clone)]
pub(crate) struct App {
    chat: Chat,
    config: Arc<GatewayConfig>,
    limiter: Arc<Limiter>,
    realtime: Realtime,
}

/// The gateway, ready to serve.
pub struct Gateway {
    app: App,
    router: axum::Router,
}

impl Gateway {
    /// A gateway in front of `chat`.
    ///
    /// # Panics
    /// When called twice for the same `chat`: its events can be taken once.
    pub fn new(chat: Chat, config: GatewayConfig) -> Self {
        let config = Arc::new(config);
        let (layer, realtime) = Realtime::start(chat.clone(), Arc::clone(&config));
        let limiter = Arc::new(Limiter::new(config.rate_limits.clone()));
        let app = App { chat, config, limiter, realtime };
        let router = routes::router(app.clone()).layer(layer);
        Self { router: security::layers(router, &app), app }
    }

    /// Serves until `stop` is ready; then finishes what has begun, tells the sockets, and closes.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        // Without this, an answer of two small packets waits for the client's delayed acknowledgement (40 ms).
        let listener = listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "A connection was gone before it could be set up");
            }
        });
        let realtime = self.app.realtime.clone();
        let (closed, all_closed) = tokio::sync::oneshot::channel();
        let stopping = async move {
            stop.await;
            realtime.stop().await;
            let _ = closed.send(());
        };
        let service = self.router.into_make_service_with_connect_info::<SocketAddr>();
        let serving = axum::serve(listener, service).with_graceful_shutdown(stopping);
        let late = async {
            // Dropped unsent, the channel means that serving has failed, which the other branch reports.
            if all_closed.await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            outcome = serving => outcome,
            () = late => {
                tracing::warn!("Some requests did not finish in time and were cut off");
                Ok(())
            }
        }
    }
}
