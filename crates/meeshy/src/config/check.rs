//! What no type can say about a configuration.

use super::{Calls, Config, Limits, NO_SERVERS, Role};
use meeshy_chat::SECRET_BYTES;
use meeshy_domain::{Address, WebAddress};
use meeshy_push::{Services, WebPush};

/// The minimum length of the metrics token, in bytes.
const MIN_METRICS_TOKEN_BYTES: usize = 16;

/// The minimum length of the secret of a TURN server, in bytes.
const MIN_TURN_SECRET_BYTES: usize = 16;

/// The shortest lifetime of TURN credentials, in seconds.
const MIN_TURN_LIFETIME_SECONDS: u32 = 60;

/// How long a call can ring, in seconds.
const RING_SECONDS: std::ops::RangeInclusive<u32> = 5..=600;

/// Words that suggest a placeholder instead of a real secret.
const PLACEHOLDERS: [&str; 7] = ["change", "secret", "placeholder", "example", "your-", "password", "jwt"];

/// Characters of the name of a gateway.
const MAX_NAME_CHARS: usize = 32;

fn is_name(name: &str) -> bool {
    (1..=MAX_NAME_CHARS).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

impl Config {
    /// Checks what types cannot express: guessable secrets, unsupported database URLs.
    pub(super) fn check(&self) -> Result<(), String> {
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
        let is_header = |name: &str| name.parse::<axum::http::HeaderName>().is_ok();
        match self.server.country_header.as_deref() {
            Some(name) if !is_header(name) => {
                return Err("server.country_header (COUNTRY_HEADER) must be the name of a header".into());
            }
            Some(_) if self.server.trust_proxy == 0 => {
                return Err("server.country_header (COUNTRY_HEADER) needs a trusted proxy: set \
server.trust_proxy (TRUST_PROXY)"
                    .into());
            }
            _ => {}
        }
        let site = &self.server.public_url;
        if site.starts_with('/') || WebAddress::parse(site).is_none() {
            return Err(
                "server.public_url (PUBLIC_URL) must be a URL such as `https://meeshy.example.org`".into()
            );
        }
        self.mail().map_err(|error| format!("mail.smtp_url and mail.from (SMTP_URL, MAIL_FROM): {error}"))?;
        self.sms().map_err(|error| {
            format!("sms.url, sms.body and sms.authorization (SMS_URL, SMS_BODY, SMS_AUTHORIZATION): {error}")
        })?;
        let push = self.push();
        let services = Services::new(&push.services);
        let checked = services.and_then(|services| WebPush::new(&[1; 32], services, &push.contact));
        checked.map_err(|error| {
            format!("push.web_services and push.contact (PUSH_WEB_SERVICES, PUSH_CONTACT): {error}")
        })?;
        self.calls.check()?;
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
}

impl Calls {
    /// Checks the servers that clients are told, and the times.
    fn check(&self) -> Result<(), String> {
        let lists = [
            ("calls.stun_urls (STUN_URLS)", &self.stun_urls, ["stun:", "stuns:", NO_SERVERS]),
            ("calls.turn_urls (TURN_URLS)", &self.turn_urls, ["turn:", "turns:", "turn:"]),
        ];
        for (key, urls, schemes) in lists {
            let is_known = |url: &String| schemes.iter().any(|scheme| url.starts_with(scheme));
            if let Some(wrong) = urls.iter().find(|url| !is_known(url)) {
                return Err(format!("{key}: `{wrong}` does not start with `{}`", schemes[0]));
            }
        }
        if self.turn_urls.is_empty() != self.turn_secret.is_none() {
            return Err("calls.turn_urls (TURN_URLS) and calls.turn_secret (TURN_SECRET) go together: set both or none".into());
        }
        if self.turn_secret.as_ref().is_some_and(|secret| secret.expose().len() < MIN_TURN_SECRET_BYTES) {
            return Err(format!(
                "calls.turn_secret (TURN_SECRET) must have at least {MIN_TURN_SECRET_BYTES} bytes"
            ));
        }
        if self.turn_lifetime_seconds < MIN_TURN_LIFETIME_SECONDS {
            return Err(format!(
                "calls.turn_lifetime_seconds (TURN_LIFETIME) must be at least {MIN_TURN_LIFETIME_SECONDS}"
            ));
        }
        if !RING_SECONDS.contains(&self.ring_seconds) {
            let (least, most) = (RING_SECONDS.start(), RING_SECONDS.end());
            return Err(format!("calls.ring_seconds (CALL_RING_SECONDS) must be {least} to {most}"));
        }
        Ok(())
    }
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
