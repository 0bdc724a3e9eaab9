//! Coalesces concurrent requests for the same segment: the first one translates it, the others wait for its
//! result.

use crate::EngineError;
use crate::cache::CacheKey;
use crate::grade::Graded;
use crate::request::Urgency;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The result of a segment: its translation, or the failed step of its route and the error.
pub(crate) type FlightResult = Result<Graded, (usize, EngineError)>;

type UnderWay = HashMap<(CacheKey, Urgency), watch::Receiver<Option<FlightResult>>>;

/// All segments in flight.
#[derive(Default)]
pub(crate) struct Flights {
    under_way: Arc<Mutex<UnderWay>>,
}

/// The role of a request for a segment.
pub(crate) enum Role {
    /// This request translates it, and others wait for it.
    Lead(Lead),
    /// Another request is translating it.
    Follow(Follow),
}

/// The right to translate a segment. Others receive the result; if it is dropped, one of them takes over.
pub(crate) struct Lead {
    place: (CacheKey, Urgency),
    sender: watch::Sender<Option<FlightResult>>,
    under_way: Arc<Mutex<UnderWay>>,
}

/// Waits for a segment.
pub(crate) struct Follow(watch::Receiver<Option<FlightResult>>);

impl Flights {
    /// Live requests do not wait for ones that can wait.
    pub(crate) fn join(&self, key: CacheKey, urgency: Urgency) -> Role {
        let mut under_way = lock(&self.under_way);
        let earlier = under_way.get(&(key, Urgency::Live)).or_else(|| under_way.get(&(key, urgency)));
        if let Some(sender) = earlier {
            return Role::Follow(Follow(sender.clone()));
        }
        let (sender, receiver) = watch::channel(None);
        under_way.insert((key, urgency), receiver);
        Role::Lead(Lead { place: (key, urgency), sender, under_way: Arc::clone(&self.under_way) })
    }
}

impl Lead {
    /// Publishes the result. A translation must be in the cache by now: later requests check there.
    pub(crate) fn complete(self, result: FlightResult) {
        self.sender.send_replace(Some(result));
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        lock(&self.under_way).remove(&self.place);
    }
}

impl Follow {
    /// The result; `None` if the other request has given up.
    pub(crate) async fn wait(mut self) -> Option<FlightResult> {
        self.0.wait_for(Option::is_some).await.ok()?.clone()
    }
}

fn lock(under_way: &Mutex<UnderWay>) -> MutexGuard<'_, UnderWay> {
    under_way.lock().unwrap_or_else(PoisonError::into_inner)
}
