//! Which origins may call: our own, and those in the configuration.
//!
//! A browser sends the origin of the calling page in `Origin` (RFC 6454). Pages cannot forge it; other
//! programs do not send it. Credentials are not cookies here, so this is a second line of defence: a foreign
//! page has none to send.

use crate::app::App;
use crate::config::GatewayConfig;
use crate::http::error::ApiError;
use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use meeshy_wire::ErrorCode;

/// Rejects calls by pages of other origins, to the API and to sockets. Files have rules of their own.
pub async fn check(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_checked = path.starts_with("/socket.io")
        || (path.starts_with("/api/")
            && !path.starts_with("/api/v1/attachments")
            && !path.starts_with("/api/attachments"));
    if is_checked
        && let Some(origin) = request.headers().get(ORIGIN)
        && !may_call(origin, request.uri(), request.headers(), &app.config)
    {
        let message = "pages of this site may not call this server; its operator can add the site to \
            server.cors_origins (CORS_ORIGINS)";
        return ApiError::new(ErrorCode::OriginNotAllowed, message).into_response();
    }
    next.run(request).await
}

/// Whether pages of this origin may call: they are ours, or listed.
pub fn may_call(origin: &HeaderValue, uri: &Uri, headers: &HeaderMap, config: &GatewayConfig) -> bool {
    let is_listed = || config.allowed_origins.iter().any(|allowed| origin.as_bytes() == allowed.as_bytes());
    // A page cannot set it. It helps behind proxies that change `Host`.
    let is_same_origin = || headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin");
    is_own(origin, uri, headers, config) || is_same_origin() || is_listed()
}

fn is_own(origin: &HeaderValue, uri: &Uri, headers: &HeaderMap, config: &GatewayConfig) -> bool {
    let Some((scheme, authority)) = origin.to_str().ok().and_then(|origin| origin.split_once("://")) else {
        return false;
    };
    let default_port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return false,
    };
    let plain =
        |authority: &str| authority.strip_suffix(default_port).unwrap_or(authority).to_ascii_lowercase();
    let forwarded = config.forwarding.host(headers);
    let asked = host(uri, headers).map(str::to_owned);
    [forwarded, asked].into_iter().flatten().any(|own| plain(&own) == plain(authority))
}

/// The host that a client requested, in the form of a header; trusted proxies take precedence.
pub fn own_host(uri: &Uri, headers: &HeaderMap, config: &GatewayConfig) -> Option<String> {
    let asked = || host(uri, headers).map(str::to_owned);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
    config
        .forwarding
        .host(headers)
        .or_else(asked)
        .filter(|host| !host.is_empty() && host.bytes().all(is_plain))
}

/// The host and port of a request; in HTTP/2 they are part of the URI.
fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    let in_address = || uri.authority().map(axum::http::uri::Authority::as_str);
    headers.get(HOST).and_then(|host| host.to_str().ok()).or_else(in_address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    fn allowed(trusted_hops: usize, origin: &'static str, lines: &[(&'static str, &'static str)]) -> bool {
        let mut config =
            GatewayConfig { allowed_origins: vec!["app://friends".to_owned()], ..GatewayConfig::default() };
        config.forwarding.trusted_hops = trusted_hops;
        may_call(
            &HeaderValue::from_static(origin),
            &Uri::from_static("/api/v1/users/me"),
            &headers(lines),
            &config,
        )
    }

    #[test]
    fn own_pages_may_call_under_every_name_of_the_server() {
        for (origin, host) in [
            ("https://chat.example", "chat.example"),
            ("https://chat.example", "chat.example:443"),
            ("http://chat.example", "Chat.Example:80"),
            ("http://localhost:3000", "localhost:3000"),
            ("http://[::1]:3000", "[::1]:3000"),
        ] {
            assert!(allowed(0, origin, &[("host", host)]), "{origin} of {host}");
        }
        for (origin, host) in [
            ("https://evil.example", "chat.example"),
            ("https://chat.example.evil.example", "chat.example"),
            ("https://chat.example:8443", "chat.example"),
            ("http://chat.example", "chat.example:443"),
            ("null", "null"),
            ("file://chat.example", "chat.example"),
            ("", "chat.example"),
        ] {
            assert!(!allowed(0, origin, &[("host", host)]), "{origin} of {host}");
        }
        assert!(allowed(0, "app://friends", &[("host", "chat.example")]), "it is listed");
    }

    #[test]
    fn behind_a_proxy_the_name_that_the_client_used_counts() {
        let proxied = [("host", "127.0.0.1:3000"), ("x-forwarded-host", "chat.example")];
        assert!(allowed(1, "https://chat.example", &proxied));
        assert!(!allowed(0, "https://chat.example", &proxied), "nobody is trusted to say so");
        let standard =
            [("host", "127.0.0.1:3000"), ("forwarded", "for=192.0.2.1;host=chat.example;proto=https")];
        assert!(allowed(1, "https://chat.example", &standard));
        let unaware = [("host", "127.0.0.1:3000"), ("sec-fetch-site", "same-origin")];
        assert!(allowed(0, "https://chat.example", &unaware));
        let foreign = [("host", "127.0.0.1:3000"), ("sec-fetch-site", "cross-site")];
        assert!(!allowed(1, "https://evil.example", &foreign));
    }

    #[test]
    fn a_host_that_is_none_is_not_repeated() {
        let own =
            |host| own_host(&Uri::from_static("/"), &headers(&[("host", host)]), &GatewayConfig::default());
        assert_eq!(own("chat.example:3000").as_deref(), Some("chat.example:3000"));
        assert_eq!(own("x; script-src *"), None);
        assert_eq!(own(""), None);
    }
}
