//! What an operator can set about a server that translates.

use crate::TranslationError;
use crate::engine::Pair;
use meeshy_domain::{Address, Language, Secret};
use reqwest::Url;
use serde::Deserialize;
use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

/// Names that engines of this machine have.
const TAKEN: [&str; 3] = ["firefox", "apertium", "ctranslate2"];
/// The longest name, in characters: readers see it next to each translation.
const NAME_CHARS: usize = 32;

/// Which interface a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RemoteKind {
    /// LibreTranslate's.
    LibreTranslate,
    /// Chat completions as OpenAI defined them, which most servers of language models speak.
    OpenAi,
    /// Another Meeshy, which speaks as LibreTranslate does and keeps protected pieces by itself.
    Meeshy,
}

/// One entry `[[translation.remote]]` of the configuration.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoteConfig {
    /// What readers see next to a translation; the kind when not set.
    pub name: Option<String>,
    /// Which interface it speaks.
    pub kind: RemoteKind,
    /// Where: `https://libretranslate.example`, `http://127.0.0.1:11434/v1`.
    pub url: Address,
    /// The key to it, if it wants one.
    pub api_key: Option<Secret>,
    /// A file with the key instead.
    pub api_key_file: Option<PathBuf>,
    /// The model to ask for; `openai` only.
    pub model: Option<String>,
    /// The languages it may be asked for. The other kinds are asked what they offer, and this narrows it down.
    #[serde(default)]
    pub languages: Vec<String>,
    /// The pairs (`en-fr`) it may be asked for; narrows it down further.
    #[serde(default)]
    pub pairs: Vec<String>,
    /// A request that has not ended by then has failed.
    #[serde(default = "timeout_seconds")]
    pub timeout_seconds: u64,
    /// Requests at the same time.
    #[serde(default = "max_concurrency")]
    pub max_concurrency: usize,
    /// Whether it is asked before the engines of this machine: then texts leave it that need not.
    #[serde(default)]
    pub first: bool,
    /// How much quality a translation loses there, in points of chrF; by the kind when not set.
    pub lost: Option<f32>,
    /// About how long a sentence takes there, in milliseconds; by the kind when not set.
    pub cost_ms: Option<f32>,
}

fn timeout_seconds() -> u64 {
    10
}

fn max_concurrency() -> usize {
    4
}

/// The same, checked.
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
    /// The name that readers see.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(match self.kind {
            RemoteKind::LibreTranslate => "libretranslate",
            RemoteKind::OpenAi => "openai",
            RemoteKind::Meeshy => "meeshy",
        })
    }

    /// Reads the key file and parses what is text.
    ///
    /// # Errors
    /// What of it makes no sense.
    pub(super) fn check(&self) -> Result<Settings, TranslationError> {
        self.settings().map_err(|problem| TranslationError::Remote { name: self.name().to_owned(), problem })
    }

    fn settings(&self) -> Result<Settings, String> {
        let name = self.name();
        let proper = |c: char| c.is_alphanumeric() || " -_.".contains(c);
        if name.is_empty() || name.chars().count() > NAME_CHARS || !name.chars().all(proper) {
            return Err(format!(
                "its name has to be 1 to {NAME_CHARS} letters, digits, spaces or any of `-_.`"
            ));
        }
        if TAKEN.contains(&name) {
            return Err("an engine of this machine has that name; set another `name`".to_owned());
        }
        let languages = self.languages.iter().map(|code| Language::parse(code).map_err(|e| e.to_string()));
        let languages = languages.collect::<Result<Vec<_>, _>>()?;
        let pairs = self.pairs.iter().map(|pair| pair.parse::<Pair>().map_err(|e| e.to_string()));
        let pairs = pairs.collect::<Result<HashSet<_>, _>>()?;
        let is_model = self.kind == RemoteKind::OpenAi;
        if is_model && self.model.is_none() {
            return Err("set the `model` to ask for".to_owned());
        }
        if is_model && languages.len() < 2 && pairs.is_empty() {
            return Err(
                "set the `languages` or `pairs` that its model masters; it cannot be asked".to_owned()
            );
        }
        if self.timeout_seconds == 0 || self.max_concurrency == 0 {
            return Err("`timeout_seconds` and `max_concurrency` have to be at least 1".to_owned());
        }
        let (lost, cost_ms) = self.kind.figures();
        let (lost, cost_ms) = (self.lost.unwrap_or(lost), self.cost_ms.unwrap_or(cost_ms));
        if ![lost, cost_ms].iter().all(|figure| figure.is_finite() && *figure >= 0.0) {
            return Err("`lost` and `cost_ms` have to be 0 or more".to_owned());
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

    /// The address with a slash at its end, so that paths are joined to it and do not replace its last part.
    fn base(&self) -> Result<Url, String> {
        let url = Url::parse(&format!("{}/", self.url.expose().trim_end_matches('/')));
        let url = url.map_err(|error| format!("its url cannot be read: {error}"))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err("its url has to begin with `http://` or `https://`".to_owned());
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
                Err(error) => Err(format!("its api_key_file {}: {error}", path.display())),
            },
        }
    }
}

impl RemoteKind {
    /// What is lost (chrF) and spent (milliseconds a sentence) where nobody has measured: priors, not measurements.
    ///
    /// Argos models, which LibreTranslate serves, are 2.5 COMET behind the best Firefox models; a language model is taken
    /// to be as good as those and slow.
    fn figures(self) -> (f32, f32) {
        match self {
            Self::LibreTranslate => (2.5, 100.0),
            Self::OpenAi => (1.0, 1500.0),
            Self::Meeshy => (1.5, 20.0),
        }
    }
}
