//! The client's address behind proxies: `X-Forwarded-For` and `Forwarded` (RFC 7239).
//!
//! Each proxy appends the address that it saw, so the last entries come from our own proxies, and whatever a
//! client wrote itself precedes them. Only as many entries are read, from the end, as there are trusted
//! proxies.

use axum::http::header::{FORWARDED, HeaderName};
use axum::http::{HeaderMap, HeaderValue};
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

/// The entry of one proxy in `Forwarded`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Element {
    node: Option<String>,
    proto: Option<String>,
    host: Option<String>,
}

/// A line that is not a valid list of elements. Nothing in it is trusted: a client could have opened a quoted
/// string that swallows what the proxy appended.
#[derive(Debug, PartialEq, Eq)]
struct Malformed;

/// The elements of `Forwarded` over all its lines, last first; an invalid line is one malformed element.
fn forwarded(headers: &HeaderMap) -> impl Iterator<Item = Result<Element, Malformed>> + use<'_> {
    headers.get_all(FORWARDED).into_iter().rev().flat_map(|line| match elements(line) {
        Ok(elements) => elements.into_iter().rev().map(Ok).collect::<Vec<_>>(),
        Err(malformed) => vec![Err(malformed)],
    })
}

/// The elements of one line (RFC 7239 4).
fn elements(line: &HeaderValue) -> Result<Vec<Element>, Malformed> {
    let mut rest = line.to_str().map_err(|_| Malformed)?.trim();
    let mut elements = Vec::new();
    let mut element = None;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(',') {
            elements.extend(element.take());
            rest = after.trim_start();
            continue;
        }
        rest = rest.strip_prefix(';').unwrap_or(rest).trim_start();
        let element: &mut Element = element.get_or_insert_default();
        if rest.is_empty() || rest.starts_with([';', ',']) {
            continue;
        }
        let (name, value, after) = pair(rest)?;
        let place = match name.to_ascii_lowercase().as_str() {
            "for" => &mut element.node,
            "proto" => &mut element.proto,
            "host" => &mut element.host,
            _ => &mut None,
        };
        // "Each parameter MUST NOT occur more than once per field-value."
        if place.replace(value).is_some() {
            return Err(Malformed);
        }
        rest = after;
    }
    elements.extend(element);
    Ok(elements)
}

/// The first pair, and what follows it: nothing, or a separator.
fn pair(text: &str) -> Result<(&str, String, &str), Malformed> {
    let (name, rest) = text.split_once('=').ok_or(Malformed)?;
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err(Malformed);
    }
    let (value, rest) = match rest.strip_prefix('"') {
        Some(rest) => quoted(rest)?,
        None => {
            let end = rest.find([';', ',', ' ', '\t']).unwrap_or(rest.len());
            let (value, rest) = rest.split_at(end);
            // IPv6 addresses must be quoted, but not everybody does so.
            let is_allowed = |byte: u8| is_token(byte) || b"[]:".contains(&byte);
            if value.is_empty() || !value.bytes().all(is_allowed) {
                return Err(Malformed);
            }
            (value.to_owned(), rest)
        }
    };
    let rest = rest.trim_start();
    if rest.is_empty() || rest.starts_with([';', ',']) { Ok((name, value, rest)) } else { Err(Malformed) }
}

/// A quoted string after its opening quote (RFC 9110 5.6.4), and what follows it.
fn quoted(text: &str) -> Result<(String, &str), Malformed> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' => value.push(characters.next().ok_or(Malformed)?.1),
            character => value.push(character),
        }
    }
    Err(Malformed)
}

