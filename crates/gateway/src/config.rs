//! The configuration of the gateway.

use crate::http::limits::RateLimits;
use meeshy_domain::is_same_secret;
use meeshy_listen::{Forwarding, Limits};
use std::fmt;
use std::time::Duration;

/// Settings of the gateway.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// Other origins whose pages may call; our own pages always may.
    pub allowed_origins: Vec<String>,
    /// The proxies that are trusted to name the client's address.
    pub forwarding: Forwarding,
    /// The header in which a trusted proxy names the country of the client, as two letters; none if not set.
    pub country_header: Option<String>,
    /// Whether clients reach this server over TLS only, although no trusted proxy says so.
    pub behind_tls: bool,
    /// Whether sockets may send their token in the query, which proxies log.
    pub query_tokens: bool,
    /// The token for metrics and statistics of this server; without one, nobody gets them.
    pub metrics_token: Option<MetricsToken>,
    /// Limits of connections.
    pub connections: Limits,
    /// Rate limits.
    pub rate_limits: RateLimits,
    /// The maximum size of a JSON body, in bytes. Uploads have routes and limits of their own.
    pub body_bytes: usize,
    /// The maximum size of a Socket.IO packet, in bytes.
    pub packet_bytes: u64,
    /// How long a socket may stay unauthenticated.
    pub authentication_deadline: Duration,
    /// What the ids of its connections begin with, so that a proxy finds this gateway among others; made up when not set.
    pub name: Option<String>,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            allowed_origins: Vec::new(),
            forwarding: Forwarding::default(),
            country_header: None,
            behind_tls: false,
            query_tokens: false,
            metrics_token: None,
            connections: Limits::default(),
            rate_limits: RateLimits::default(),
            body_bytes: 1024 * 1024,
            packet_bytes: 256 * 1024,
            authentication_deadline: Duration::from_secs(30),
            name: None,
        }
    }
}

/// The operator's token.
#[derive(Clone)]
pub struct MetricsToken(String);

impl MetricsToken {
    /// Takes this token.
    pub fn new(token: String) -> Self {
        Self(token)
    }

    pub(crate) fn is(&self, shown: &str) -> bool {
        is_same_secret(self.0.as_bytes(), shown.as_bytes())
    }
}

impl fmt::Debug for MetricsToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MetricsToken(…)")
    }
}
