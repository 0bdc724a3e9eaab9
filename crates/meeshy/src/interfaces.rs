//! The optional listeners for other programs and for monitoring, each on its own address.

use crate::config::{Config, Role};
use meeshy_chat::Chat;
use meeshy_listen::Limits as ConnectionLimits;
use meeshy_tasks::Supervisor;
use meeshy_translation_api::{TranslationApi, grpc};
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// The bound listeners, for the addresses that are set.
pub struct Interfaces {
    metrics: Option<TcpListener>,
    http: Option<TcpListener>,
    grpc: Option<TcpListener>,
}

/// Binds the configured addresses; if this process does not translate, only the one for monitoring.
///
/// # Errors
/// If an address cannot be bound.
pub async fn listen(config: &Config) -> anyhow::Result<Interfaces> {
    let set = |address: Option<SocketAddr>| address.filter(|_| config.server.role != Role::Gateway);
    Ok(Interfaces {
        metrics: listen_on(config.metrics.listen, "METRICS_LISTEN").await?,
        http: listen_on(set(config.translation_api.listen), "TRANSLATION_API_LISTEN").await?,
        grpc: listen_on(set(config.translation_api.grpc_listen), "TRANSLATION_API_GRPC_LISTEN").await?,
    })
}

async fn listen_on(
    address: Option<SocketAddr>,
    setting: &'static str,
) -> anyhow::Result<Option<TcpListener>> {
    match address {
        Some(address) => bind((address.ip().to_string().as_str(), address.port()), setting).await.map(Some),
        None => Ok(None),
    }
}

/// Binds an address; `setting` is the environment variable to name in the error.
///
/// # Errors
/// If the address cannot be bound.
pub async fn bind((host, port): (&str, u16), setting: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind((host, port)).await.map_err(|error| {
        let is_taken = error.kind() == std::io::ErrorKind::AddrInUse;
        let advice = if is_taken {
            format!("; stop the program that uses it, or change {setting}")
        } else {
            String::new()
        };
        anyhow::Error::new(error).context(format!("cannot listen on {host}:{port}{advice}"))
    })
}

impl Interfaces {
    /// Serves them until `supervisor` stops.
    pub async fn start(
        self,
        limits: ConnectionLimits,
        chat: &Chat,
        translation_api: Option<&TranslationApi>,
        supervisor: &Supervisor,
    ) -> anyhow::Result<()> {
        if let Some(listener) = self.metrics {
            let router = meeshy_gateway::operator_router(chat.clone());
            let address = serve("the metrics", listener, router, limits, supervisor)?;
            tracing::info!(%address, "serving metrics");
        }
        let Some(translation_api) = translation_api else { return Ok(()) };
        if let Some(listener) = self.http {
            let name = "the HTTP translation API";
            let address = serve(
                name,
                listener,
                meeshy_translation_api::router(translation_api.clone()),
                limits,
                supervisor,
            )?;
            tracing::info!(%address, "Serving the HTTP translation API");
        }
        if let Some(listener) = self.grpc {
            let name = "the gRPC translation API";
            // A stream may stay idle between texts.
            let limits = ConnectionLimits { body: None, ..limits };
            let address =
                serve(name, listener, grpc::router(translation_api.clone()).await?, limits, supervisor)?;
            tracing::info!(%address, "Serving the gRPC translation API");
        }
        Ok(())
    }
}

fn serve(
    name: &'static str,
    listener: TcpListener,
    router: axum::Router,
    limits: ConnectionLimits,
    supervisor: &Supervisor,
) -> anyhow::Result<SocketAddr> {
    let address = listener.local_addr()?;
    supervisor.spawn(name, meeshy_listen::serve(listener, router, limits, supervisor.stopped()));
    Ok(address)
}
