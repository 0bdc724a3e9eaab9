//! Connections whose client has not signed in: there may be so many, in all and from one address.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Connections that have not signed in, in all. Each keeps some kilobytes, for at most the authentication deadline.
const MAX_PENDING: usize = 10_000;

/// Connections from one address that have not signed in. An office behind one address that comes back at once needs
/// some: signing in takes a round trip or two.
const MAX_PENDING_PER_ADDRESS: usize = 256;

/// Counts them.
#[derive(Debug)]
pub struct Pending {
    max: usize,
    max_per_address: usize,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    by_address: HashMap<Box<str>, usize>,
}

impl Default for Pending {
    fn default() -> Self {
        Self::new(MAX_PENDING, MAX_PENDING_PER_ADDRESS)
    }
}

impl Pending {
    fn new(max: usize, max_per_address: usize) -> Self {
        Self { max, max_per_address, counts: Mutex::default() }
    }

    /// Lets one more connection from `address` in, unless there are too many.
    pub fn admit(self: &Arc<Self>, address: &str) -> Option<Permit> {
        let mut counts = self.lock();
        let here = counts.by_address.get(address).copied().unwrap_or(0);
        if counts.all >= self.max || here >= self.max_per_address {
            return None;
        }
        counts.all += 1;
        counts.by_address.insert(address.into(), here + 1);
        Some(Permit { pending: Arc::clone(self), address: address.into() })
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection that has not signed in; it counts until this is dropped.
#[derive(Debug)]
pub struct Permit {
    pending: Arc<Pending>,
    address: Box<str>,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut counts = self.pending.lock();
        counts.all = counts.all.saturating_sub(1);
        if let Entry::Occupied(mut count) = counts.by_address.entry(std::mem::take(&mut self.address)) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pending_connections_are_bounded_by_address_and_in_all() {
        let pending = Arc::new(Pending::new(3, 2));
        let (first, second) = (pending.admit("a"), pending.admit("a"));
        assert!(first.is_some() && second.is_some());
        assert!(pending.admit("a").is_none(), "too many from one address");
        let third = pending.admit("b");
        assert!(third.is_some());
        assert!(pending.admit("c").is_none(), "too many in all");
        drop(first);
        assert!(pending.admit("c").is_some(), "a place is free again");
        drop((second, third));
        assert!(pending.lock().by_address.is_empty() && pending.lock().all == 0);
    }
}
