//! Unauthenticated connections: bounded per address and in total. One too many evicts the oldest one of the
//! network that has the most, so that nobody can lock others out.

use meeshy_domain::Network;
use meeshy_socketio::Handle;
use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The most unauthenticated connections. Each takes a few kilobytes, until the authentication deadline at
/// most.
const MAX_PENDING: usize = 10_000;

/// The most unauthenticated connections from one address. An office behind one address that reconnects at
/// once needs several: signing in takes a round trip or two.
const MAX_PENDING_PER_ADDRESS: usize = 256;

/// The unauthenticated connections.
#[derive(Debug)]
pub struct Pending {
    max: usize,
    max_per_address: usize,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    last_number: u64,
    /// By number, the oldest first.
    connections: BTreeMap<u64, Connection>,
    by_address: HashMap<Network, BTreeSet<u64>>,
    by_larger: HashMap<Network, BTreeSet<u64>>,
    /// For each larger network, the number of its connections and its oldest one; the last entry is evicted
    /// first.
    sizes: BTreeSet<(usize, Reverse<u64>)>,
}

#[derive(Debug)]
struct Connection {
    since: Instant,
    from: Network,
    handle: Handle,
}

impl Default for Pending {
    fn default() -> Self {
        Self::new(MAX_PENDING, MAX_PENDING_PER_ADDRESS)
    }
}

impl Pending {
    fn new(max: usize, max_per_address: usize) -> Self {
        Self { max, max_per_address, known: Mutex::default() }
    }

    /// Adds a connection; evicts another one if there are too many.
    pub fn admit(self: &Arc<Self>, from: Network, handle: Handle) -> Permit {
        let (number, evicted) = {
            let mut known = self.lock();
            let number = known.add(Connection { since: Instant::now(), from, handle });
            let evicted = known.too_many(from, self.max, self.max_per_address);
            (number, evicted.and_then(|evicted| known.remove(evicted)))
        };
        if let Some(evicted) = evicted {
            metrics::counter!("meeshy_sockets_evicted_total").increment(1);
            evicted.handle.close();
        }
        Permit { pending: Arc::clone(self), number }
    }

    /// Closes connections that have been unauthenticated for `deadline`.
    pub fn close_overdue(&self, deadline: Duration) {
        loop {
            let overdue = {
                let mut known = self.lock();
                let oldest = known.connections.first_key_value();
                let Some((&number, _)) = oldest.filter(|(_, oldest)| oldest.since.elapsed() >= deadline)
                else {
                    return;
                };
                known.remove(number)
            };
            overdue.inspect(|overdue| overdue.handle.close());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn add(&mut self, connection: Connection) -> u64 {
        self.last_number += 1;
        let (number, from) = (self.last_number, connection.from);
        self.connections.insert(number, connection);
        self.by_address.entry(from).or_default().insert(number);
        self.change(from.larger(), |numbers| numbers.insert(number));
        number
    }

    fn remove(&mut self, number: u64) -> Option<Connection> {
        let gone = self.connections.remove(&number)?;
        if let Entry::Occupied(mut numbers) = self.by_address.entry(gone.from) {
            numbers.get_mut().remove(&number);
            if numbers.get().is_empty() {
                numbers.remove();
            }
        }
        self.change(gone.from.larger(), |numbers| numbers.remove(&number));
        Some(gone)
    }

    fn change(&mut self, larger: Network, change: impl FnOnce(&mut BTreeSet<u64>) -> bool) {
        let numbers = self.by_larger.entry(larger).or_default();
        if let Some(&oldest) = numbers.first() {
            self.sizes.remove(&(numbers.len(), Reverse(oldest)));
        }
        change(numbers);
        match numbers.first() {
            Some(&oldest) => drop(self.sizes.insert((numbers.len(), Reverse(oldest)))),
            None => drop(self.by_larger.remove(&larger)),
        }
    }

    /// The connection to evict, now that one more has come from here.
    fn too_many(&self, from: Network, max: usize, max_per_address: usize) -> Option<u64> {
        let here = self.by_address.get(&from)?;
        if here.len() > max_per_address {
            return here.first().copied();
        }
        let (_, Reverse(oldest)) = self.sizes.last()?;
        (self.connections.len() > max).then_some(*oldest)
    }
}

/// An unauthenticated connection; counted until this is dropped or the connection is closed.
#[derive(Debug)]
pub struct Permit {
    pending: Arc<Pending>,
    number: u64,
}

impl Drop for Permit {
    fn drop(&mut self) {
        drop(self.pending.lock().remove(self.number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admit(pending: &Arc<Pending>, from: &str) -> (Handle, Permit) {
        let handle = Handle::default();
        let permit = pending.admit(Network::of(Some(from.parse().unwrap())), handle.clone());
        (handle, permit)
    }

    fn open(connections: &[(Handle, Permit)]) -> Vec<bool> {
        connections.iter().map(|(handle, _)| !handle.is_closed()).collect()
    }

    #[test]
    fn one_more_takes_the_place_of_the_oldest_of_the_network_that_has_most() {
        let pending = Arc::new(Pending::new(4, 2));
        let mut crowd: Vec<_> = ["10.0.0.1", "10.0.0.1", "10.0.0.1"].map(|from| admit(&pending, from)).into();
        assert_eq!(open(&crowd), [false, true, true], "too many from one address");
        crowd.push(admit(&pending, "10.0.0.2"));
        let others = ["192.0.2.1", "198.51.100.1"].map(|from| admit(&pending, from));
        assert_eq!(open(&crowd), [false, false, true, true], "too many in all");
        assert_eq!(open(&others), [true, true]);
        drop(crowd);
        let more = ["203.0.113.1", "203.0.113.1"].map(|from| admit(&pending, from));
        assert_eq!(open(&others), [true, true], "places are free again");
        assert_eq!(open(&more), [true, true]);
        drop((others, more));
        let known = pending.lock();
        assert!(known.connections.is_empty() && known.by_address.is_empty());
        assert!(known.by_larger.is_empty() && known.sizes.is_empty());
    }

    #[test]
    fn where_all_have_one_the_oldest_goes() {
        let pending = Arc::new(Pending::new(2, 2));
        let all = ["10.0.0.1", "10.1.0.1", "10.2.0.1"].map(|from| admit(&pending, from));
        assert_eq!(open(&all), [false, true, true]);
        pending.close_overdue(Duration::from_secs(60));
        assert_eq!(open(&all), [false, true, true]);
        pending.close_overdue(Duration::ZERO);
        assert_eq!(open(&all), [false, false, false]);
    }
}
