//! Advisory locks that keep commit hooks in order.

use crate::engine::tx::Afterwards;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The number of locks; two keys may share one.
const LOCKS: usize = 64;

/// A lock for the keys that share it.
#[derive(Clone)]
pub(super) struct OrderLocks(Arc<[Mutex<()>; LOCKS]>);

impl OrderLocks {
    pub(super) fn new() -> Self {
        Self(Arc::new(std::array::from_fn(|_| Mutex::new(()))))
    }

    /// Takes the locks for some hooks, always in the same order, to prevent deadlocks.
    pub(super) fn lock_all(&self, afterwards: &[Afterwards]) -> Vec<MutexGuard<'_, ()>> {
        let place =
            |afterwards: &Afterwards| usize::try_from(afterwards.order_key % LOCKS as u64).unwrap_or(0);
        let places: BTreeSet<usize> = afterwards.iter().map(place).collect();
        places.into_iter().map(|place| self.0[place].lock().unwrap_or_else(PoisonError::into_inner)).collect()
    }
}
