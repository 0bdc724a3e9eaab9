//! The translator's interfaces for other programs, each on an address of its own, if one is set.

use crate::config;
use anyhow::Context;
use meeshy_listen::Limits as ConnectionLimits;
use meeshy_node::{Node, grpc};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How long requests that have begun may take to finish once the program is told to stop.
const GRACE: Duration = Duration::from_secs(15);

/// The interfaces that are being served.
#[derive(Default)]
pub struct Interfaces {
    serving: JoinSet<()>,
}

impl Interfaces {
    /// Serves those whose address is set, until `stopping` says so; none where this process does not translate.
    ///
    /// # Errors
    /// When an address cannot be listened on.
    pub async fn start(
        settings: &config::Node,
        limits: ConnectionLimits,
        node: Option<&Node>,
        stopping: &watch::Receiver<bool>,
    ) -> anyhow::Result<Self> {
        let mut interfaces = Self::default();
        let Some(node) = node else { return Ok(interfaces) };
        if let Some(address) = settings.listen {
            let address =
                interfaces.serve(address, meeshy_node::router(node.clone()), limits, stopping).await?;
            tracing::info!(%address, "Translating for other programs over HTTP");
        }
        if let Some(address) = settings.grpc_listen {
            // A stream may wait as long as it likes for its next text.
            let limits = ConnectionLimits { body: None, ..limits };
            let address =
                interfaces.serve(address, grpc::router(node.clone()).await?, limits, stopping).await?;
            tracing::info!(%address, "Translating for other programs over gRPC");
        }
        Ok(interfaces)
    }

    async fn serve(
        &mut self,
        address: SocketAddr,
        router: axum::Router,
        limits: ConnectionLimits,
        stopping: &watch::Receiver<bool>,
    ) -> anyhow::Result<SocketAddr> {
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on {address}; is another program on this port?"))?;
        let address = listener.local_addr()?;
        let mut stopping = stopping.clone();
        // A sender that is gone means the same.
        let told = async move { _ = stopping.wait_for(|stop| *stop).await };
        self.serving.spawn(meeshy_listen::serve(listener, router, limits, told));
        Ok(address)
    }

    /// Lets requests that have begun finish, and cuts off those that take too long.
    ///
    /// # Errors
    /// When an interface had failed.
    pub async fn finish(mut self) -> anyhow::Result<()> {
        let finished = async {
            while let Some(served) = self.serving.join_next().await {
                served.context("an interface stopped")?;
            }
            Ok(())
        };
        match tokio::time::timeout(GRACE, finished).await {
            Ok(outcome) => outcome,
            Err(_) => {
                tracing::warn!("Some requests of other programs did not finish in time and were cut off");
                Ok(())
            }
        }
    }
}
