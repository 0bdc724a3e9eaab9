//! The client's address behind proxies: `X-Forwarded-For` and `Forwarded` (RFC 7239).
//!
//! Each proxy appends the address that it saw, so the last entries come from our own proxies, and whatever a
//! client wrote itself precedes them. Only as many entries are read, from the end, as there are trusted
//! proxies.

#[cfg(test)]
mod tests;

use crate::forwarded::{Element, Malformed, forwarded};
use axum::http::HeaderMap;
use axum::http::header::{FORWARDED, HeaderName};
use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The forwarding headers, and the number of trusted proxies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Forwarding {
    /// The number of proxies in front of us, each of which appends an entry; 0 ignores the headers.
    pub trusted_hops: usize,
    /// The header they write.
    pub header: Header,
}

/// The header that the proxies write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Header {
    /// `X-Forwarded-For`, or `Forwarded` if a request has no `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// Only `Forwarded`, for proxies that pass on a client's own `X-Forwarded-For`.
    Forwarded,
}

impl Forwarding {
    /// The client's address as seen by the outermost trusted proxy. If its entry cannot be parsed, the
    /// request counts as the proxy's.
    pub fn client_address(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> Option<IpAddr> {
        let peer = peer.map(|ip| ip.to_canonical());
        let mut client = peer;
        for entry in self.entries(headers).take(self.trusted_hops) {
            match entry.address {
                Some(address) => client = Some(address),
                None => return peer,
            }
        }
        client
    }

    /// Whether the client's connection is encrypted, according to our proxies: `X-Forwarded-Proto`, or
    /// `proto` in `Forwarded`.
    pub fn is_https(&self, headers: &HeaderMap) -> bool {
        let scheme = self.value(headers, &X_FORWARDED_PROTO, |element| element.proto);
        scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"))
    }

    /// The host that the client requested, according to our proxies: `X-Forwarded-Host`, or `host` in
    /// `Forwarded`.
    pub fn host(&self, headers: &HeaderMap) -> Option<String> {
        self.value(headers, &X_FORWARDED_HOST, |element| element.host)
    }

    /// The value of a header that most proxies replace and some append to; otherwise the one in `Forwarded`.
    fn value(
        &self,
        headers: &HeaderMap,
        name: &HeaderName,
        part: impl Fn(Element) -> Option<String>,
    ) -> Option<String> {
        if self.header == Header::XForwardedFor && headers.contains_key(name) {
            return list(headers, name).take(self.trusted_hops).last().map(Cow::into_owned);
        }
        forwarded(headers).take(self.trusted_hops).last().and_then(|element| part(element.ok()?))
    }

    /// Whether a request has a forwarding header although no proxy is trusted, for example because it was not
    /// configured.
    pub fn is_ignored_header(&self, headers: &HeaderMap) -> bool {
        self.trusted_hops == 0 && (headers.contains_key(X_FORWARDED_FOR) || headers.contains_key(FORWARDED))
    }

    /// The entries, that of the nearest proxy first.
    fn entries<'a>(&self, headers: &'a HeaderMap) -> Box<dyn Iterator<Item = Entry> + 'a> {
        if self.header == Header::XForwardedFor && headers.contains_key(X_FORWARDED_FOR) {
            let entry = |text: Cow<'_, str>| Entry { address: address(&text) };
            return Box::new(list(headers, &X_FORWARDED_FOR).map(entry));
        }
        let entry = |element: Result<Element, Malformed>| Entry {
            address: element.ok().and_then(|element| address(&element.node?)),
        };
        Box::new(forwarded(headers).map(entry))
    }
}

/// The address that a proxy saw; `None` if it is missing or cannot be parsed.
struct Entry {
    address: Option<IpAddr>,
}

/// The items of a list header over all its lines, last first. Empty items do not count (RFC 9110 5.6.1).
fn list<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
    let lines = headers.get_all(name).into_iter().rev();
    lines
        .flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','))
        .map(|item| String::from_utf8_lossy(item.trim_ascii()))
        .filter(|item| !item.is_empty())
}

/// An address with or without port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`,
/// `[2001:db8::1]:80`.
fn address(text: &str) -> Option<IpAddr> {
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    let address = text
        .parse::<IpAddr>()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
        .or_else(bracketed)
        .or_else(|| with_obscured_port(text));
    address.map(|address| address.to_canonical())
}

/// A port may be obscured by a name (RFC 7239 6): `192.0.2.1:_port`.
fn with_obscured_port(text: &str) -> Option<IpAddr> {
    let (address, port) = text.rsplit_once(':')?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if !port.strip_prefix('_').is_some_and(|name| !name.is_empty() && name.bytes().all(is_name)) {
        return None;
    }
    match address.strip_prefix('[') {
        Some(ipv6) => ipv6.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => address.parse::<std::net::Ipv4Addr>().ok().map(IpAddr::V4),
    }
}
