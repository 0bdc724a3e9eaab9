//! Clients that sign in, and how a device proves that it has signed in before.

use crate::api::describe::{Describe, Input, Output};
use crate::app::App;
use crate::http::answer::Answer;
use crate::http::auth::{Origin, session_token};
use axum::extract::FromRequestParts;
use axum::http::header::{COOKIE, ORIGIN, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use meeshy_chat::Device;
use schemars::JsonSchema;
use serde::Serialize;
use std::convert::Infallible;

/// A cookie that marks this browser as known; it does not authenticate.
const COOKIE_NAME: &str = "meeshy_device";
/// The length of its value, in hexadecimal digits.
const COOKIE_DIGITS: usize = 64;
/// Browsers store a cookie for 400 days at most (RFC 6265bis, 5.5).
const COOKIE_SECONDS: u32 = 400 * 86_400;

/// A client that signs in or registers.
pub struct Visitor {
    pub device: Device,
    /// The key under which the calls of its address are counted.
    pub counted_as: String,
    set_cookie: Option<HeaderValue>,
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let Origin { mut device, counted_as } = Origin::from_request_parts(parts, app).await?;
        device.session_token = session_token(&parts.headers).map(Into::into);
        let known = device_cookie(&parts.headers);
        let value = known.clone().unwrap_or_else(|| app.chat.secrets().hex(COOKIE_DIGITS / 2));
        // Browsers reject secure cookies on pages without TLS.
        let origin = parts.headers.get(ORIGIN).and_then(|origin| origin.to_str().ok()).unwrap_or_default();
        let secure = if origin.starts_with("https://") { "; Secure" } else { "" };
        let cookie = format!(
            "{COOKIE_NAME}={value}; Path=/; Max-Age={COOKIE_SECONDS}; HttpOnly; SameSite=Strict{secure}"
        );
        device.cookie = Some(value.into());
        let set_cookie = if known.is_none() { HeaderValue::try_from(cookie).ok() } else { None };
        Ok(Self { device, counted_as, set_cookie })
    }
}

impl Visitor {
    /// The response to a sign-in, with the cookie that identifies this browser.
    pub fn remembered<T>(&self, answer: T) -> Remembered<T> {
        Remembered { answer, set_cookie: self.set_cookie.clone() }
    }
}

impl Input for Visitor {
    fn describe(_: &mut Describe<'_>) {}
}

/// The response to a sign-in, possibly with a cookie.
pub struct Remembered<T> {
    answer: T,
    set_cookie: Option<HeaderValue>,
}

impl<T> Remembered<T> {
    /// The response to a sign-in that is not complete yet.
    pub fn unknown(answer: T) -> Self {
        Self { answer, set_cookie: None }
    }
}

impl<T: Serialize> IntoResponse for Remembered<T> {
    fn into_response(self) -> Response {
        let mut response = Answer(self.answer).into_response();
        if let Some(cookie) = self.set_cookie {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        response
    }
}

impl<T: JsonSchema> Output for Remembered<T> {
    fn describe(to: &mut Describe<'_>) {
        Answer::<T>::describe(to);
    }
}

/// The value of the cookie, if it is valid.
fn device_cookie(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(name, _)| *name == COOKIE_NAME)?;
    let is_ours = value.len() == COOKIE_DIGITS && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_ours.then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others_and_nothing_else_counts_as_one() {
        let value = "0a".repeat(32);
        let read = |lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(COOKIE, line.parse().unwrap());
            }
            device_cookie(&headers)
        };
        assert_eq!(read(&[&format!("a=b; meeshy_device={value}; c=d")]), Some(value.clone()));
        assert_eq!(read(&["a=b", &format!("meeshy_device={value}")]), Some(value.clone()));
        for other in
            ["", "meeshy_device=", "meeshy_device=x", "meeshy_device", &format!("meeshy_device={value}0")]
        {
            assert_eq!(read(&[other]), None, "{other}");
        }
    }
}
