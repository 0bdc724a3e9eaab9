//! What connections of a listener may take.

use crate::request_body::BodyPace;
use std::time::Duration;

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
