//! The interfaces for other programs and for the operator's tools, each on an address of its own, if one is set.

use crate::config::Config;
use anyhow::Context;
use meeshy_chat::Chat;
use meeshy_listen::Limits as ConnectionLimits;
use meeshy_node::{Node, grpc};
use meeshy_tasks::Supervisor;
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// Serves those whose address is set, until `supervisor` stops; where this process does not translate, only the operator's.
///
/// # Errors
/// When an address cannot be listened on.
pub async fn start(
    config: &Config,
    limits: ConnectionLimits,
    chat: &Chat,
    node: Option<&Node>,
    supervisor: &Supervisor,
) -> anyhow::Result<()> {
    if let Some(address) = config.metrics.listen {
        let router = meeshy_gateway::operator_router(chat.clone());
        let address = serve("the metrics", address, router, limits, supervisor).await?;
        tracing::info!(%address, "serving metrics");
    }
    let (Some(node), settings) = (node, &config.node) else { return Ok(()) };
    if let Some(address) = settings.listen {
        let name = "the HTTP interface for other programs";
        let address = serve(name, address, meeshy_node::router(node.clone()), limits, supervisor).await?;
        tracing::info!(%address, "Translating for other programs over HTTP");
    }
    if let Some(address) = settings.grpc_listen {
        let name = "the gRPC interface for other programs";
        // A stream may wait as long as it likes for its next text.
        let limits = ConnectionLimits { body: None, ..limits };
        let address = serve(name, address, grpc::router(node.clone()).await?, limits, supervisor).await?;
        tracing::info!(%address, "Translating for other programs over gRPC");
    }
    Ok(())
}

async fn serve(
    name: &'static str,
    address: SocketAddr,
    router: axum::Router,
    limits: ConnectionLimits,
    supervisor: &Supervisor,
) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; is another program on this port?"))?;
    let address = listener.local_addr()?;
    supervisor.spawn(name, meeshy_listen::serve(listener, router, limits, supervisor.stopped()));
    Ok(address)
}
