//! Apertium: rule-based translation by programs packaged in Debian, with one persistent pipeline per language
//! pair.
//!
//! It takes about a millisecond per sentence; the result is readable between related languages, and conveys
//! the gist between others. The data and programs are GPL: they are run as processes, never linked.

mod mode;
mod pipeline;
mod stream;

use crate::engine::{Engine, Offer, Portion, Translated};
use crate::folder_health::FolderHealth;
use crate::pair::Pair;
use crate::quality;
use crate::request::Urgency;
use crate::{EngineError, TranslationConfig};
use async_trait::async_trait;
use mode::{Mode, Modes};
use pipeline::Slot;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The maximum size of a live portion, in bytes: a tenth of a second of work.
const PORTION_BYTES: usize = 6_000;
/// The maximum size of a portion that can wait: some milliseconds of work, so that others get their turn in
/// between.
const SMALL_PORTION_BYTES: usize = 400;

/// All pairs of the modes folder.
pub(crate) struct Apertium {
    modes_dir: PathBuf,
    idle: Duration,
    timeout: Duration,
    slots: Mutex<HashMap<Pair, Arc<Slot>>>,
    /// As last read.
    modes: Mutex<HashMap<Pair, Mode>>,
    health: FolderHealth,
}

impl Apertium {
    pub(crate) fn new(config: &TranslationConfig) -> Self {
        Self {
            modes_dir: config.apertium_modes_dir.clone(),
            idle: Duration::from_secs(config.apertium_idle_seconds),
            timeout: Duration::from_secs(config.apertium_timeout_seconds),
            slots: Mutex::default(),
            modes: Mutex::default(),
            health: FolderHealth::default(),
        }
    }

    fn slot(&self, pair: Pair) -> Result<Arc<Slot>, EngineError> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(&pair) {
            return Ok(Arc::clone(slot));
        }
        let mode = self.modes().remove(&pair).ok_or_else(|| self.missing(pair))?;
        let slot = Arc::new(Slot::new(pair, mode, self.idle, self.timeout));
        slots.insert(pair, Arc::clone(&slot));
        Ok(slot)
    }

    fn missing(&self, pair: Pair) -> EngineError {
        let folder = self.modes_dir.display();
        let message =
            format!("the Apertium mode for {pair} has disappeared from {folder}; reinstall its package");
        if self.health.retry_at().is_some() {
            EngineError::Interrupted(message)
        } else {
            EngineError::Broken(message)
        }
    }

    /// The modes of the folder. If it cannot be read (too many open files, a package is being replaced), the
    /// last known ones.
    fn modes(&self) -> HashMap<Pair, Mode> {
        let mut known = self.modes.lock().unwrap_or_else(PoisonError::into_inner);
        let problem = match mode::read_folder(&self.modes_dir) {
            Ok(Modes { mut by_pair, unread }) => {
                for (pair, _) in &unread {
                    if let Some(mode) = known.get(pair) {
                        by_pair.insert(*pair, mode.clone());
                    }
                }
                *known = by_pair;
                unread.into_iter().next().map(|(_, problem)| problem)
            }
            // Nothing is installed: not an error, there are other engines.
            Err(error)
                if error.kind() == std::io::ErrorKind::NotFound
                    && (known.is_empty() || self.health.is_removed()) =>
            {
                known.clear();
                None
            }
            Err(error) => Some(error.to_string()),
        };
        self.health
            .record(&self.modes_dir, problem.as_ref().map(|problem| problem as &dyn std::fmt::Display));
        known.clone()
    }
}

#[async_trait]
impl Engine for Apertium {
    fn name(&self) -> &str {
        "apertium"
    }

    fn offers(&self) -> Vec<Offer> {
        let modes = self.modes();
        // A package may have been replaced: pipelines with the old data must not be used.
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|pair, slot| modes.get(pair).is_some_and(|mode| mode.version == slot.version()));
        let offer = |(pair, mode): (Pair, Mode)| Offer {
            pair,
            model: None,
            version: mode.version,
            lost: quality::LOST_BY_APERTIUM,
            cost_ms: quality::APERTIUM_MS,
        };
        modes.into_iter().map(offer).collect()
    }

    fn retry_at(&self) -> Option<Instant> {
        self.health.retry_at()
    }

    fn prepare(&self, pair: Pair) {
        if let Ok(slot) = self.slot(pair) {
            slot.prepare();
        }
    }

    fn portion(&self, urgency: Urgency) -> Portion {
        let bytes = match urgency {
            Urgency::Live => PORTION_BYTES,
            Urgency::Later => SMALL_PORTION_BYTES,
        };
        Portion { bytes, at_once: 1 }
    }

    async fn translate(
        &self,
        pair: Pair,
        segments: &[String],
        _: Urgency,
    ) -> Result<Vec<Translated>, EngineError> {
        self.slot(pair)?.translate(segments).await
    }

    async fn rest(&self) {
        let slots: Vec<Arc<Slot>> = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            slots.drain().map(|(_, slot)| slot).collect()
        };
        for slot in slots {
            slot.stop().await;
        }
    }
}
