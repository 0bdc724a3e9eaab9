//! The loaded models: as many as the memory allows; the least recently used are unloaded first. A newer
//! version takes over once it is loaded.

use super::host::Host;
use crate::EngineError;
use crate::models::Installed;
use crate::pair::Pair;
use std::collections::HashMap;
use std::sync::Arc;

/// The memory of a loaded model in addition to its files and their unpacked weights, in bytes. Measured at
/// three sizes: 28 MB of private memory for 17 MB of files, 43 for 31, 55 for 43.
const WORKING_BYTES: u64 = 12 * 1024 * 1024;

/// Starts the host of a model.
pub(super) type Start<'a> = &'a dyn Fn(Installed) -> Result<Host, EngineError>;

/// The loaded models.
pub(super) struct Hosts {
    by_pair: HashMap<Pair, Slot>,
    /// The memory limit for all together, in bytes.
    limit: u64,
    /// Incremented on each use.
    uses: u64,
}

/// A loaded model, and the one that will replace it.
struct Slot {
    running: Running,
    next: Option<Running>,
    last_used: u64,
}

struct Running {
    version: String,
    bytes: u64,
    host: Arc<Host>,
}

impl Running {
    fn start(model: Installed, start: Start<'_>) -> Result<Self, EngineError> {
        let (version, bytes) = (model.version(), bytes_of(&model));
        Ok(Self { version, bytes, host: Arc::new(start(model)?) })
    }
}

impl Slot {
    fn bytes(&self) -> u64 {
        self.running.bytes + self.next.as_ref().map_or(0, |next| next.bytes)
    }
}

impl Hosts {
    pub(super) fn new(limit: u64) -> Self {
        Self { by_pair: HashMap::new(), limit, uses: 0 }
    }

    /// The host of a pair, if its model is loaded or being loaded.
    pub(super) fn get(&mut self, pair: Pair) -> Option<Arc<Host>> {
        self.uses += 1;
        let slot = self.by_pair.get_mut(&pair).filter(|slot| !slot.running.host.has_ended())?;
        slot.last_used = self.uses;
        Some(Arc::clone(&slot.running.host))
    }

    /// Loads a model, unloading the least recently used ones if necessary.
    pub(super) fn load(&mut self, model: Installed, start: Start<'_>) -> Result<Arc<Host>, EngineError> {
        let pair = model.pair;
        self.by_pair.remove(&pair);
        self.make_room(bytes_of(&model), pair);
        let running = Running::start(model, start)?;
        let host = Arc::clone(&running.host);
        self.by_pair.insert(pair, Slot { running, next: None, last_used: self.uses });
        Ok(host)
    }

    /// Whether a model can be loaded without unloading another one. Not if loading it has failed: that is left to
    /// requests.
    pub(super) fn has_room_for(&self, model: &Installed) -> bool {
        let has_failed = |slot: &Slot| matches!(slot.running.host.outcome(), Some(Err(_)));
        let is_loaded = |slot: &&Slot| !slot.running.host.has_ended();
        let used: u64 = self.by_pair.values().filter(is_loaded).map(Slot::bytes).sum();
        !self.by_pair.get(&model.pair).is_some_and(has_failed) && used + bytes_of(model) <= self.limit
    }

    /// Unloads models until there is room. A busy one ends once it has answered; a model larger than the
    /// limit is loaded alone.
    fn make_room(&mut self, needed: u64, pair: Pair) {
        self.by_pair.retain(|_, slot| !slot.running.host.has_ended());
        while self.by_pair.values().map(Slot::bytes).sum::<u64>() + needed > self.limit {
            let others = self.by_pair.iter().filter(|(other, _)| **other != pair);
            let Some((&oldest, _)) = others.min_by_key(|(_, slot)| slot.last_used) else { return };
            tracing::debug!(pair = %oldest, "Unloading the least recently used model");
            self.by_pair.remove(&oldest);
        }
    }

    /// Ensures that this model will be used, and returns the version that is used now.
    ///
    /// An older loaded version is used until this one is loaded, and stays in use if it cannot be.
    pub(super) fn follow(&mut self, model: &Installed, start: Start<'_>) -> String {
        let wanted = model.version();
        let Some(slot) = self.by_pair.get_mut(&model.pair).filter(|slot| !slot.running.host.has_ended())
        else {
            return wanted;
        };
        if slot.running.version == wanted {
            slot.next = None;
            return wanted;
        }
        match slot.next.take().filter(|next| next.version == wanted) {
            Some(next) => match next.host.outcome() {
                Some(Ok(())) => {
                    tracing::info!(pair = %model.pair, version = wanted, "Switched to a newer model");
                    slot.running = next;
                }
                // Already logged; it is retried on the next poll.
                Some(Err(_)) => {}
                None => slot.next = Some(next),
            },
            None => {
                let next = Running::start(model.clone(), start);
                slot.next = next.inspect_err(|error| tracing::error!(%error, "Failed to load a model")).ok();
                self.make_room(0, model.pair);
            }
        }
        self.by_pair.get(&model.pair).map_or(wanted, |slot| slot.running.version.clone())
    }

    /// Unloads those whose models were removed.
    pub(super) fn keep_only(&mut self, is_here: impl Fn(Pair) -> bool) {
        self.by_pair.retain(|pair, _| is_here(*pair));
    }

    /// Removes and returns all.
    pub(super) fn drain(&mut self) -> Vec<Arc<Host>> {
        let hosts = self.by_pair.drain().flat_map(|(_, slot)| [Some(slot.running), slot.next]);
        hosts.flatten().map(|running| running.host).collect()
    }
}

/// The approximate memory of a loaded model, in bytes: its files, which are mapped, the same again for what
/// is unpacked from them, and working memory.
fn bytes_of(model: &Installed) -> u64 {
    model.size().saturating_mul(2).saturating_add(WORKING_BYTES)
}
