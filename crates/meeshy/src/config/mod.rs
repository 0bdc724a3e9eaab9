//! The configuration: one typed structure, filled from defaults, then `meeshy.toml`, then the environment.
//!
//! [`settings`] lists all settings, this file gives them types, [`sources`] reads them (`pip` one that pip
//! configures), `check` rejects what no type can, and `parts` gives each part of the program what concerns it.

mod check;
mod parts;
mod pip;
pub mod settings;
mod sources;
#[cfg(test)]
mod tests;

pub use sources::{Effective, load};

use meeshy_domain::{Address, Secret};
use meeshy_translation::RemoteConfig;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Stands for no servers in a list whose default is not empty: an empty variable counts as unset.
const NO_SERVERS: &str = "none";

/// All settings. See [`settings`] for the description of each field.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub server: Server,
    pub mail: Mail,
    pub sms: Sms,
    pub push: Push,
    pub calls: Calls,
    pub metrics: Metrics,
    pub data: Data,
    pub database: Database,
    pub auth: Auth,
    pub limits: Limits,
    pub files: Files,
    pub retention: Retention,
    pub translation: Translation,
    pub translation_api: TranslationApi,
    pub log: Log,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    pub role: Role,
    pub public_url: String,
    pub name: Option<String>,
    pub host: String,
    pub port: u16,
    pub cors_origins: Vec<String>,
    pub trust_proxy: usize,
    pub proxy_header: ProxyHeader,
    pub country_header: Option<String>,
    pub behind_tls: bool,
    pub query_tokens: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    pub smtp_url: Option<Address>,
    pub from: String,
    pub folder: Option<PathBuf>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sms {
    pub url: Option<Address>,
    pub from: String,
    pub body: String,
    pub authorization: Option<Secret>,
    pub folder: Option<PathBuf>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Push {
    pub web_services: Vec<String>,
    pub contact: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calls {
    pub stun_urls: Vec<String>,
    pub turn_urls: Vec<String>,
    pub turn_secret: Option<Secret>,
    pub turn_lifetime_seconds: u32,
    pub ring_seconds: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    pub listen: Option<SocketAddr>,
    pub token: Option<Secret>,
}

/// The header that proxies write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProxyHeader {
    XForwardedFor,
    Forwarded,
}

/// The role of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// All roles.
    All,
    /// Serves clients; other processes translate.
    Gateway,
    /// Only translates.
    Translator,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    pub dir: PathBuf,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    pub url: Option<Address>,
    pub connections: usize,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    pub jwt_secret: Option<Secret>,
    pub jwt_private_key: Option<Secret>,
    pub jwt_public_key: Option<String>,
    pub token_hours: u64,
    pub session_days: u64,
    pub trusted_session_days: u64,
    pub sessions_per_user: i64,
    pub hashing_memory_kib: u32,
    pub hashing_passes: u32,
    pub hashing_at_once: usize,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub rate_limits: bool,
    pub message_chars: usize,
    pub connections: usize,
    pub connections_per_address: usize,
    pub header_seconds: u64,
    pub body_seconds: u64,
    pub idle_seconds: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    pub max_mib: u64,
    pub quota_mib: u64,
    pub unsigned_paths: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    pub notification_days: u64,
    pub old_unread_notifications: i64,
    pub cached_translation_days: u64,
    pub cached_translations: i64,
    pub event_days: u32,
    pub events_per_conversation: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Translation {
    pub models_dir: Option<PathBuf>,
    pub index_url: Vec<Address>,
    pub packages: bool,
    pub package_index: Address,
    pub pull: bool,
    pub apertium_modes_dir: PathBuf,
    pub apertium_idle_seconds: u64,
    pub apertium_timeout_seconds: u64,
    pub model_idle_seconds: u64,
    pub model_memory_mib: u64,
    pub threads: usize,
    pub remote: Vec<RemoteConfig>,
    pub accept_non_commercial: bool,
    pub cache_mib: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TranslationApi {
    pub listen: Option<SocketAddr>,
    pub grpc_listen: Option<SocketAddr>,
    pub api_keys: Vec<Secret>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub level: String,
    pub json: bool,
}
