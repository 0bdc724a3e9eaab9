//! Authentication: the credentials of a request, and their user.

use crate::api::describe::{Describe, Input};
use crate::app::App;
use crate::config::GatewayConfig;
use crate::http::error::ApiError;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::{AUTHORIZATION, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, StatusCode};
use meeshy_chat::{Caller, ChatError, Device, GuestCaller, Guests};
use meeshy_domain::{Actor, Network};
use meeshy_wire::ErrorCode;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Once;

const SESSION_TOKEN: &str = "x-session-token";

const NOT_FOR_GUESTS: &str = "guests cannot do this; sign in to do it";

/// The JWT of an `Authorization: Bearer` header.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The device secret in an `X-Session-Token` header.
pub fn session_token(headers: &HeaderMap) -> Option<&str> {
    headers.get(SESSION_TOKEN)?.to_str().ok().filter(|token| !token.is_empty())
}

/// The secret of a guest in that header.
fn guest_secret(headers: &HeaderMap) -> Option<&str> {
    session_token(headers).filter(|secret| Guests::is_secret(secret))
}

/// The credential by which a request is authenticated: a JWT takes precedence.
fn credential(headers: &HeaderMap) -> Option<&str> {
    bearer(headers).or_else(|| session_token(headers))
}

impl App {
    /// The key under which a call is counted: the account of its caller, if known, or its address.
    pub fn counted_as(&self, headers: &HeaderMap, extensions: &Extensions) -> String {
        let account = credential(headers).and_then(|shown| self.known_callers.account(shown));
        let address = || counted_as(address(headers, extensions, &self.config));
        account.map_or_else(address, |account| account.to_string())
    }

    /// Whether the request has the operator's token, which gives access to metrics.
    pub fn is_operator(&self, headers: &HeaderMap) -> bool {
        let shown = bearer(headers);
        self.config.metrics_token.as_ref().zip(shown).is_some_and(|(token, shown)| token.is(shown))
    }

    /// The user of the credentials; a JWT takes precedence over a session token.
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<Caller, ApiError> {
        let checked = match (bearer(headers), session_token(headers)) {
            (Some(token), secret) => self.authenticate_token(token, secret).await,
            (None, Some(token)) if Guests::is_secret(token) => {
                Err(ChatError::Unauthenticated(NOT_FOR_GUESTS.to_owned()))
            }
            (None, Some(token)) => self.chat.sessions().authenticate_device(token).await,
            (None, None) => return Err(ApiError::authentication_required()),
        };
        if let (Err(ChatError::Unauthenticated(_)), Some(secret)) = (&checked, guest_secret(headers)) {
            // Not 401: clients of guests would forget who they are.
            match self.chat.guests().authenticate(secret).await {
                Ok(_) | Err(ChatError::LinkClosed(_)) => {
                    return Err(ApiError::new(ErrorCode::Forbidden, NOT_FOR_GUESTS));
                }
                Err(error) => return Err(error.into()),
            }
        }
        if checked.is_ok() || matches!(checked, Err(ChatError::Unauthenticated(_))) {
            let account = checked.as_ref().ok().map(|caller| caller.user.id.into());
            credential(headers).inspect(|shown| self.known_callers.checked(shown, account));
        }
        let caller = checked?;
        self.chat.activity().touch(caller.user.id).await;
        Ok(caller)
    }

    /// The user of the credentials, or the guest.
    pub async fn authenticate_participant(&self, headers: &HeaderMap) -> Result<Participant, ApiError> {
        let user = |caller| Participant::User(Box::new(caller));
        let Some(secret) = guest_secret(headers) else { return self.authenticate(headers).await.map(user) };
        if bearer(headers).is_some() {
            match self.authenticate(headers).await {
                Err(ApiError { status: StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, .. }) => {}
                outcome => return outcome.map(user),
            }
        }
        let checked = self.chat.guests().authenticate(secret).await;
        if checked.is_ok() || matches!(checked, Err(ChatError::Unauthenticated(_))) {
            let guest = checked.as_ref().ok().map(|guest| guest.id().into());
            self.known_callers.checked(secret, guest);
        }
        Ok(Participant::Guest(Box::new(checked?)))
    }

    /// The user of a JWT, or of an expired one and the secret of a trusted device.
    async fn authenticate_token(&self, token: &str, secret: Option<&str>) -> Result<Caller, ChatError> {
        match (self.chat.sessions().authenticate(token).await, secret) {
            (Err(refusal @ ChatError::Unauthenticated(_)), Some(secret)) => {
                match self.chat.sessions().authenticate_expired(token, secret).await {
                    Err(ChatError::Unauthenticated(_)) => Err(refusal),
                    outcome => outcome,
                }
            }
            (outcome, _) => outcome,
        }
    }
}

