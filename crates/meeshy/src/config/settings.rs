//! Everything that can be set, once: its key, its variables, its default and what it means.

/// How a variable's text becomes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Integer,
    /// `true`/`false`, `on`/`off`, `yes`/`no`, `1`/`0`.
    Switch,
    /// A number of proxies; `true` is one and `false` none, as for a switch.
    Hops,
    /// Parted by commas.
    List,
    /// Tables with keys of their own: `[[…]]` in the file, `[{key = value, …}, …]` in a variable.
    Tables,
}

/// Something that can be set.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Its key in `meeshy.toml`, with its table: `server.port`.
    pub key: &'static str,
    /// The environment variables that set it, the first one that is there; with `_FILE` behind the name, the
    /// variable holds the path of a file with the value.
    pub variables: &'static [&'static str],
    pub kind: Kind,
    /// Written as a variable's text; `None` where there is no value unless one is set.
    pub default: Option<&'static str>,
    /// Never shown.
    pub secret: bool,
    pub meaning: &'static str,
}

const fn setting(
    key: &'static str,
    variables: &'static [&'static str],
    kind: Kind,
    default: Option<&'static str>,
    meaning: &'static str,
) -> Setting {
    Setting { key, variables, kind, default, secret: false, meaning }
}

const fn secret(key: &'static str, variables: &'static [&'static str], meaning: &'static str) -> Setting {
    Setting { key, variables, kind: Kind::Text, default: None, secret: true, meaning }
}

use Kind::{Hops, Integer, List, Switch, Tables, Text};

#[rustfmt::skip]
pub const SETTINGS: &[Setting] = &[
    setting("server.role", &["MEESHY_ROLE"], Text, Some("all"), "What this process does: `all`, `gateway` (people and their messages) or `translator` (translations only); several processes need PostgreSQL."),
    setting("server.host", &["HOST"], Text, Some("0.0.0.0"), "The address to listen on."),
    setting("server.port", &["PORT", "GATEWAY_PORT"], Integer, Some("3000"), "The port to listen on; 0 takes a free one."),
    setting("server.cors_origins", &["CORS_ORIGINS", "ALLOWED_ORIGINS"], List, Some(""), "Origins of other sites whose pages may call, such as `https://app.example.org`; our own pages always may, also behind a proxy that passes on `Host`, or is trusted and sends `X-Forwarded-Host`."),
    setting("server.trust_proxy", &["TRUST_PROXY"], Hops, Some("0"), "How many proxies stand in front, each of which adds the address that it sees to `X-Forwarded-For` or `Forwarded`; `true` is 1. 0 believes neither."),
    setting("server.proxy_header", &["PROXY_HEADER"], Text, Some("x-forwarded-for"), "The header that those proxies write: `x-forwarded-for` (`Forwarded` is read where there is none), or `forwarded` where the proxies let a client's own `X-Forwarded-For` pass."),
    setting("server.behind_tls", &["BEHIND_TLS"], Switch, Some("false"), "Clients reach this server over TLS only: browsers are told to use nothing else (HSTS). Not needed where a trusted proxy sends `X-Forwarded-Proto`."),
    setting("server.query_tokens", &["QUERY_TOKENS"], Switch, Some("false"), "Take a socket's token from its query, where proxies and logs see it; for clients that can put it nowhere else (the known ones send it in a header as well)."),
    setting("metrics.listen", &["METRICS_LISTEN"], Text, None, "The address and port for the operator's tools: `/metrics` and a `/health` with figures, for everybody who reaches it; `127.0.0.1:9464`. Not served when not set."),
    secret("metrics.token", &["METRICS_TOKEN"], "Serves both on the main address as well, to those who send `Authorization: Bearer` with this token; at least 16 bytes."),
    setting("data.dir", &["MEESHY_DATA_DIR"], Text, Some("data"), "The folder for the SQLite database, the models and the files that Meeshy makes for itself."),
    secret("database.url", &["DATABASE_URL"], "`postgres://user:password@host/database`; SQLite in the data folder when not set. `?sslmode=` takes `disable`, `prefer`, `require`, `verify-ca` and `verify-full` (with `sslrootcert=` a file of certificates, or those that the system trusts), `statement_timeout=` milliseconds."),
    setting("database.connections", &["DATABASE_CONNECTIONS"], Integer, Some("8"), "Connections to PostgreSQL."),
    secret("auth.jwt_secret", &["JWT_SECRET"], "Signs tokens with HS256; at least 32 bytes. When not set, Meeshy makes one and keeps it in the data folder."),
    secret("auth.jwt_private_key", &["JWT_PRIVATE_KEY"], "Signs tokens with EdDSA or RS256 instead: an Ed25519 or RSA private key in PEM."),
    setting("auth.jwt_public_key", &["JWT_PUBLIC_KEY"], Text, None, "The public key that goes with it, in PEM."),
    setting("auth.token_hours", &["TOKEN_HOURS"], Integer, Some("24"), "How long a token holds."),
    setting("auth.session_days", &["SESSION_EXPIRY_DESKTOP_DAYS"], Integer, Some("30"), "How long a device stays signed in."),
    setting("auth.trusted_session_days", &["SESSION_EXPIRY_TRUSTED_DAYS"], Integer, Some("365"), "How long a device stays signed in that is to be remembered."),
    setting("auth.sessions_per_user", &["MAX_SESSIONS_PER_USER"], Integer, Some("10"), "Devices on which one person can be signed in; the oldest is signed out."),
    setting("auth.hashing_memory_kib", &["HASHING_MEMORY_KIB"], Integer, Some("19456"), "Memory of one password hash (argon2id)."),
    setting("auth.hashing_passes", &["HASHING_PASSES"], Integer, Some("2"), "Passes over that memory."),
    setting("auth.hashing_at_once", &["HASHING_AT_ONCE"], Integer, Some("2"), "Password hashes computed at the same time."),
    setting("limits.rate_limits", &["RATE_LIMITS"], Switch, Some("true"), "Whether calls and wrong passwords are limited in number; off for tests and benchmarks only."),
    setting("limits.message_chars", &["MAX_MESSAGE_LENGTH"], Integer, Some("4000"), "Characters of a message, at most."),
    setting("limits.connections", &["MAX_CONNECTIONS"], Integer, Some("20000"), "Connections at the same time, for each address that Meeshy listens on; fewer where the system allows fewer open files."),
    setting("limits.connections_per_address", &["MAX_CONNECTIONS_PER_ADDRESS"], Integer, Some("500"), "Connections at the same time from one address (of IPv6, one /64); 0 is no limit. Not applied behind a proxy (`server.trust_proxy`), which has to limit its own."),
    setting("limits.header_seconds", &["HEADER_TIMEOUT"], Integer, Some("15"), "How long the head of a request may take to arrive; at least 1."),
    setting("limits.body_seconds", &["BODY_TIMEOUT"], Integer, Some("20"), "How long the body of a request may take to arrive; a second more for each KiB that arrived, up to ten minutes; at least 1."),
    setting("limits.idle_seconds", &["IDLE_TIMEOUT"], Integer, Some("65"), "How long a connection may stay open between two requests; at least 1. Longer than the proxy in front keeps its own."),
    setting("files.unsigned_paths", &["UNSIGNED_FILE_PATHS"], Switch, Some("true"), "Give a file to whoever knows its path, which has a random part: clients of the old system build such addresses themselves. Turn it off when there are none any more; links in messages carry signatures."),
    setting("retention.notification_days", &["NOTIFICATION_RETENTION_DAYS"], Integer, Some("30"), "A notification that was read goes to the archive when it is so old."),
    setting("retention.old_unread_notifications", &["OLD_UNREAD_NOTIFICATIONS"], Integer, Some("25"), "So many of a person's notifications that are older but unread stay, the newest ones."),
    setting("retention.cached_translation_days", &["CACHED_TRANSLATION_DAYS"], Integer, Some("30"), "A translated sentence is kept so long for the next time it is needed, also when the message it came from is deleted."),
    setting("retention.cached_translations", &["CACHED_TRANSLATIONS"], Integer, Some("200000"), "So many translated sentences are kept for the next time at most, the newest ones."),
    setting("retention.event_days", &["EVENT_DAYS"], Integer, Some("7"), "Keep what has happened in conversations for this many days, for clients that were away; those away longer reload."),
    setting("retention.events_per_conversation", &["EVENTS_PER_CONVERSATION"], Integer, Some("10000"), "Keep at most this many of these events of one conversation, the newest ones."),
    setting("translation.models_dir", &["MODELS_DIR"], Text, None, "The folder of the Firefox Translations models; `models` in the data folder when not set."),
    setting("translation.index_url", &["MODELS_INDEX_URL"], List, Some("https://storage.googleapis.com/moz-fx-translations-data--303e-prod-translations-data/db/models.json"), "The indexes of models to download, tried in this order; larger sites should name a mirror."),
    setting("translation.pull", &["MODELS_PULL"], Switch, Some("true"), "Whether models that conversations need are downloaded by themselves, in the background."),
    setting("translation.apertium_modes_dir", &["APERTIUM_MODES_DIR"], Text, Some("/usr/share/apertium/modes"), "Where Apertium's language pairs are."),
    setting("translation.apertium_idle_seconds", &["APERTIUM_IDLE_SECONDS"], Integer, Some("600"), "An Apertium pair that is not used for so long is stopped."),
    setting("translation.apertium_timeout_seconds", &["APERTIUM_TIMEOUT_SECONDS"], Integer, Some("20"), "An Apertium pair that has not answered for so long is stopped, and the work tried again later; at least 1."),
    setting("translation.model_idle_seconds", &["MODEL_IDLE_SECONDS"], Integer, Some("900"), "A Firefox model that is not used for so long leaves the memory."),
    setting("translation.model_memory_mib", &["MODELS_MEMORY_MIB"], Integer, Some("1024"), "Memory for loaded models, in MiB; beyond it, the least recently used leave."),
    setting("translation.threads", &["TRANSLATION_THREADS"], Integer, Some("2"), "Threads that translate with Firefox models."),
    setting("translation.cache_mib", &["TRANSLATION_CACHE_MIB"], Integer, Some("16"), "Memory for translations made before, in MiB."),
    setting("translation.remote", &["TRANSLATION_REMOTE"], Tables, Some(""), "Servers that translate; their keys are below."),
    setting("translation.accept_non_commercial", &["TRANSLATION_ACCEPT_NON_COMMERCIAL"], Switch, Some("false"), "Use models whose licence forbids commercial use, such as NLLB-200 (CC-BY-NC 4.0)."),
    setting("translation_api.listen", &["TRANSLATION_API_LISTEN", "NODE_LISTEN"], Text, None, "The address and port for other programs that translate over HTTP (LibreTranslate's interface and the old translator's): `127.0.0.1:8000`. Not served when not set."),
    setting("translation_api.grpc_listen", &["TRANSLATION_API_GRPC_LISTEN", "NODE_GRPC_LISTEN"], Text, None, "The same for gRPC: `127.0.0.1:50051`."),
    Setting { secret: true, ..setting("translation_api.api_keys", &["TRANSLATION_API_KEYS", "NODE_API_KEYS"], List, Some(""), "Keys of which those programs have to name one; anybody who reaches the address may translate when there are none.") },
    setting("log.level", &["LOG_LEVEL"], Text, Some("info"), "`error`, `warn`, `info`, `debug`, `trace`, or directives such as `info,meeshy_chat=debug`."),
    setting("log.json", &["LOG_JSON"], Switch, Some("false"), "One JSON object a line instead of text for people."),
];

/// The keys of an entry of `translation.remote`: name, default, meaning.
const REMOTE: &[(&str, &str, &str)] = &[
    (
        "kind",
        "",
        "`libretranslate`, `openai` (chat completions, as most servers of language models speak them) or `meeshy` (another Meeshy).",
    ),
    (
        "url",
        "",
        "Its address, with the path where the interface begins: `http://127.0.0.1:5000`, `http://127.0.0.1:11434/v1`.",
    ),
    ("name", "the kind", "What readers see next to a translation."),
    ("api_key", "", "The key to it, if it wants one."),
    ("api_key_file", "", "A file with the key instead."),
    ("model", "", "The model to ask for; `openai` only, and needed there."),
    (
        "languages",
        "all it offers",
        "The languages it may be asked for; an `openai` server cannot say what it offers and needs these or `pairs`.",
    ),
    ("pairs", "all it offers", "The pairs it may be asked for, such as `en-fr`."),
    ("timeout_seconds", "10", "A request that has not ended by then has failed."),
    ("max_concurrency", "4", "Requests at the same time."),
    (
        "first",
        "false",
        "Whether it is asked before the engines of this machine: then texts leave it that need not.",
    ),
    ("lost", "by the kind", "How much quality a translation loses there, in points of chrF."),
    ("cost_ms", "by the kind", "About how long a sentence takes there, in milliseconds."),
];

/// The page `docs/configuration.md`.
pub fn reference() -> String {
    let mut page = String::from(
        "# Configuration\n\n\
         Meeshy needs none. What can be set is set in `meeshy.toml` in the current folder (or the file that `--config` names), or by an \
         environment variable, which wins. Of each variable there is a form with `_FILE` behind its name: it holds the path of a file with \
         the value, for secrets. A key that is not listed here is an error. `meeshy config` shows what holds and where it came from.\n\n\
         | key | variable | default | meaning |\n|---|---|---|---|\n",
    );
    for setting in SETTINGS {
        let variables =
            setting.variables.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let default = setting
            .default
            .filter(|text| !text.is_empty())
            .map_or_else(String::new, |text| format!("`{text}`"));
        page += &format!("| `{}` | {variables} | {default} | {} |\n", setting.key, setting.meaning);
    }
    page += "\n## Servers that translate\n\n\
             Each `[[translation.remote]]` is one; docs/translation.md tells more. In the variable they stand as in a line of TOML: \
             `[{kind = \"libretranslate\", url = \"http://127.0.0.1:5000\"}]`.\n\n\
             | key | default | meaning |\n|---|---|---|\n";
    for (key, default, meaning) in REMOTE {
        page += &format!("| `{key}` | {default} | {meaning} |\n");
    }
    page
}
