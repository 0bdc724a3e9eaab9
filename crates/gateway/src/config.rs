//! What can be set about the gateway.

use crate::limit::Limit;
use meeshy_listen::{Forwarding, Limits};
use std::path::PathBuf;
use std::time::Duration;

/// Settings of the gateway.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// Origins of other sites whose pages may call (wire-contract 1.2).
    pub allowed_origins: Vec<String>,
    /// Who says where a call comes from, when proxies are in between.
    pub forwarding: Forwarding,
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
}

impl Default for GatewayConfig {
    fn default() -> Self {
        let origins = [
            "http://localhost:3100",
            "http://localhost",
            "http://localhost:80",
            "http://127.0.0.1",
            "http://127.0.0.1:80",
            "https://meeshy.me",
            "https://www.meeshy.me",
            "https://gate.meeshy.me",
            "https://ml.meeshy.me",
        ];
        Self {
            allowed_origins: origins.map(str::to_owned).to_vec(),
            forwarding: Forwarding::default(),
            connections: Limits::default(),
            rate_limits: RateLimits::default(),
            body_bytes: 1024 * 1024,
            packet_bytes: 256 * 1024,
            authentication_deadline: Duration::from_secs(30),
            uploads: PathBuf::from("data/uploads"),
        }
    }
}

/// How often who may call what (wire-contract 1.7); `None` is no limit.
#[derive(Debug, Clone)]
pub struct RateLimits {
    /// Every REST call, by address.
    pub rest: Option<Limit>,
    /// Signing in, by address and the beginning of the name.
    pub login: Option<Limit>,
    /// Registering, by address.
    pub register: Option<Limit>,
    /// Both together, by address.
    pub authentication: Option<Limit>,
    /// What may cost an engine's time: translating and detecting, by person.
    pub translation: Option<Limit>,
    /// Events of one socket.
    pub events: Option<Limit>,
}

impl Default for RateLimits {
    fn default() -> Self {
        const MINUTE: Duration = Duration::from_secs(60);
        Self {
            rest: Some(Limit::new("rest", 300, MINUTE)),
            login: Some(Limit::new("login", 5, MINUTE * 15)),
            register: Some(Limit::new("register", 3, MINUTE * 60)),
            authentication: Some(Limit::new("authentication", 20, MINUTE)),
            translation: Some(Limit::new("translation", 60, MINUTE)),
            events: Some(Limit::new("events", 200, Duration::from_secs(10))),
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
            authentication: None,
            translation: None,
            events: None,
        }
    }
}