impl App {
    /// The user of the credentials in the headers or, without any, of an API key, as sent by programs with a
    /// single field for it: the token of a user or of a device.
    pub async fn authenticate_by_key(
        &self,
        headers: &HeaderMap,
        key: Option<&str>,
    ) -> Result<Caller, ApiError> {
        let Some(key) = key.filter(|_| bearer(headers).is_none() && session_token(headers).is_none()) else {
            return self.authenticate(headers).await;
        };
        if Guests::is_secret(key) {
            return Err(ApiError::new(ErrorCode::Forbidden, NOT_FOR_GUESTS));
        }
        let is_jwt = key.contains('.');
        let caller = if is_jwt {
            self.chat.sessions().authenticate(key).await?
        } else {
            self.chat.sessions().authenticate_device(key).await?
        };
        self.chat.activity().touch(caller.user.id).await;
        Ok(caller)
    }
}

/// The caller of a route for users; [`Api`](crate::api::Api) has authenticated them.
pub struct User(pub Caller);

impl FromRequestParts<App> for User {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        if let Some(caller) = parts.extensions.remove::<Caller>() {
            return Ok(Self(caller));
        }
        match parts.extensions.remove::<Participant>() {
            Some(Participant::User(caller)) => Ok(Self(*caller)),
            Some(Participant::Guest(_)) => Err(ApiError::new(ErrorCode::Forbidden, NOT_FOR_GUESTS)),
            None => Err(ApiError::authentication_required()),
        }
    }
}

impl Input for User {
    fn describe(to: &mut Describe<'_>) {
        to.operation.takes_caller = true;
    }
}

/// A user or a guest.
#[derive(Clone)]
pub enum Participant {
    User(Box<Caller>),
    Guest(Box<GuestCaller>),
}

impl Participant {
    /// Who it is.
    pub fn actor(&self) -> Actor {
        match self {
            Self::User(caller) => caller.user.id.into(),
            Self::Guest(guest) => guest.id().into(),
        }
    }
}

/// The caller of a route for users and guests; [`Api`](crate::api::Api) has authenticated them.
pub struct Acting(pub Participant);

impl FromRequestParts<App> for Acting {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        parts.extensions.remove::<Participant>().map(Self).ok_or_else(ApiError::authentication_required)
    }
}

impl Input for Acting {
    fn describe(to: &mut Describe<'_>) {
        to.operation.takes_caller = true;
    }
}

/// The caller of a route for everybody, if somebody is signed in. Invalid credentials count as none.
pub struct Viewer(pub Option<Caller>);

impl FromRequestParts<App> for Viewer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        match app.authenticate(&parts.headers).await {
            Ok(caller) => Ok(Self(Some(caller))),
            Err(error) if [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&error.status) => {
                Ok(Self(None))
            }
            Err(error) => Err(error),
        }
    }
}

impl Input for Viewer {
    fn describe(_: &mut Describe<'_>) {}
}

/// The origin of a call.
pub struct Origin {
    pub device: Device,
    /// The key under which its calls are counted.
    pub counted_as: String,
}

impl FromRequestParts<App> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let user_agent =
            parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let address = address(&parts.headers, &parts.extensions, &app.config);
        Ok(Self {
            device: Device { user_agent, ip_address: address.map(|ip| ip.to_string()), ..Device::default() },
            counted_as: counted_as(address),
        })
    }
}

impl Input for Origin {
    fn describe(_: &mut Describe<'_>) {}
}

/// The client address of a call: behind trusted proxies, the one seen by the outermost of them.
pub fn address(headers: &HeaderMap, extensions: &Extensions, config: &GatewayConfig) -> Option<IpAddr> {
    static WARNED: Once = Once::new();
    if config.forwarding.is_ignored_header(headers) {
        WARNED.call_once(|| {
            tracing::warn!(
                "requests carry X-Forwarded-For or Forwarded, and no proxy is trusted: all of them count as one \
                 address; set server.trust_proxy (TRUST_PROXY) to the number of proxies in front"
            );
        });
    }
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    config.forwarding.client_address(headers, peer)
}

/// The key under which the calls from an address are counted.
pub fn counted_as(address: Option<IpAddr>) -> String {
    Network::of(address).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_believed_only_when_trusted() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", "6.6.6.6".parse().unwrap());
        headers.append("x-forwarded-for", "10.0.0.7".parse().unwrap());
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo::<SocketAddr>("[::ffff:127.0.0.1]:80".parse().unwrap()));
        let mut config = GatewayConfig::default();
        assert_eq!(address(&headers, &extensions, &config), Some("127.0.0.1".parse().unwrap()));
        config.forwarding.trusted_hops = 1;
        assert_eq!(address(&headers, &extensions, &config), Some("10.0.0.7".parse().unwrap()));
        assert_eq!(counted_as(Some("2001:db8:1:2:3::9".parse().unwrap())), "2001:db8:1:2::");
    }

    #[test]
    fn credentials_are_read_from_headers_as_clients_write_them() {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, "bearer  abc ".parse().unwrap());
        assert_eq!(bearer(&headers), Some("abc"));
        headers.insert(AUTHORIZATION, "Basic abc".parse().unwrap());
        assert_eq!(bearer(&headers), None);
        assert_eq!(session_token(&headers), None);
        headers.insert(SESSION_TOKEN, "".parse().unwrap());
        assert_eq!(session_token(&headers), None);
    }
}
