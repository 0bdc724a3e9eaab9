//! The configuration: one typed structure, filled from defaults, then `meeshy.toml`, then the environment.
//!
//! [`settings`] lists all settings, this file gives them types, and [`sources`] reads them.

pub mod settings;
mod sources;

pub use sources::{Effective, load};

use meeshy_chat::{HashingCost, SECRET_BYTES, retention};
use meeshy_domain::{Address, Secret};
use meeshy_listen::{BodyPace, Forwarding, Header};
use meeshy_store::Location;
use meeshy_translation::{RemoteConfig, TranslationConfig};
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// All settings. See [`settings`] for the description of each field.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub server: Server,
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
    pub name: Option<String>,
    pub host: String,
    pub port: u16,
    pub cors_origins: Vec<String>,
    pub trust_proxy: usize,
    pub proxy_header: ProxyHeader,
    pub behind_tls: bool,
    pub query_tokens: bool,
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

impl Config {
    /// Checks what types cannot express: guessable secrets, unsupported database URLs.
    fn check(&self) -> Result<(), String> {
        if let Some(secret) = &self.auth.jwt_secret {
            check_secret(secret.expose())?;
        }
        if self.auth.jwt_private_key.is_some() != self.auth.jwt_public_key.is_some() {
            return Err("auth.jwt_private_key and auth.jwt_public_key go together: set both or none".into());
        }
        if self.server.name.as_deref().is_some_and(|name| !is_name(name)) {
            return Err(format!(
                "server.name (GATEWAY_NAME) must have 1 to {MAX_NAME_CHARS} ASCII letters and digits"
            ));
        }
        if self.metrics.token.as_ref().is_some_and(|token| token.expose().len() < MIN_METRICS_TOKEN_BYTES) {
            return Err(format!(
                "metrics.token (METRICS_TOKEN) must have at least {MIN_METRICS_TOKEN_BYTES} bytes"
            ));
        }
        if self.translation.apertium_timeout_seconds == 0 {
            return Err("translation.apertium_timeout_seconds must be at least 1".into());
        }
        let Limits { connections, header_seconds, body_seconds, idle_seconds, .. } = self.limits;
        for (key, value) in [
            ("connections", connections as u64),
            ("header_seconds", header_seconds),
            ("body_seconds", body_seconds),
            ("idle_seconds", idle_seconds),
        ] {
            if value == 0 {
                return Err(format!("limits.{key} must be at least 1"));
            }
        }
        if self.translation_api.api_keys.iter().any(|key| key.expose().trim().is_empty()) {
            return Err(
                "translation_api.api_keys contains an empty key, which anybody could send; remove it".into(),
            );
        }
        match self.database.url.as_ref().map(Address::expose) {
            Some(url) if url.starts_with("mongodb") => {
                Err("database.url names the old MongoDB: import its data with `meeshy import`, \
                and leave the setting empty (SQLite) or set it to a `postgres://` URL"
                    .into())
            }
            Some(url) if !url.starts_with("postgres://") && !url.starts_with("postgresql://") => {
                Err("database.url must start with `postgres://`; leave it empty for SQLite".into())
            }
            _ => Ok(()),
        }
    }

    /// Checks that the role can work with the configured database.
    ///
    /// # Errors
    /// If the role needs other processes, and the database is not PostgreSQL.
    pub fn check_role(&self) -> Result<(), String> {
        if self.server.role == Role::All || self.database.url.is_some() {
            return Ok(());
        }
        Err("the roles `gateway` and `translator` require PostgreSQL: set database.url (DATABASE_URL)".into())
    }

    /// The location of the database.
    pub fn location(&self) -> Location {
        match &self.database.url {
            Some(url) => {
                Location::Postgres { url: url.expose().to_owned(), connections: self.database.connections }
            }
            None => Location::Folder(self.data.dir.clone()),
        }
    }

    /// The retention limits.
    pub fn retention_bounds(&self) -> retention::Bounds {
        const DAY: u64 = 86_400;
        let Retention {
            cached_translation_days,
            cached_translations,
            event_days,
            events_per_conversation,
            ..
        } = self.retention;
        retention::Bounds {
            notifications: self.retention(),
            cache: retention::CacheBound {
                age: Duration::from_secs(cached_translation_days * DAY),
                rows: cached_translations,
            },
            events: retention::EventBound {
                age: Duration::from_secs(u64::from(event_days) * DAY),
                rows: events_per_conversation.into(),
            },
        }
    }

