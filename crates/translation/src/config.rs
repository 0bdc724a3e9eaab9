//! The configuration of the translator.

use crate::RemoteConfig;
use crate::models::Packages;
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
    /// The folder of the Firefox Translations models, with one folder per direction (`en-fr`).
    pub models_dir: PathBuf,
    /// The indexes of downloadable models, tried in this order; large sites name a mirror.
    pub index_urls: Vec<Address>,
    /// The packages to download models from that the indexes lack; `None` for none.
    #[serde(skip)]
    pub packages: Option<Packages>,
    /// Where Debian's Apertium packages install their `.mode` files.
    pub apertium_modes_dir: PathBuf,
    /// Stop an Apertium process after this many idle seconds.
    pub apertium_idle_seconds: u64,
    /// Stop an Apertium process that has not answered for this many seconds, and retry the work later.
    pub apertium_timeout_seconds: u64,
    /// Unload a model after this many idle seconds.
    pub model_idle_seconds: u64,
    /// The memory for loaded models, in bytes; beyond it, the least recently used are unloaded.
    pub model_memory_bytes: u64,
    /// The number of threads for a batch of a model; 0 means one per core.
    pub threads: usize,
    /// Remote translation servers.
    pub remote: Vec<RemoteConfig>,
    /// Whether models may be used whose licence forbids commercial use.
    pub accept_non_commercial: bool,
    /// Local measurements (`make quality`), in addition to the built-in ones; the file need not exist.
    pub quality_file: PathBuf,
    /// The memory for the cache of translated sentences, in bytes.
    pub cache_bytes: u64,
}

impl Default for TranslationConfig {
    fn default() -> Self {
        Self {
            models_dir: PathBuf::from("data/models"),
            index_urls: vec![PUBLIC_INDEX.into()],
            packages: None,
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
    /// The number of threads, with 0 resolved to the number of cores.
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
    fn unknown_keys_are_rejected() {
        let error = serde_json::from_str::<TranslationConfig>(r#"{"model_dir": "x"}"#).unwrap_err();
        assert!(error.to_string().contains("unknown field `model_dir`"), "{error}");
    }

    #[test]
    fn missing_keys_have_defaults() {
        let config: TranslationConfig = serde_json::from_str(r#"{"threads": 3}"#).unwrap();
        assert_eq!(config, TranslationConfig { threads: 3, ..TranslationConfig::default() });
        assert_eq!(config.worker_threads(), 3);
    }
}
