//! The configuration of the gateway.

use crate::rate_limit::Limit;
use meeshy_domain::is_same_secret;
use meeshy_listen::{Forwarding, Limits};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Settings of the gateway.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// Other origins whose pages may call; our own pages always may.
    pub allowed_origins: Vec<String>,
    /// The proxies that are trusted to name the client's address.
    pub forwarding: Forwarding,
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
    /// The folder of uploaded files.
    pub uploads: PathBuf,
    /// What the ids of its connections begin with, so that a proxy finds this gateway among others; made up when not set.
    pub name: Option<String>,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            allowed_origins: Vec::new(),
            forwarding: Forwarding::default(),
            behind_tls: false,
            query_tokens: false,
            metrics_token: None,
            connections: Limits::default(),
            rate_limits: RateLimits::default(),
            body_bytes: 1024 * 1024,
            packet_bytes: 256 * 1024,
            authentication_deadline: Duration::from_secs(30),
            uploads: PathBuf::from("data/uploads"),
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

/// Rate limits; `None` is no limit.
#[derive(Debug, Clone)]
pub struct RateLimits {
    /// REST calls, per address.
    pub rest: Option<Limit>,
    /// Sign-ins, per address and start of the name.
    pub login: Option<Limit>,
    /// Registrations, per address.
    pub register: Option<Limit>,
    /// Sign-ins and registrations together, per address. A known device is counted separately.
    pub authentication: Option<Limit>,
    /// Checks whether a name is available, per address.
    pub availability: Option<Limit>,
    /// Requests that may need an engine (translation and detection), per user.
    pub translation: Option<Limit>,
    /// Translations requested by reading messages, per user; beyond that, pages are returned without.
    pub page_translations: Option<Limit>,
    /// New conversations, per user.
    pub conversations: Option<Limit>,
    /// Events, per socket and per user over all sockets.
    pub events: Option<Limit>,
    /// Messages and edits, per user.
    pub messages: Option<Limit>,
    /// Messages, per user and conversation.
    pub conversation_messages: Option<Limit>,
}

impl Default for RateLimits {
    fn default() -> Self {
        const MINUTE: Duration = Duration::from_secs(60);
        Self {
            rest: Some(Limit::new("rest", 300, MINUTE)),
            login: Some(Limit::new("login", 5, MINUTE * 15)),
            register: Some(Limit::new("register", 3, MINUTE * 60)),
            availability: Some(Limit::new("availability", 30, MINUTE)),
            authentication: Some(Limit::new("authentication", 20, MINUTE)),
            translation: Some(Limit::new("translation", 60, MINUTE)),
            page_translations: Some(Limit::new("page_translations", 200, MINUTE)),
            conversations: Some(Limit::new("conversations", 30, MINUTE)),
            events: Some(Limit::new("events", 200, Duration::from_secs(10))),
            messages: Some(Limit::new("messages", 100, Duration::from_secs(10))),
            conversation_messages: Some(Limit::new("conversation_messages", 50, Duration::from_secs(10))),
        }
    }
}

impl RateLimits {
    /// No limits: for tests and benchmarks.
    pub fn off() -> Self {
        Self {
            rest: None,
            login: None,
            register: None,
            availability: None,
            authentication: None,
            translation: None,
            page_translations: None,
            conversations: None,
            events: None,
            messages: None,
            conversation_messages: None,
        }
    }
}
