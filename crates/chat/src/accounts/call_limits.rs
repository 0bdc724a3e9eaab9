//! Rate limits on calls that could be guesses, over all gateways together.
//!
//! If there can be only one gateway, its counters in memory are enough, and nothing is written.

use crate::ChatError;
use crate::context::Context;
use crate::secrets::digest;
use meeshy_store::call_counts::{self, Counted};
use meeshy_store::{StoreError, Tx};
use std::sync::Arc;
use std::time::Duration;

/// A limit on the calls of a caller in a window of time.
#[derive(Debug, Clone)]
pub struct CallLimit {
    /// The name of the limit, which separates its counters from others.
    pub name: &'static str,
    /// The caller.
    pub caller: String,
    /// The most calls per window.
    pub max_calls: u32,
    /// The length of a window.
    pub window: Duration,
}

/// Counts calls over all gateways. Cheap to clone.
#[derive(Clone)]
pub struct CallLimits {
    context: Arc<Context>,
}

impl CallLimits {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// Counts a call in each of `limits`, over all gateways, until one is exceeded: then returns its index
    /// and how long its window still lasts.
    pub async fn count(&self, limits: Vec<CallLimit>) -> Result<Option<(usize, Duration)>, ChatError> {
        if limits.is_empty() || self.context.store.is_exclusive() {
            return Ok(None);
        }
        let write = move |tx: &mut Tx<'_>| {
            for (place, limit) in limits.iter().enumerate() {
                let counted = Counted {
                    limit_name: limit.name,
                    caller_hash: digest(&limit.caller),
                    max_calls: limit.max_calls.into(),
                    window: limit.window,
                };
                if let Some(left) = call_counts::count(tx, &counted)? {
                    return Ok(Some((place, left)));
                }
            }
            Ok::<_, StoreError>(None)
        };
        Ok(self.context.store.write(write).await?)
    }
}
