//! What an operator can set.

use crate::RemoteConfig;
use meeshy_domain::Address;
use serde::Deserialize;
use std::path::PathBuf;

/// The public index of the Firefox Translations models.
pub const PUBLIC_INDEX: &str =
    "https://storage.googleapis.com/moz-fx-translations-data--303e-prod-translations-data/db/models.json";

/// The section `[translation]` of the configuration.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TranslationConfig {
    /// Where the models of Firefox Translations lie, one folder a direction (`en-fr`).
    pub models_dir: PathBuf,
    /// Where the lists of downloadable models are, the first that answers serves; larger sites name a mirror.
    pub index_urls: Vec<Address>,
    /// Where Debian's Apertium packages put their `.mode` files.
    pub apertium_modes_dir: PathBuf,
    /// After so many seconds without work the processes of an Apertium pair are stopped.
    pub apertium_idle_seconds: u64,
    /// An Apertium pair that has not answered for so many seconds is stopped, and the work tried again later.
    pub apertium_timeout_seconds: u64,
    /// After so many seconds without work a loaded model leaves the memory.
    pub model_idle_seconds: u64,
    /// How much memory loaded models may take, in bytes; beyond it, the least recently used leave.
    pub model_memory_bytes: u64,
    /// Threads that work on one batch of a model; 0 means one for each core.
    pub threads: usize,
    /// Servers that translate.
    pub remote: Vec<RemoteConfig>,
    /// Whether models may be used whose licence forbids commercial use.
    pub accept_non_commercial: bool,
    /// Figures that were measured here (`make quality`), besides those that are built in; it need not be there.
    pub quality_file: PathBuf,
    /// How much memory the cache of translated sentences may take, in bytes.
    pub cache_bytes: u64,
}

impl Default for TranslationConfig {
    fn default() -> Self {
        Self {
            models_dir: PathBuf::from("data/models"),
            index_urls: vec![PUBLIC_INDEX.into()],
            apertium_modes_dir: PathBuf::from("/usr/share/apertium/modes"),
            apertium_idle_seconds: 300,
            apertium_timeout_seconds: 20,
            model_idle_seconds: 900,
            model_memory_bytes: 1024 * 1024 * 1024,
            threads: 0,
            remote: Vec::new(),
            accept_non_commercial: false,
            quality_file: PathBuf::from("data/quality.csv"),
            cache_bytes: 64 * 1024 * 1024,
        }
    }
}

impl TranslationConfig {
    /// The threads to use, with 0 resolved to the cores of this machine.
    pub(crate) fn worker_threads(&self) -> usize {
        match self.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_refused() {
        let error = serde_json::from_str::<TranslationConfig>(r#"{"model_dir": "x"}"#).unwrap_err();
        assert!(error.to_string().contains("unknown field `model_dir`"), "{error}");
    }

    #[test]
    fn what_is_not_set_has_its_default() {
        let config: TranslationConfig = serde_json::from_str(r#"{"threads": 3}"#).unwrap();
        assert_eq!(config, TranslationConfig { threads: 3, ..TranslationConfig::default() });
        assert_eq!(config.worker_threads(), 3);
    }
}
