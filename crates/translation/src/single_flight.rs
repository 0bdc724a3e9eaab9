//! Segments under way: whoever wants one that somebody else has asked for waits for the same answer.

use crate::EngineError;
use crate::cache::CacheKey;
use crate::engine::Translated;
use crate::request::Urgency;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// What became of a segment: its translation, or which step of its route failed, and why.
pub(crate) type Landed = Result<Translated, (usize, EngineError)>;

type UnderWay = HashMap<(CacheKey, Urgency), watch::Receiver<Option<Landed>>>;

/// All segments that are with the engines.
#[derive(Default)]
pub(crate) struct Flights {
    under_way: Arc<Mutex<UnderWay>>,
}

/// Who asks the engines for a segment.
pub(crate) enum Seat {
    /// We do, and whoever wants the same waits for us.
    Lead(Lead),
    /// Somebody else does.
    Follow(Follow),
}

/// Asks for a segment. Others learn what became of it; if it is dropped, one of them asks.
pub(crate) struct Lead {
    place: (CacheKey, Urgency),
    landing: watch::Sender<Option<Landed>>,
    under_way: Arc<Mutex<UnderWay>>,
}

/// Waits for a segment.
pub(crate) struct Follow(watch::Receiver<Option<Landed>>);

impl Flights {
    /// Who is urgent does not wait for who is not.
    pub(crate) fn board(&self, key: CacheKey, urgency: Urgency) -> Seat {
        let mut under_way = lock(&self.under_way);
        let earlier = under_way.get(&(key, Urgency::Live)).or_else(|| under_way.get(&(key, urgency)));
        if let Some(landing) = earlier {
            return Seat::Follow(Follow(landing.clone()));
        }
        let (landing, receiver) = watch::channel(None);
        under_way.insert((key, urgency), receiver);
        Seat::Lead(Lead { place: (key, urgency), landing, under_way: Arc::clone(&self.under_way) })
    }
}

impl Lead {
    /// Tells the others. A translation has to be in the cache by now: who comes later looks there.
    pub(crate) fn land(self, landed: Landed) {
        self.landing.send_replace(Some(landed));
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        lock(&self.under_way).remove(&self.place);
    }
}

impl Follow {
    /// What became of it; nothing, if whoever asked has given up.
    pub(crate) async fn wait(mut self) -> Option<Landed> {
        self.0.wait_for(Option::is_some).await.ok()?.clone()
    }
}

fn lock(under_way: &Mutex<UnderWay>) -> MutexGuard<'_, UnderWay> {
    under_way.lock().unwrap_or_else(PoisonError::into_inner)
}
