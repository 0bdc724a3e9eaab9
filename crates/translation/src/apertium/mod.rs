//! Apertium: rule-based translation by programs that Debian packages, one persistent pipeline a pair.
//!
//! About a millisecond a sentence; readable between related languages, the gist between others. The data and programs
//! are GPL and stay at arm's length: they are run, never linked.

mod mode;
mod pipeline;
mod stream;

use crate::engine::{Engine, Offer, Pair, Portion, Translated};
use crate::poll_engines::Look;
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

/// What goes through a pipeline at once, in bytes, while somebody waits: a tenth of a second of work.
const PORTION_BYTES: usize = 6_000;
/// What can wait goes through in pieces of some milliseconds, between which others have their turn.
const SMALL_PORTION_BYTES: usize = 400;

/// All pairs of the modes folder.
pub(crate) struct Apertium {
    modes_dir: PathBuf,
    idle: Duration,
    patience: Duration,
    slots: Mutex<HashMap<Pair, Arc<Slot>>>,
    /// As they were last read.
    modes: Mutex<HashMap<Pair, Mode>>,
    look: Look,
}

impl Apertium {
    pub(crate) fn new(config: &TranslationConfig) -> Self {
        Self {
            modes_dir: config.apertium_modes_dir.clone(),
            idle: Duration::from_secs(config.apertium_idle_seconds),
            patience: Duration::from_secs(config.apertium_timeout_seconds),
            slots: Mutex::default(),
            modes: Mutex::default(),
            look: Look::default(),
        }
    }

    fn slot(&self, pair: Pair) -> Result<Arc<Slot>, EngineError> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(&pair) {
            return Ok(Arc::clone(slot));
        }
        let mode = self.modes().remove(&pair).ok_or_else(|| self.missing(pair))?;
        let slot = Arc::new(Slot::new(pair, mode, self.idle, self.patience));
        slots.insert(pair, Arc::clone(&slot));
        Ok(slot)
    }

    fn missing(&self, pair: Pair) -> EngineError {
        let folder = self.modes_dir.display();
        let message =
            format!("Apertium's mode for {pair} is no longer in {folder}; install its package again");
        if self.look.again_at().is_some() {
            EngineError::Interrupted(message)
        } else {
            EngineError::Broken(message)
        }
    }

    /// The modes of the folder. While it cannot be read (too many files are open, a package is being replaced) they are what
    /// they were.
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
            // Nothing is installed: no fault, there are other engines.
            Err(error)
                if error.kind() == std::io::ErrorKind::NotFound
                    && (known.is_empty() || self.look.is_gone()) =>
            {
                known.clear();
                None
            }
            Err(error) => Some(error.to_string()),
        };
        self.look.note(&self.modes_dir, problem.as_ref().map(|problem| problem as &dyn std::fmt::Display));
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
        // A package may have been replaced: pipelines that run on old data must not go on.
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|pair, slot| modes.get(pair).is_some_and(|mode| mode.version == slot.version()));
        let offer = |(pair, mode): (Pair, Mode)| Offer {
            pair,
            version: mode.version,
            lost: quality::LOST_BY_APERTIUM,
            cost_ms: quality::APERTIUM_MS,
        };
        modes.into_iter().map(offer).collect()
    }

    fn look_again_at(&self) -> Option<Instant> {
        self.look.again_at()
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
        let texts = self.slot(pair)?.translate(segments).await?;
        Ok(texts.into_iter().map(|text| Translated { text, score: None }).collect())
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
