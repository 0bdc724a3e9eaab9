//! Firefox Translations: small int8 models (17 to 45 MB per direction) that run on any core with AVX2.

mod container;
mod host;
mod hosts;
mod inbox;
pub(crate) mod words;

use crate::engine::{Engine, MAX_LIVE_WAIT, Offer, Portion, Translated};
use crate::folder_health::FolderHealth;
use crate::models::{Installed, ModelError, ModelStore};
use crate::pair::Pair;
use crate::quality;
use crate::request::Urgency;
use crate::{EngineError, TranslationConfig};
use async_trait::async_trait;
use host::Host;
use hosts::Hosts;
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The size of a portion per thread, in bytes: about fifteen chat sentences, less than a tenth of a second
/// with a small model.
const PORTION_BYTES: usize = 1_000;

/// All models of the folder.
pub(crate) struct Firefox {
    store: ModelStore,
    threads: usize,
    idle: Duration,
    hosts: Mutex<Hosts>,
    /// Counts models whose load outcome became known: a newer one may take over then.
    settled: Arc<AtomicU64>,
    /// The models as last read.
    models: Mutex<Vec<Installed>>,
    health: FolderHealth,
}

impl Firefox {
    pub(crate) fn new(config: &TranslationConfig) -> Self {
        Self {
            store: ModelStore::new(config),
            threads: config.worker_threads(),
            idle: Duration::from_secs(config.model_idle_seconds),
            hosts: Mutex::new(Hosts::new(config.model_memory_bytes)),
            settled: Arc::default(),
            models: Mutex::default(),
            health: FolderHealth::default(),
        }
    }

    /// The host of a pair, started if there is none or if it was unloaded.
    fn host(&self, pair: Pair) -> Result<Arc<Host>, EngineError> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = hosts.get(pair) {
            return Ok(host);
        }
        let model = self.installed(pair)?;
        hosts.load(model, &|model| self.start(model))
    }

    fn installed(&self, pair: Pair) -> Result<Installed, EngineError> {
        self.store.installed(pair).or_else(|error| {
            if !error.is_passing() && self.store.is_there() {
                return Err(EngineError::Broken(error.to_string()));
            }
            let known = self.models.lock().unwrap_or_else(PoisonError::into_inner);
            let model = known.iter().find(|model| model.pair == pair).cloned();
            model.ok_or_else(|| EngineError::Interrupted(error.to_string()))
        })
    }

    /// The models of the folder. If one cannot be read, its last known state is used.
    fn models(&self) -> Vec<Installed> {
        let mut known = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut models, mut problem) = (Vec::new(), None);
        for listed in self.store.list() {
            match listed {
                Ok(model) => models.push(model),
                Err(error) if error.is_passing() => problem = Some(error),
                // `meeshy models` shows it.
                Err(_) => {}
            }
        }
        let is_missing = !known.is_empty() && !self.store.is_there() && !self.health.is_removed();
        if problem.is_some() || is_missing {
            let listed: HashSet<Pair> = models.iter().map(|model| model.pair).collect();
            models.extend(known.iter().filter(|model| !listed.contains(&model.pair)).cloned());
        }
        let missing = is_missing.then(|| ModelError::no_folder(self.store.folder()));
        let problem = problem.or(missing);
        self.health
            .record(self.store.folder(), problem.as_ref().map(|problem| problem as &dyn std::fmt::Display));
        known.clone_from(&models);
        models
    }

    fn start(&self, model: Installed) -> Result<Host, EngineError> {
        Host::start(model, self.threads, self.idle, || {})
    }

    /// Loads a model that will replace another one.
    fn start_next(&self, model: Installed) -> Result<Host, EngineError> {
        let settled = Arc::clone(&self.settled);
        Host::start(model, self.threads, self.idle, move || {
            settled.fetch_add(1, Ordering::Release);
        })
    }
}

#[async_trait]
impl Engine for Firefox {
    fn name(&self) -> &str {
        "firefox"
    }

    fn keeps_quantities(&self) -> bool {
        true
    }

    fn needs_small_letters(&self) -> bool {
        true
    }

    fn offers(&self) -> Vec<Offer> {
        if !processor_is_able() {
            return Vec::new();
        }
        let models = self.models();
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.keep_only(|pair| models.iter().any(|model| model.pair == pair));
        let mut offer = |model: &Installed| Offer {
            pair: model.pair,
            model: Some(model.manifest.architecture.clone()).filter(|name| is_plain(name)),
            version: hosts.follow(model, &|model| self.start_next(model)),
            lost: quality::LOST_BY_FIREFOX,
            cost_ms: quality::FIREFOX_MS,
        };
        models.iter().map(&mut offer).collect()
    }

    fn retry_at(&self) -> Option<Instant> {
        self.health.retry_at()
    }

    fn revision(&self) -> u64 {
        self.settled.load(Ordering::Acquire)
    }

    fn prepare(&self, pair: Pair) {
        self.warm_up(pair);
    }

    /// Never unloads another model for it: the least recently used one may be needed sooner.
    fn warm_up(&self, pair: Pair) {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = hosts.get(pair) {
            host.keep();
        } else if let Ok(model) = self.installed(pair)
            && hosts.has_room_for(&model)
        {
            // The first request tries again and reports the error.
            let _ = hosts.load(model, &|model| self.start(model));
        }
    }

    fn max_wait(&self) -> Option<Duration> {
        Some(MAX_LIVE_WAIT)
    }

    fn portion(&self, _: Urgency) -> Portion {
        Portion { bytes: PORTION_BYTES * self.threads, at_once: 1 }
    }

    async fn translate(
        &self,
        pair: Pair,
        segments: &[String],
        urgency: Urgency,
    ) -> Result<Vec<Translated>, EngineError> {
        let texts: Vec<String> = segments.iter().map(|segment| words::from_marks(segment)).collect();
        let answers = match self.host(pair)?.translate(texts.clone(), urgency).await {
            // It was just unloaded; start another one.
            Err(EngineError::Interrupted(_)) => self.host(pair)?.translate(texts, urgency).await?,
            answers => answers?,
        };
        Ok(answers.iter().map(|text| Translated::new(words::to_marks(text))).collect())
    }

    async fn rest(&self) {
        let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner).drain();
        for host in hosts {
            host.end().await;
        }
    }
}

/// Whether a size class can be a part of the name of a route.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// The kernels of the models are built for AVX2 and would crash on an older processor.
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
