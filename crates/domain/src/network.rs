//! Client networks, for limits and fair queueing.

use std::net::{IpAddr, Ipv6Addr};

/// The network of an address: an IPv4 address itself, or an IPv6 /64, the smallest block that one owner has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Network(Option<IpAddr>);

impl Network {
    /// The network of an address; `None` is the network of all clients with an unknown address.
    pub fn of(address: Option<IpAddr>) -> Self {
        Self(address.map(|address| match address.to_canonical() {
            IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).into(),
            v4 @ IpAddr::V4(_) => v4,
        }))
    }

    /// The larger network that an owner of many addresses may have: a /16 of IPv4, a /32 of IPv6.
    #[must_use]
    pub fn larger(self) -> Self {
        Self(self.0.map(|address| match address {
            IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 96)).into(),
            IpAddr::V4(ip) => std::net::Ipv4Addr::from_bits(ip.to_bits() & 0xffff_0000).into(),
        }))
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(address) => address.fmt(f),
            None => f.write_str("unknown"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_owner_are_one_network() {
        let network = |ip: &str| Network::of(Some(ip.parse().unwrap()));
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2::9"));
        assert_ne!(network("2001:db8:1:2::9"), network("2001:db8:1:3::9"));
        assert_eq!(network("::ffff:10.0.0.7"), network("10.0.0.7"));
        assert_eq!(network("10.0.0.7").to_string(), "10.0.0.7");
        assert_eq!(network("10.0.0.7").larger(), network("10.0.200.1").larger());
        assert_ne!(network("10.0.0.7").larger(), network("10.1.0.7").larger());
        assert_eq!(network("2001:db8:1::").larger(), network("2001:db8:2::").larger());
        assert_eq!(Network::of(None).larger().to_string(), "unknown");
    }
}
