//! Who calls: the credentials of a request, and the person behind them (wire-contract 1.10, 2.1).

use crate::error::ApiError;
use crate::{App, config::GatewayConfig};
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, USER_AGENT};
use axum::http::request::Parts;
use meeshy_chat::{Caller, ChatError, Device};
use std::net::{IpAddr, SocketAddr};

pub const SESSION_TOKEN: &str = "x-session-token";

/// The JWT of an `Authorization: Bearer` header.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The device's secret of an `X-Session-Token` header.
pub fn session_token(headers: &HeaderMap) -> Option<&str> {
    headers.get(SESSION_TOKEN)?.to_str().ok().filter(|token| !token.is_empty())
}

impl App {
    /// The person behind the credentials; a JWT goes before a session token.
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<Caller, ApiError> {
        let outcome = match (bearer(headers), session_token(headers)) {
            (Some(token), _) => self.chat.authenticate(token).await,
            (None, Some(token)) => self.chat.authenticate_session(token).await,
            (None, None) => return Err(ApiError::authentication_required()),
        };
        let caller = outcome.map_err(|error| match error {
            ChatError::Unauthenticated(_) => {
                let mut error = ApiError::from(error);
                error.body.code = "AUTH_FAILED";
                error
            }
            other => other.into(),
        })?;
        self.chat.touch(caller.user.id).await;
        Ok(caller)
    }
}

/// The caller of a route for registered people; [`routes::Api`](crate::routes::Api) has let only them in.
pub struct User(pub Caller);

impl FromRequestParts<App> for User {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        parts.extensions.remove::<Caller>().map(Self).ok_or_else(ApiError::authentication_required)
    }
}

/// The device that asks.
pub struct From(pub Device);

impl FromRequestParts<App> for From {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let user_agent =
            parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let ip_address = address(&parts.headers, peer, &app.config).map(|ip| ip.to_string());
        Ok(Self(Device { user_agent, ip_address }))
    }
}

/// Where a call comes from: behind a trusted proxy, what the proxy saw, which is the last entry of the list.
pub fn address(headers: &HeaderMap, peer: Option<IpAddr>, config: &GatewayConfig) -> Option<IpAddr> {
    let forwarded = || headers.get("x-forwarded-for")?.to_str().ok()?.rsplit(',').next()?.trim().parse().ok();
    if config.trust_proxy { forwarded().or(peer) } else { peer }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_proxy_is_believed_only_when_trusted() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "6.6.6.6, 10.0.0.7".parse().unwrap());
        let peer = Some("127.0.0.1".parse().unwrap());
        let mut config = GatewayConfig::default();
        assert_eq!(address(&headers, peer, &config), peer);
        config.trust_proxy = true;
        assert_eq!(address(&headers, peer, &config), Some("10.0.0.7".parse().unwrap()));
    }
}
