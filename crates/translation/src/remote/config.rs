//! The configuration of a remote translation server.

use crate::TranslationError;
use crate::pair::Pair;
use meeshy_domain::{Address, Language, Secret};
use reqwest::Url;
use serde::Deserialize;
use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

/// Names of the local engines.
const RESERVED_NAMES: [&str; 3] = ["firefox", "apertium", "ctranslate2"];
/// Maximum length of a name, in characters: it is shown to readers next to each translation.
const MAX_NAME_CHARS: usize = 32;

/// The API of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RemoteKind {
    /// LibreTranslate's.
    LibreTranslate,
    /// OpenAI's chat completions, which most language model servers offer.
    OpenAi,
    /// Another Meeshy: LibreTranslate's API, with protection of pieces on the server.
    Meeshy,
}

/// An entry `[[translation.remote]]` of the configuration.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoteConfig {
    /// The name shown to readers next to a translation; by default the kind.
    pub name: Option<String>,
    /// The API.
    pub kind: RemoteKind,
    /// The base URL: `https://libretranslate.example`, `http://127.0.0.1:11434/v1`.
    pub url: Address,
    /// The API key, if the server requires one.
    pub api_key: Option<Secret>,
    /// A file with the API key.
    pub api_key_file: Option<PathBuf>,
    /// The model to request; `openai` only.
    pub model: Option<String>,
    /// The languages to use it for. Other kinds are asked for their languages, and this restricts them.
    #[serde(default)]
    pub languages: Vec<String>,
    /// The pairs (`en-fr`) to use it for; a further restriction.
    #[serde(default)]
    pub pairs: Vec<String>,
    /// The time-out of a request.
    #[serde(default = "timeout_seconds")]
    pub timeout_seconds: u64,
    /// The maximum number of concurrent requests.
    #[serde(default = "max_concurrency")]
    pub max_concurrency: usize,
    /// Whether to prefer it to local engines. Texts then leave the machine even if a local engine could
    /// translate them.
    #[serde(default)]
    pub first: bool,
    /// The quality that a translation loses, in chrF points; by default from the kind.
    pub lost: Option<f32>,
    /// The approximate time per sentence, in milliseconds; by default from the kind.
    pub cost_ms: Option<f32>,
}

fn timeout_seconds() -> u64 {
    10
}

fn max_concurrency() -> usize {
    4
}

/// A validated configuration.
pub(super) struct Settings {
    pub(super) name: String,
    pub(super) kind: RemoteKind,
    pub(super) url: Url,
    pub(super) api_key: Option<Secret>,
    pub(super) model: String,
    pub(super) languages: Vec<Language>,
    pub(super) pairs: HashSet<Pair>,
    pub(super) timeout: Duration,
    pub(super) max_concurrency: usize,
    pub(super) lost: f32,
    pub(super) cost_ms: f32,
}

impl RemoteConfig {
    /// The name shown to readers.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(match self.kind {
            RemoteKind::LibreTranslate => "libretranslate",
            RemoteKind::OpenAi => "openai",
            RemoteKind::Meeshy => "meeshy",
        })
    }

    /// Reads the key file and validates the settings.
    ///
    /// # Errors
    /// If a setting is invalid.
    pub(super) fn check(&self) -> Result<Settings, TranslationError> {
        self.settings().map_err(|problem| TranslationError::Remote { name: self.name().to_owned(), problem })
    }

    fn settings(&self) -> Result<Settings, String> {
        let name = self.name();
        let proper = |c: char| c.is_alphanumeric() || " -_.".contains(c);
        if name.is_empty() || name.chars().count() > MAX_NAME_CHARS || !name.chars().all(proper) {
            return Err(format!(
                "`name` must be 1 to {MAX_NAME_CHARS} letters, digits, spaces or any of `-_.`"
            ));
        }
        if RESERVED_NAMES.contains(&name) {
            return Err("a local engine has that name; set another `name`".to_owned());
        }
        let languages = self.languages.iter().map(|code| Language::parse(code).map_err(|e| e.to_string()));
        let languages = languages.collect::<Result<Vec<_>, _>>()?;
        let pairs = self.pairs.iter().map(|pair| pair.parse::<Pair>().map_err(|e| e.to_string()));
        let pairs = pairs.collect::<Result<HashSet<_>, _>>()?;
        let is_model = self.kind == RemoteKind::OpenAi;
        if is_model && self.model.is_none() {
            return Err("set the `model` to request".to_owned());
        }
        if is_model && languages.len() < 2 && pairs.is_empty() {
            return Err(
                "set the `languages` or `pairs` that its model supports; the server does not list them"
                    .to_owned(),
            );
        }
        if self.timeout_seconds == 0 || self.max_concurrency == 0 {
            return Err("`timeout_seconds` and `max_concurrency` must be at least 1".to_owned());
        }
        let (lost, cost_ms) = self.kind.figures();
        let (lost, cost_ms) = (self.lost.unwrap_or(lost), self.cost_ms.unwrap_or(cost_ms));
        if ![lost, cost_ms].iter().all(|figure| figure.is_finite() && *figure >= 0.0) {
            return Err("`lost` and `cost_ms` must not be negative".to_owned());
        }
        Ok(Settings {
            name: name.to_owned(),
            kind: self.kind,
            url: self.base()?,
            api_key: self.key()?,
            model: self.model.clone().unwrap_or_default(),
            languages,
            pairs,
            timeout: Duration::from_secs(self.timeout_seconds),
            max_concurrency: self.max_concurrency,
            lost,
            cost_ms,
        })
    }

    /// The URL with a trailing slash, so that joining a path does not replace its last segment.
    fn base(&self) -> Result<Url, String> {
        let url = Url::parse(&format!("{}/", self.url.expose().trim_end_matches('/')));
        let url = url.map_err(|error| format!("invalid url: {error}"))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err("`url` must start with `http://` or `https://`".to_owned());
        }
        Ok(url)
    }

    fn key(&self) -> Result<Option<Secret>, String> {
        match (&self.api_key, &self.api_key_file) {
            (Some(_), Some(_)) => Err("set `api_key` or `api_key_file`, not both".to_owned()),
            (Some(key), None) => Ok(Some(key.clone())),
            (None, None) => Ok(None),
            (None, Some(path)) => match std::fs::read_to_string(path) {
                Ok(text) => Ok(Some(text.trim().into())),
                Err(error) => Err(format!("api_key_file {}: {error}", path.display())),
            },
        }
    }
}

impl RemoteKind {
    /// The lost quality (chrF) and cost (milliseconds per sentence) without measurements: priors.
    ///
    /// Argos models, which LibreTranslate serves, are 2.5 COMET points behind the best Firefox models; a
    /// language model is assumed to be as good as those, and slow.
    fn figures(self) -> (f32, f32) {
        match self {
            Self::LibreTranslate => (2.5, 100.0),
            Self::OpenAi => (1.0, 1500.0),
            Self::Meeshy => (1.5, 20.0),
        }
    }
}
