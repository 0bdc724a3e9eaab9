//! Firefox Translations: small int8 models (17 to 45 MB a direction) that run on any core with AVX2.

mod container;
mod host;
pub(crate) mod words;

use crate::engine::{Engine, Offer, Pair, Translated};
use crate::models::{Installed, ModelStore};
use crate::quality;
use crate::{EngineError, TranslationConfig};
use async_trait::async_trait;
use host::Host;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// All models of the folder.
pub(crate) struct Firefox {
    store: ModelStore,
    threads: usize,
    idle: Duration,
    hosts: Mutex<HashMap<Pair, Loaded>>,
}

struct Loaded {
    version: String,
    host: Arc<Host>,
}

impl Firefox {
    pub(crate) fn new(config: &TranslationConfig) -> Self {
        Self {
            store: ModelStore::new(config),
            threads: config.worker_threads(),
            idle: Duration::from_secs(config.model_idle_seconds),
            hosts: Mutex::default(),
        }
    }

    /// The host of a pair, started if there is none or if it has rested.
    fn host(&self, pair: Pair) -> Result<Arc<Host>, EngineError> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loaded) = hosts.get(&pair).filter(|loaded| !loaded.host.has_ended()) {
            return Ok(Arc::clone(&loaded.host));
        }
        let model = self.store.installed(pair).map_err(|error| EngineError::Broken(error.to_string()))?;
        let version = model.version();
        let host = Arc::new(Host::start(model, self.threads, self.idle)?);
        hosts.insert(pair, Loaded { version, host: Arc::clone(&host) });
        Ok(host)
    }
}

#[async_trait]
impl Engine for Firefox {
    fn name(&self) -> &str {
        "firefox"
    }

    fn offers(&self) -> Vec<Offer> {
        if !processor_is_able() {
            return Vec::new();
        }
        let models: HashMap<Pair, Installed> =
            self.store.list().into_iter().filter_map(Result::ok).map(|model| (model.pair, model)).collect();
        // A model that was replaced or removed is let go; the next request loads the new one.
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.retain(|pair, loaded| models.get(pair).is_some_and(|model| model.version() == loaded.version));
        let offer = |model: Installed| Offer {
            pair: model.pair,
            version: model.version(),
            lost: quality::LOST_BY_FIREFOX,
            cost_ms: quality::FIREFOX_MS,
        };
        models.into_values().map(offer).collect()
    }

    async fn translate(&self, pair: Pair, segments: &[String]) -> Result<Vec<Translated>, EngineError> {
        let texts: Vec<String> = segments.iter().map(|segment| words::from_marks(segment)).collect();
        let answers = match self.host(pair)?.translate(texts.clone()).await {
            // It had just gone to rest; another is started.
            Err(EngineError::Interrupted(_)) => self.host(pair)?.translate(texts).await?,
            answers => answers?,
        };
        Ok(answers.iter().map(|text| Translated { text: words::to_marks(text), score: None }).collect())
    }

    async fn rest(&self) {
        let hosts: Vec<Loaded> = {
            let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
            hosts.drain().map(|(_, loaded)| loaded).collect()
        };
        for loaded in hosts {
            loaded.host.end().await;
        }
    }
}

/// The kernel of the models is built for AVX2 and would not even start on an older processor.
fn processor_is_able() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        std::arch::is_x86_feature_detected!("avx2")
    }
    #[cfg(target_arch = "aarch64")]
    {
        std::arch::is_aarch64_feature_detected!("i8mm")
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    {
        true
    }
}