/// A token character (RFC 9110 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PEER: &str = "10.0.0.1";

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    fn client(trusted_hops: usize, lines: &[(&'static str, &str)]) -> String {
        let forwarding = Forwarding { trusted_hops, ..Forwarding::default() };
        forwarding.client_address(&headers(lines), Some(PEER.parse().unwrap())).unwrap().to_string()
    }

    #[test]
    fn entries_are_counted_from_the_end_over_all_lines() {
        let xff = |value| ("x-forwarded-for", value);
        let lines = [xff("6.6.6.6, 192.0.2.1"), xff("192.0.2.2"), xff("192.0.2.3 , 192.0.2.4")];
        for (hops, expected) in
            [(0, PEER), (1, "192.0.2.4"), (2, "192.0.2.3"), (3, "192.0.2.2"), (4, "192.0.2.1")]
        {
            assert_eq!(client(hops, &lines), expected, "{hops} hops");
        }
        assert_eq!(client(1, &[xff("6.6.6.6"), xff("192.0.2.4")]), "192.0.2.4", "as HAProxy appends it");
        assert_eq!(client(2, &[xff("192.0.2.4")]), "192.0.2.4", "a client of the inner proxy");
        assert_eq!(client(1, &[]), PEER);
        assert_eq!(
            client(1, &[xff("192.0.2.4"), xff(""), xff(" , ")]),
            "192.0.2.4",
            "empty items do not count"
        );
    }

    #[test]
    fn addresses_are_parsed_as_proxies_write_them() {
        for (entry, expected) in [
            ("192.0.2.4:51234", "192.0.2.4"),
            ("2001:db8::7", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("[2001:db8::7]:443", "2001:db8::7"),
            ("::ffff:192.0.2.4", "192.0.2.4"),
            // An entry that cannot be parsed counts as the proxy's, not as the entry before it.
            ("unknown", PEER),
            ("_hidden", PEER),
            ("192.0.2", PEER),
            ("192.0.2.4:port", PEER),
            ("fe80::1%eth0", PEER),
            ("\"192.0.2.4\"", PEER),
            ("192.0.2.4é", PEER),
        ] {
            assert_eq!(client(1, &[("x-forwarded-for", &format!("6.6.6.6, {entry}"))]), expected, "{entry}");
        }
        assert_eq!(client(2, &[("x-forwarded-for", "192.0.2.4, unknown")]), PEER);
        assert_eq!(client(1, &[("x-forwarded-for", "unknown, 192.0.2.4")]), "192.0.2.4", "a client's own");
    }

    #[test]
    fn forwarded_is_parsed_according_to_rfc_7239() {
        for (line, expected) in [
            ("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"),
            ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            ("for=192.0.2.43, for=198.51.100.17", "198.51.100.17"),
            ("for=\"192.0.2.43:47011\"", "192.0.2.43"),
            ("for=\"192.0.2.43:_gazonk\"", "192.0.2.43"),
            ("for=192.0.2.43:80", "192.0.2.43"),
            ("proto=https; for=192.0.2.43", "192.0.2.43"),
            ("for=\"192.0.\\2.43\"", "192.0.2.43"),
            ("for=6.6.6.6, for=unknown", PEER),
            ("for=6.6.6.6, for=\"_gazonk\"", PEER),
            ("for=6.6.6.6, by=203.0.113.43", PEER),
            // A quote that a client may have opened and the proxy unknowingly closed.
            ("for=6.6.6.6;x=\", for=192.0.2.43", PEER),
            ("for=6.6.6.6;x=\", for=\"[2001:db8::1]\"", PEER),
            ("for=6.6.6.6;for=192.0.2.43", PEER),
            ("6.6.6.6", PEER),
        ] {
            assert_eq!(client(1, &[("forwarded", line)]), expected, "{line}");
        }
        assert_eq!(
            client(2, &[("forwarded", "for=192.0.2.43"), ("forwarded", "for=10.0.0.9")]),
            "192.0.2.43"
        );
    }

    #[test]
    fn a_client_cannot_choose_the_header() {
        let both = [("forwarded", "for=6.6.6.6"), ("x-forwarded-for", "192.0.2.4")];
        assert_eq!(client(1, &both), "192.0.2.4");
        let strict = Forwarding { trusted_hops: 1, header: Header::Forwarded };
        let both = headers(&[("x-forwarded-for", "6.6.6.6"), ("forwarded", "for=192.0.2.4")]);
        assert_eq!(strict.client_address(&both, None), Some("192.0.2.4".parse().unwrap()));
        let neither = headers(&[("x-forwarded-for", "6.6.6.6")]);
        assert_eq!(strict.client_address(&neither, None), None);
    }

    #[test]
    fn the_scheme_comes_from_trusted_proxies() {
        let is_https = |trusted_hops, lines: &[(&'static str, &str)]| {
            Forwarding { trusted_hops, ..Forwarding::default() }.is_https(&headers(lines))
        };
        assert!(is_https(1, &[("x-forwarded-proto", "https")]));
        assert!(!is_https(0, &[("x-forwarded-proto", "https")]));
        assert!(!is_https(1, &[("x-forwarded-proto", "https"), ("x-forwarded-proto", "http")]));
        assert!(is_https(2, &[("x-forwarded-proto", "https, http")]));
        assert!(is_https(1, &[("forwarded", "for=192.0.2.4;proto=HTTPS")]));
        assert!(!is_https(1, &[]));
    }

    #[test]
    fn the_host_comes_from_trusted_proxies() {
        let host = |trusted_hops, lines: &[(&'static str, &str)]| {
            Forwarding { trusted_hops, ..Forwarding::default() }.host(&headers(lines))
        };
        assert_eq!(host(1, &[("x-forwarded-host", "chat.example")]).as_deref(), Some("chat.example"));
        assert_eq!(host(0, &[("x-forwarded-host", "chat.example")]), None);
        let standard = [("forwarded", "host=\"chat.example:8443\";for=192.0.2.4")];
        assert_eq!(host(1, &standard).as_deref(), Some("chat.example:8443"));
    }

    #[test]
    fn an_ignored_header_is_detected() {
        let header = headers(&[("x-forwarded-for", "192.0.2.4")]);
        assert!(Forwarding::default().is_ignored_header(&header));
        assert!(!Forwarding { trusted_hops: 1, ..Forwarding::default() }.is_ignored_header(&header));
        assert!(!Forwarding::default().is_ignored_header(&HeaderMap::new()));
    }

    fn any_address() -> impl Strategy<Value = IpAddr> {
        prop_oneof![any::<[u8; 4]>().prop_map(IpAddr::from), any::<[u8; 16]>().prop_map(IpAddr::from)]
    }

    /// Random header contents, with many special characters.
    fn junk() -> impl Strategy<Value = String> {
        prop_oneof![
            "[ -~]{0,40}",
            "[;,=\"\\\\for \\[\\]:0-9a-f.]{0,60}",
            "(for=6\\.6\\.6\\.6|x=\"|\"|;|,|\\\\|y){0,8}"
        ]
    }

    proptest! {
        #[test]
        fn the_entry_of_a_trusted_proxy_is_used_whatever_a_client_wrote(
            written in prop::collection::vec(junk(), 0..3), seen in any_address(), port in any::<Option<u16>>(), joins in any::<bool>(),
        ) {
            let entry = match port {
                Some(port) => SocketAddr::new(seen, port).to_string(),
                None => seen.to_string(),
            };
            let mut lines = written;
            match lines.last_mut().filter(|_| joins) {
                Some(last) => *last += &format!(", {entry}"),
                None => lines.push(entry),
            }
            let lines: Vec<(&'static str, &str)> = lines.iter().map(|line| ("x-forwarded-for", line.as_str())).collect();
            prop_assert_eq!(client(1, &lines), seen.to_canonical().to_string());
        }

        #[test]
        fn in_forwarded_a_client_can_at_most_get_the_address_of_the_proxy(
            written in junk(), seen in any_address(), joins in any::<bool>(),
        ) {
            let entry = match seen {
                IpAddr::V4(ip) => format!("for={ip}"),
                IpAddr::V6(ip) => format!("for=\"[{ip}]\""),
            };
            let joined = format!("{written}, {entry}");
            let lines = if joins { vec![joined.as_str()] } else { vec![written.as_str(), entry.as_str()] };
            let lines: Vec<(&'static str, &str)> = lines.into_iter().map(|line| ("forwarded", line)).collect();
            let client = client(1, &lines);
            let seen = seen.to_canonical().to_string();
            prop_assert!(client == seen || (joins && client == PEER), "{client}");
        }

        #[test]
        fn nothing_panics(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..4), trusted_hops in 0_usize..4) {
            let mut headers = HeaderMap::new();
            for line in &lines {
                for name in [X_FORWARDED_FOR, X_FORWARDED_PROTO, FORWARDED] {
                    if let Ok(value) = HeaderValue::from_bytes(line) {
                        headers.append(name, value);
                    }
                }
            }
            for header in [Header::XForwardedFor, Header::Forwarded] {
                let forwarding = Forwarding { trusted_hops, header };
                let _ = (forwarding.client_address(&headers, None), forwarding.is_https(&headers));
            }
        }
    }
}
