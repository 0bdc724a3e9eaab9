//! Calls that could be guesses, limited in number over all gateways together.
//!
//! Where there can be only one gateway, what that counts in memory is enough, and nothing is written.

use crate::tokens::digest;
use crate::{Chat, ChatError};
use meeshy_store::call_counts::{self, Counted};
use meeshy_store::{StoreError, Tx};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Counts that are kept, at most; of more, those whose windows end first go.
const MAX_COUNTS: i64 = 200_000;
/// Calls after which it is looked whether there are more of them.
const TRIM_INTERVAL: u64 = 256;

/// So many calls of a caller in a window of time.
#[derive(Debug, Clone)]
pub struct CallLimit {
    /// The name of the limit: it keeps its counts apart from those of others.
    pub name: &'static str,
    /// Who calls.
    pub caller: String,
    /// Calls in each window, at most.
    pub max_calls: u32,
    /// How long a window lasts.
    pub window: Duration,
}

impl Chat {
    /// Counts a call in each of `limits`, over all gateways, until there were too many for one of them: then gives its place, and how
    /// long its window still lasts.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_calls(&self, limits: Vec<CallLimit>) -> Result<Option<(usize, Duration)>, ChatError> {
        if limits.is_empty() || self.inner.store.is_exclusive() {
            return Ok(None);
        }
        let trims = self.inner.counted_calls.fetch_add(1, Ordering::Relaxed).is_multiple_of(TRIM_INTERVAL);
        let write = move |tx: &mut Tx<'_>| {
            if trims {
                call_counts::trim(tx, MAX_COUNTS)?;
            }
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
        Ok(self.inner.store.write_retrying(write).await?)
    }
}
