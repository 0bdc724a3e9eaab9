//! What can be set about the gateway.

use crate::rate_limit::Limit;
use meeshy_domain::is_same_secret;
use meeshy_listen::{Forwarding, Limits};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Settings of the gateway.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// Origins of other sites whose pages may call; our own pages always may.
    pub allowed_origins: Vec<String>,
    /// Who says where a call comes from, when proxies are in between.
    pub forwarding: Forwarding,
    /// Whether clients reach this server over TLS only, although no trusted proxy says so.
    pub behind_tls: bool,
    /// Whether a socket may show its token in the query, where proxies and logs see it.
    pub query_tokens: bool,
    /// Whoever names it sees the metrics and figures of this server; nobody when there is none.
    pub metrics_token: Option<MetricsToken>,
    /// What connections may take.
    pub connections: Limits,
    /// How often who may call what.
    pub rate_limits: RateLimits,
    /// Bytes of a JSON body, at most. The contract's 50 MiB are for uploads, which have routes of their own.
    pub body_bytes: usize,
    /// Bytes of a Socket.IO packet, at most.
    pub packet_bytes: u64,
    /// How long a socket may stay without having authenticated.
    pub authentication_deadline: Duration,
    /// The folder of the files that people uploaded.
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

/// The token of the operator's tools.
#[derive(Clone)]
pub struct MetricsToken(String);

impl MetricsToken {
    /// This token.
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

/// How often who may call what; `None` is no limit.
#[derive(Debug, Clone)]
pub struct RateLimits {
    /// Every REST call, by address.
    pub rest: Option<Limit>,
    /// Signing in, by address and the beginning of the name.
    pub login: Option<Limit>,
    /// Registering, by address.
    pub register: Option<Limit>,
    /// Both together, by address. A device that has signed in before counts for itself in these.
    pub authentication: Option<Limit>,
    /// Asking whether a name is free, by address.
    pub availability: Option<Limit>,
    /// What may cost an engine's time: translating and detecting, by person.
    pub translation: Option<Limit>,
    /// What reading messages asks for to be translated, by person: over it, pages come as they are.
    pub page_translations: Option<Limit>,
    /// Opening conversations, by person.
    pub conversations: Option<Limit>,
    /// Events, by socket, and by person over all sockets.
    pub events: Option<Limit>,
    /// Writing and editing messages, by person.
    pub messages: Option<Limit>,
    /// Writing messages, by person and conversation.
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
    /// No limit at all: for tests and benchmarks.
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