    /// The cost of password hashing.
    pub fn hashing(&self) -> HashingCost {
        HashingCost {
            memory_kib: self.auth.hashing_memory_kib,
            passes: self.auth.hashing_passes,
            at_once: self.auth.hashing_at_once,
        }
    }

    /// How the client's address is determined.
    pub fn forwarding(&self) -> Forwarding {
        let header = match self.server.proxy_header {
            ProxyHeader::XForwardedFor => Header::XForwardedFor,
            ProxyHeader::Forwarded => Header::Forwarded,
        };
        Forwarding { trusted_hops: self.server.trust_proxy, header }
    }

    /// The limits of connections, given the maximum number of open files.
    pub fn connections(&self, descriptors: u64) -> meeshy_listen::Limits {
        let limits = &self.limits;
        let descriptors = usize::try_from(descriptors).unwrap_or(usize::MAX);
        let available = descriptors.saturating_sub(RESERVED_DESCRIPTORS).max(descriptors / 2).max(1);
        let is_limited = limits.connections_per_address > 0 && self.server.trust_proxy == 0;
        meeshy_listen::Limits {
            connections: limits.connections.min(available),
            connections_per_address: is_limited.then_some(limits.connections_per_address),
            header_timeout: Duration::from_secs(limits.header_seconds),
            idle_timeout: Duration::from_secs(limits.idle_seconds),
            body: Some(BodyPace { grace: Duration::from_secs(limits.body_seconds), ..BodyPace::default() }),
        }
    }

    /// When notifications are archived.
    pub fn retention(&self) -> retention::Retention {
        retention::Retention {
            age: Duration::from_secs(self.retention.notification_days * 86_400),
            unread_kept: self.retention.old_unread_notifications,
        }
    }

    /// The configuration of the engines.
    pub fn translation(&self) -> TranslationConfig {
        let settings = &self.translation;
        TranslationConfig {
            models_dir: settings.models_dir.clone().unwrap_or_else(|| self.data.dir.join("models")),
            index_urls: settings.index_url.clone(),
            apertium_modes_dir: settings.apertium_modes_dir.clone(),
            apertium_idle_seconds: settings.apertium_idle_seconds,
            apertium_timeout_seconds: settings.apertium_timeout_seconds,
            model_idle_seconds: settings.model_idle_seconds,
            model_memory_bytes: settings.model_memory_mib * 1024 * 1024,
            threads: settings.threads,
            remote: settings.remote.clone(),
            accept_non_commercial: settings.accept_non_commercial,
            quality_file: self.data.dir.join("quality.csv"),
            cache_bytes: settings.cache_mib * 1024 * 1024,
        }
    }
}

/// The minimum length of the metrics token, in bytes.
const MIN_METRICS_TOKEN_BYTES: usize = 16;

/// File descriptors reserved for the database, the engines and files.
const RESERVED_DESCRIPTORS: usize = 256;

/// Words that suggest a placeholder instead of a real secret.
const PLACEHOLDERS: [&str; 7] = ["change", "secret", "placeholder", "example", "your-", "password", "jwt"];

/// Characters of the name of a gateway.
const MAX_NAME_CHARS: usize = 32;

