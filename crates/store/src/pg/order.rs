//! Locks that keep the actions after a commit in order.

use crate::tx::Afterwards;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many there are; two keys may share one.
const LOCKS: usize = 64;

/// A lock for each of the keys that share it.
#[derive(Clone)]
pub(super) struct OrderLocks(Arc<[Mutex<()>; LOCKS]>);

impl OrderLocks {
    pub(super) fn new() -> Self {
        Self(Arc::new(std::array::from_fn(|_| Mutex::new(()))))
    }

    /// Takes the locks of some actions, always in the same order, so that no two transactions wait for each other.
    pub(super) fn lock_all(&self, afterwards: &[Afterwards]) -> Vec<MutexGuard<'_, ()>> {
        let place =
            |afterwards: &Afterwards| usize::try_from(afterwards.order_key % LOCKS as u64).unwrap_or(0);
        let places: BTreeSet<usize> = afterwards.iter().map(place).collect();
        places.into_iter().map(|place| self.0[place].lock().unwrap_or_else(PoisonError::into_inner)).collect()
    }
}
