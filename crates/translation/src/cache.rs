//! The cache of translated segments, keyed by content: in memory, with an optional [`CacheStore`] behind it.

use crate::grade::{Graded, points};
use crate::route::Route;
use async_trait::async_trait;
use meeshy_domain::Grade;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// The approximate overhead of a moka entry, in bytes.
const OVERHEAD: usize = 160;

/// Incremented when the same engines translate a segment differently than before, or it is graded differently:
/// cached translations of another version are not used.
const VERSION: u8 = 3;

/// The SHA-256 of everything that a translation and its grade depend on: text, languages, engines and their
/// versions, the figures of the route.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CacheKey([u8; 32]);

impl CacheKey {
    pub(crate) fn new(route: &Route, segment: &str) -> Self {
        let mut digest = Sha256::new_with_prefix([VERSION]);
        for step in &route.steps {
            for part in [step.engine.as_str(), step.pair.from.code(), step.pair.to.code(), &step.version] {
                digest.update(part.len().to_le_bytes());
                digest.update(part);
            }
        }
        // Lengths precede the parts of a step, and the text comes last, so that the encoding is unambiguous.
        digest.update(usize::MAX.to_le_bytes());
        // The evidence for its grade, in points: new figures grade anew.
        digest.update(points(route.loss).round().to_le_bytes());
        digest.update(segment);
        Self(digest.finalize().into())
    }
}

impl fmt::Display for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CacheKey({self})")
    }
}

/// A cached translation.
#[derive(Debug, Clone, PartialEq)]
pub struct CachedText {
    /// The translated segment, with marks for protected pieces.
    pub text: String,
    /// The engines that made it, as in [`Route::label`].
    pub engine: String,
    /// The engines' score, if they report one.
    pub score: Option<f32>,
    /// How good it is expected to be.
    pub grade: Grade,
}

impl CachedText {
    pub(crate) fn graded(&self) -> Graded {
        Graded { text: self.text.clone(), score: self.score, grade: self.grade }
    }
}

/// A cache behind the one in memory: the database.
///
/// It may lose entries, and it may fail: an implementation logs the failure and returns no entries.
#[async_trait]
pub trait CacheStore: Send + Sync {
    /// The entry of each key, in order.
    async fn get(&self, keys: &[CacheKey]) -> Vec<Option<CachedText>>;

    /// Stores entries.
    async fn put(&self, entries: &[(CacheKey, CachedText)]);
}

/// Both caches as one.
pub(crate) struct Cache {
    memory: moka::sync::Cache<CacheKey, Arc<CachedText>>,
    store: Option<Arc<dyn CacheStore>>,
}

impl Cache {
    pub(crate) fn new(bytes: u64, store: Option<Arc<dyn CacheStore>>) -> Self {
        let weigh = |_: &CacheKey, kept: &Arc<CachedText>| {
            u32::try_from(kept.text.len() + kept.engine.len() + OVERHEAD).unwrap_or(u32::MAX)
        };
        Self { memory: moka::sync::Cache::builder().max_capacity(bytes).weigher(weigh).build(), store }
    }

    /// The entry of a key in memory.
    pub(crate) fn remembered(&self, key: &CacheKey) -> Option<Graded> {
        self.memory.get(key).map(|kept| kept.graded())
    }

    /// The entries of these keys.
    pub(crate) async fn get(&self, keys: &[CacheKey]) -> HashMap<CacheKey, Graded> {
        let mut known = HashMap::new();
        let mut unknown = Vec::new();
        for key in keys {
            match self.remembered(key) {
                Some(translated) => {
                    known.insert(*key, translated);
                }
                None => unknown.push(*key),
            }
        }
        if let Some(store) = self.store.as_ref().filter(|_| !unknown.is_empty()) {
            for (key, kept) in unknown.iter().zip(store.get(&unknown).await) {
                let Some(kept) = kept else { continue };
                known.insert(*key, kept.graded());
                self.memory.insert(*key, Arc::new(kept));
            }
        }
        known
    }

    /// Adds new translations to memory; [`keep`](Self::keep) makes them durable.
    pub(crate) fn remember(&self, entries: &[(CacheKey, CachedText)]) {
        for (key, kept) in entries {
            self.memory.insert(*key, Arc::new(kept.clone()));
        }
    }

    /// Passes new translations to the store.
    pub(crate) async fn keep(&self, entries: &[(CacheKey, CachedText)]) {
        if let Some(store) = self.store.as_ref().filter(|_| !entries.is_empty()) {
            store.put(entries).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::Quality;

    #[test]
    fn new_figures_of_a_route_make_another_key() {
        let key = |loss| {
            let route = Route { steps: Vec::new(), quality: Quality::Measured(50.0), loss, cost_ms: 1.0 };
            CacheKey::new(&route, "hello")
        };
        assert_eq!(key(0.2), key(0.2));
        assert_ne!(key(0.2), key(0.3));
    }
}