fn is_name(name: &str) -> bool {
    (1..=MAX_NAME_CHARS).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn check_secret(secret: &str) -> Result<(), String> {
    let advice = "generate one with `openssl rand -hex 32`, or leave it empty and Meeshy generates one";
    if secret.len() < SECRET_BYTES {
        return Err(format!(
            "auth.jwt_secret (JWT_SECRET) must have at least {SECRET_BYTES} bytes; {advice}"
        ));
    }
    let lower = secret.to_lowercase();
    let different = secret.chars().collect::<std::collections::HashSet<_>>().len();
    if different < 8 || PLACEHOLDERS.iter().any(|word| lower.contains(word)) {
        return Err(format!("auth.jwt_secret (JWT_SECRET) looks like a placeholder; {advice}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(toml: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
        let variables: Vec<_> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let variable = |name: &str| variables.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
        load(Some(("meeshy.toml".into(), toml.to_owned())), variable)
            .map(|(config, _)| config)
            .map_err(|e| e.to_string())
    }

    #[test]
    fn defaults_are_a_complete_configuration() {
        let config = loaded("", &[]).unwrap();
        assert_eq!((config.server.port, config.data.dir), (3000, PathBuf::from("data")));
        assert_eq!(config.database.url, None);
    }

    #[test]
    fn the_environment_overrides_the_file_and_old_names_are_accepted() {
        let config = loaded("[server]\nport = 4000\n", &[("GATEWAY_PORT", "5000")]).unwrap();
        assert_eq!(config.server.port, 5000);
        let config =
            loaded("", &[("CORS_ORIGINS", "http://a.example, http://b.example"), ("RATE_LIMITS", "off")])
                .unwrap();
        assert_eq!(config.server.cors_origins, ["http://a.example", "http://b.example"]);
        assert!(!config.limits.rate_limits);
    }

    #[test]
    fn the_name_of_a_gateway_fits_into_the_ids_of_its_sockets() {
        let name = |name: &str| loaded("", &[("GATEWAY_NAME", name)]).map(|config| config.server.name);
        assert_eq!(name("gw1"), Ok(Some("gw1".to_owned())));
        for bad in ["a-b", "a b", "é", &"a".repeat(33)] {
            assert!(name(bad).unwrap_err().contains("GATEWAY_NAME"), "{bad}");
        }
    }

    #[test]
    fn trust_proxy_is_a_number_or_a_switch() {
        let hops = |toml: &str, variables: &[(&str, &str)]| {
            loaded(toml, variables).map(|config| config.forwarding().trusted_hops)
        };
        assert_eq!(hops("", &[]), Ok(0));
        for (value, expected) in [("true", 1), ("on", 1), ("1", 1), ("2", 2), ("false", 0), ("0", 0)] {
            assert_eq!(hops("", &[("TRUST_PROXY", value)]), Ok(expected), "{value}");
        }
        assert_eq!(hops("[server]\ntrust_proxy = true\n", &[]), Ok(1));
        assert_eq!(hops("[server]\ntrust_proxy = 2\n", &[]), Ok(2));
        assert!(hops("", &[("TRUST_PROXY", "10.0.0.1")]).unwrap_err().contains("a number of proxies"));
        assert!(hops("", &[("PROXY_HEADER", "x-real-ip")]).is_err());
    }

    #[test]
    fn connection_limits_reserve_file_descriptors() {
        let connections = |variables: &[(&str, &str)], descriptors| {
            let limits = loaded("", variables).unwrap().connections(descriptors);
            (limits.connections, limits.connections_per_address)
        };
        assert_eq!(connections(&[], 1 << 20), (20_000, Some(500)));
        assert_eq!(connections(&[], 1024), (768, Some(500)));
        assert_eq!(connections(&[], 100), (50, Some(500)));
        assert_eq!(connections(&[("MAX_CONNECTIONS_PER_ADDRESS", "0")], 1 << 20).1, None);
        assert_eq!(connections(&[("TRUST_PROXY", "1")], 1 << 20).1, None, "all come from the proxy");
    }

    #[test]
    fn engine_settings_reach_the_engines() {
        let timeout = |toml, variables| {
            let config = loaded(toml, variables).unwrap().translation();
            (config.apertium_timeout_seconds, config.model_idle_seconds)
        };
        assert_eq!(timeout("", &[]), (20, 900));
        let toml = "[translation]\napertium_timeout_seconds = 5\nmodel_idle_seconds = 60\n";
        assert_eq!(timeout(toml, &[]), (5, 60));
        let variables = [("APERTIUM_TIMEOUT_SECONDS", "7"), ("MODEL_IDLE_SECONDS", "8")];
        assert_eq!(timeout(toml, &variables), (7, 8));
    }

    #[test]
    fn remote_servers_are_tables_in_the_file_or_inline_in_a_variable() {
        let toml = "[[translation.remote]]\nkind = \"libretranslate\"\nurl = \"http://a\"\n";
        assert_eq!(loaded(toml, &[]).unwrap().translation().remote[0].name(), "libretranslate");
        let line =
            r#"[{kind = "meeshy", url = "http://b"}, {kind = "openai", url = "http://c", name = "llm"}]"#;
        let config = loaded(toml, &[("TRANSLATION_REMOTE", line)]).unwrap();
        let names: Vec<&str> = config.translation.remote.iter().map(RemoteConfig::name).collect();
        assert_eq!(names, ["meeshy", "llm"]);
    }

    #[test]
    fn errors_name_the_setting_and_its_source() {
        for (toml, variables, message) in [
            (
                "[server]\nprot = 1\n",
                &[][..],
                "unknown key `server.prot` in meeshy.toml; did you mean `server.port`?",
            ),
            (
                "[server]\nport = \"x\"\n",
                &[],
                "server.port: expected an integer up to 2147483647, found `x` (from meeshy.toml)",
            ),
            ("", &[("PORT", "99999")], "server.port"),
            ("", &[("TRANSLATION_CACHE_MIB", "99999999999999")], "up to 2147483647, found `99999999999999`"),
            ("[translation]\nmodel_idle_seconds = -1\n", &[], "up to 2147483647, found `-1`"),
            (
                "",
                &[("PORT", "x")],
                "server.port: expected an integer up to 2147483647, found `x` (from the variable PORT)",
            ),
            ("", &[("JWT_SECRET", "short")], "at least 32 bytes"),
            ("", &[("JWT_SECRET", "change-me-change-me-change-me-change-me")], "looks like a placeholder"),
            ("", &[("JWT_SECRET", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")], "looks like a placeholder"),
            ("", &[("JWT_SECRET_FILE", "/nowhere/at/all")], "/nowhere/at/all"),
            ("", &[("DATABASE_URL", "mongodb://database:27017/meeshy")], "old MongoDB"),
            (
                "[translation_api]\napi_keys = [\"key\", \" \"]\n",
                &[],
                "translation_api.api_keys contains an empty key",
            ),
            ("", &[("DATABASE_URL", "mysql://x")], "must start with `postgres://`"),
            ("[[", &[], "meeshy.toml"),
            ("", &[("METRICS_TOKEN", "short")], "at least 16 bytes"),
            ("", &[("IDLE_TIMEOUT", "0")], "limits.idle_seconds must be at least 1"),
            ("", &[("APERTIUM_TIMEOUT_SECONDS", "0")], "apertium_timeout_seconds must be at least 1"),
            ("[[translation.remote]]\nkind = \"deepl\"\n", &[], "unknown variant `deepl`"),
            (
                "[[translation.remote]]\nkind = \"meeshy\"\nurl = \"http://a\"\nkey = 1\n",
                &[],
                "unknown field `key`",
            ),
            (
                "",
                &[("TRANSLATION_REMOTE", "[{api_key = \"sesame\"")],
                "tables such as `[{key = \"value\"}]`, found `something else`",
            ),
        ] {
            let error = loaded(toml, variables).unwrap_err();
            assert!(error.contains(message), "expected `{message}` in `{error}`");
        }
    }

    #[test]
    fn secrets_are_masked_in_all_output() {
        let toml = "[translation]\nindex_url = [\"https://me:CANARY@mirror.example/CANARY/models.json\"]\n\
            [[translation.remote]]\nkind = \"meeshy\"\nurl = \"https://me:CANARY@b.example/CANARY/v1?key=CANARY\"\napi_key = \"CANARY\"\n\
            [[translation.remote]]\nkind = \"libretranslate\"\nurl = \"https://CANARY@c.example\"\n\
            [translation_api]\napi_keys = [\"CANARY\"]\n";
        let variables = [
            ("DATABASE_URL", "postgres://me:CANARY@db.example/meeshy?password=CANARY"),
            ("JWT_SECRET", "CANARY-0123456789-abcdefghijklmnop"),
            ("JWT_PRIVATE_KEY", "CANARY"),
            ("METRICS_TOKEN", "CANARY-0123456789-abcdefghijklmnop"),
            ("JWT_PUBLIC_KEY", "public"),
        ];
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let (config, effective) = load(Some(("meeshy.toml".into(), toml.to_owned())), variable).unwrap();
        let location = config.location();
        for shown in [
            format!("{config:?}"),
            format!("{effective:#?}"),
            format!("{location:?} {location}"),
            format!("{:?}", config.translation()),
            format!("{:?}", effective.iter().map(Effective::shown).collect::<Vec<_>>()),
        ] {
            assert!(!shown.contains("CANARY"), "{shown}");
        }
        // Nor do errors about a file that cannot be parsed.
        for broken in ["[auth]\njwt_secret = CANARY\n", "[auth]\njwt_secret = \"CANARY\n", "CANARY"] {
            let said = loaded(broken, &[]).unwrap_err();
            assert!(!said.contains("CANARY"), "{said}");
        }
    }

    #[test]
    fn the_checked_in_reference_is_up_to_date() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
        let checked_in = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(
            checked_in,
            settings::reference(),
            "run `meeshy config --reference > docs/configuration.md`"
        );
    }
}
