//! Which models are loaded: as many as the memory allows, the least recently used go first; a newer version takes over
//! once it is loaded.

use super::host::Host;
use crate::EngineError;
use crate::engine::Pair;
use crate::models::Installed;
use std::collections::HashMap;
use std::sync::Arc;

/// What a loaded model takes besides its files and their unpacked weights, in bytes: measured at three sizes of model,
/// 28 MB of memory of its own for 17 MB of files, 43 for 31, 55 for 43.
const WORKING_BYTES: u64 = 12 * 1024 * 1024;

/// How hosts are started: with the model, told when it is known whether it could be loaded.
pub(super) type Start<'a> = &'a dyn Fn(Installed) -> Result<Host, EngineError>;

/// The loaded models.
pub(super) struct Hosts {
    by_pair: HashMap<Pair, Slot>,
    /// What all together may take, in bytes.
    limit: u64,
    /// Grows with each use.
    uses: u64,
}

/// A loaded model, and the one that is about to take its place.
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

    /// The host of a pair, if its model is loaded or about to be.
    pub(super) fn get(&mut self, pair: Pair) -> Option<Arc<Host>> {
        self.uses += 1;
        let slot = self.by_pair.get_mut(&pair).filter(|slot| !slot.running.host.has_ended())?;
        slot.last_used = self.uses;
        Some(Arc::clone(&slot.running.host))
    }

    /// Loads a model, in the room of those that were not used for longest.
    pub(super) fn load(&mut self, model: Installed, start: Start<'_>) -> Result<Arc<Host>, EngineError> {
        let pair = model.pair;
        self.by_pair.remove(&pair);
        self.make_room(bytes_of(&model), pair);
        let running = Running::start(model, start)?;
        let host = Arc::clone(&running.host);
        self.by_pair.insert(pair, Slot { running, next: None, last_used: self.uses });
        Ok(host)
    }

    /// Lets models go until there is room. One that is at work ends once it has answered; a model that is larger than the
    /// limit is loaded alone.
    fn make_room(&mut self, needed: u64, pair: Pair) {
        self.by_pair.retain(|_, slot| !slot.running.host.has_ended());
        while self.by_pair.values().map(Slot::bytes).sum::<u64>() + needed > self.limit {
            let others = self.by_pair.iter().filter(|(other, _)| **other != pair);
            let Some((&oldest, _)) = others.min_by_key(|(_, slot)| slot.last_used) else { return };
            tracing::debug!(pair = %oldest, "A model leaves the memory to make room");
            self.by_pair.remove(&oldest);
        }
    }

    /// Makes sure that this model is the one that will serve, and says which version serves now.
    ///
    /// An older one that is loaded serves until this one is, and goes on serving if this one cannot be loaded.
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
                    tracing::info!(pair = %model.pair, version = wanted, "A newer model took over");
                    slot.running = next;
                }
                // It was logged; it is tried again at the next look.
                Some(Err(_)) => {}
                None => slot.next = Some(next),
            },
            None => {
                let next = Running::start(model.clone(), start);
                slot.next =
                    next.inspect_err(|error| tracing::error!(%error, "A model cannot be loaded")).ok();
                self.make_room(0, model.pair);
            }
        }
        self.by_pair.get(&model.pair).map_or(wanted, |slot| slot.running.version.clone())
    }

    /// Lets go of those whose models are no longer here.
    pub(super) fn keep_only(&mut self, is_here: impl Fn(Pair) -> bool) {
        self.by_pair.retain(|pair, _| is_here(*pair));
    }

    /// All of them; none is left.
    pub(super) fn drain(&mut self) -> Vec<Arc<Host>> {
        let hosts = self.by_pair.drain().flat_map(|(_, slot)| [Some(slot.running), slot.next]);
        hosts.flatten().map(|running| running.host).collect()
    }
}

/// About what a loaded model takes, in bytes: its files, which are mapped, as much again for what is unpacked from them,
/// and room to work.
fn bytes_of(model: &Installed) -> u64 {
    model.size().saturating_mul(2).saturating_add(WORKING_BYTES)
}
