//! Addresses, schemes and hosts as proxies write them, and whatever clients write before.

use super::*;
use axum::http::HeaderValue;
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
    assert_eq!(client(1, &[xff("192.0.2.4"), xff(""), xff(" , ")]), "192.0.2.4", "empty items do not count");
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
    assert_eq!(client(2, &[("forwarded", "for=192.0.2.43"), ("forwarded", "for=10.0.0.9")]), "192.0.2.43");
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
