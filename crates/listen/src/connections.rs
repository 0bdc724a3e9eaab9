//! Limits the number of connections, in total and per client address.

use crate::limits::Limits;
use meeshy_domain::Network;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// The open connections of a listener.
pub struct Connections {
    max: usize,
    max_per_network: Option<usize>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    total: usize,
    /// Networks without connections have no entry, so there are at most as many entries as connections.
    by_network: HashMap<Network, usize>,
}

/// Why a connection is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// There are too many connections in total.
    Total,
    /// There are too many connections from this address.
    Address,
}

impl Full {
    /// The name for logs and metrics.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Address => "address",
        }
    }
}

/// Counts as a connection until it is dropped.
pub struct Permit {
    connections: Arc<Connections>,
    network: Network,
}

impl Connections {
    pub fn new(limits: &Limits) -> Self {
        let Limits { connections, connections_per_address, .. } = *limits;
        Self { max: connections, max_per_network: connections_per_address, open: Mutex::default() }
    }

    /// Counts a connection from `peer`.
    pub fn admit(self: &Arc<Self>, peer: IpAddr) -> Result<Permit, Full> {
        let network = Network::of(Some(peer));
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.total >= self.max {
            return Err(Full::Total);
        }
        let of_network = open.by_network.get(&network).copied().unwrap_or(0);
        if self.max_per_network.is_some_and(|max| of_network >= max) {
            return Err(Full::Address);
        }
        open.total += 1;
        open.by_network.insert(network, of_network + 1);
        metrics::gauge!("meeshy_connections").increment(1.0);
        Ok(Permit { connections: Arc::clone(self), network })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut open = self.connections.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.total -= 1;
        match open.by_network.get_mut(&self.network) {
            Some(count) if *count > 1 => *count -= 1,
            _ => _ = open.by_network.remove(&self.network),
        }
        metrics::gauge!("meeshy_connections").decrement(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_counted_in_total_and_by_network() {
        let limits = Limits { connections: 3, connections_per_address: Some(2), ..Limits::default() };
        let connections = Arc::new(Connections::new(&limits));
        let admit = |peer: &str| connections.admit(peer.parse().unwrap());
        let first = admit("2001:db8::1").ok().unwrap();
        let second = admit("2001:db8::2").ok().unwrap();
        assert_eq!(admit("2001:db8::3").err(), Some(Full::Address), "an IPv6 network counts as one address");
        let third = admit("192.0.2.1").ok().unwrap();
        assert_eq!(admit("192.0.2.2").err(), Some(Full::Total));
        drop(first);
        let fourth = admit("::ffff:192.0.2.1").ok().unwrap();
        drop(second);
        assert_eq!(
            admit("192.0.2.1").err(),
            Some(Full::Address),
            "an IPv4-mapped address is the same address"
        );
        drop((third, fourth));
        assert!(connections.open.lock().unwrap().by_network.is_empty());
    }

    #[test]
    fn proxies_have_no_limit_per_address() {
        let limits = Limits { connections: 3, connections_per_address: None, ..Limits::default() };
        let connections = Arc::new(Connections::new(&limits));
        let admitted: Vec<_> = (0..4).map(|_| connections.admit([192, 0, 2, 1].into())).collect();
        assert_eq!(admitted.iter().filter(|permit| permit.is_ok()).count(), 3);
    }
}
