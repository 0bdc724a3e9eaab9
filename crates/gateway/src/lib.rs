//! HTTP and Socket.IO: everything that clients speak.
//!
//! Invariant: the gateway decides nothing. It reads what clients send, asks `chat`, and writes the answer; each route
//! says who may call it, and cannot be registered otherwise (`api::Api`).

mod api;
mod app;
mod config;
mod export;
mod http;
mod realtime;
pub mod routes;
mod views;

pub use config::{GatewayConfig, MetricsToken};
pub use http::limits::{Limit, RateLimits};
pub use meeshy_listen::{BodyPace, Forwarding, Header as ForwardingHeader, Limits as ConnectionLimits};
pub use routes::operator_router;

use app::App;
use http::rate_limit::Limiter;
use meeshy_chat::Chat;
use meeshy_translation_api::TranslationApi;
use realtime::Sockets;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How long running requests may take to finish after a shutdown is requested.
const GRACE: Duration = Duration::from_secs(8);

/// The gateway, ready to serve.
pub struct Gateway {
    app: App,
    router: axum::Router,
    sockets: Sockets,
    dispatching: realtime::Dispatching,
}

impl Gateway {
    /// A gateway for `chat`, whose events it takes: there can only be one. With `translation_api`, users have
    /// LibreTranslate's API at `/libretranslate`.
    pub fn new(chat: Chat, config: GatewayConfig, translation_api: Option<TranslationApi>) -> Self {
        http::telemetry::recorder();
        let config = Arc::new(config);
        let limiter = Arc::new(Limiter::new(config.rate_limits.clone()));
        let (sockets, dispatching) = realtime::start(chat.clone(), Arc::clone(&config), Arc::clone(&limiter));
        let known_callers = Arc::default();
        let started = Instant::now();
        let app = App { chat, config, limiter, known_callers, translation_api, started };
        let router = routes::router(app.clone(), sockets.router());
        Self { router: http::middleware::layers(router, &app), app, sockets, dispatching }
    }

    /// Serves until `stop` is ready; then notifies and closes the sockets, accepts no more connections,
    /// finishes running requests, and returns. Returns early if events can no longer be dispatched, which
    /// only a restart fixes.
    pub async fn serve(mut self, listener: TcpListener, stop: impl Future<Output = ()> + Send + 'static) {
        let (tell, told) = watch::channel(false);
        // A dropped sender means the same.
        let stopped = |mut told: watch::Receiver<bool>| async move { _ = told.wait_for(|stop| *stop).await };
        let (router, limits) = (self.router, self.app.config.connections);
        let serving = meeshy_listen::serve(listener, router, limits, stopped(told.clone()));
        let closing = async {
            stop.await;
            // First, because a polling client needs another connection for its last packets.
            realtime::stop(&self.sockets).await;
            let _ = tell.send(true);
        };
        let late = async {
            stopped(told).await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            ((), ()) = async { tokio::join!(serving, closing) } => {}
            () = late => tracing::warn!("Some requests did not finish in time and were aborted"),
            reason = self.dispatching.ended() => tracing::error!(reason, "The event dispatcher has stopped"),
            never = http::telemetry::keep_up() => match never {},
            never = realtime::recheck(&self.sockets) => match never {},
            never = realtime::follow_others(&self.sockets) => match never {},
        }
    }
}
