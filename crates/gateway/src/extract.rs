//! Bodies, queries and paths, with errors in our envelope.

use crate::App;
use crate::error::ApiError;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use meeshy_wire::Success;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A JSON body.
pub struct Body<T>(pub T);

/// Of a body that is too large, so many bytes are read and thrown away: a client that is cut off while it sends sees a
/// broken connection instead of our answer.
const DISCARDED_BYTES: usize = 64 * 1024 * 1024;

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let bytes = read(request, app.config.body_bytes).await?;
        meeshy_wire::from_json(&bytes).map(Self).map_err(|error| {
            invalid(if error.is_data() {
                error.to_string()
            } else {
                format!("the body is not JSON: {error}")
            })
        })
    }
}

/// The bytes of a body.
pub async fn read(request: Request, limit: usize) -> Result<Vec<u8>, ApiError> {
    let unreadable =
        |_| ApiError::new(StatusCode::BAD_REQUEST, "INVALID_INPUT", "the request could not be read");
    let mut body = request.into_body();
    let (mut bytes, mut total) = (Vec::new(), 0_usize);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(unreadable)?.into_data() else { continue };
        total = total.saturating_add(data.len());
        if total <= limit {
            bytes.extend_from_slice(&data);
        } else if total > DISCARDED_BYTES {
            break;
        }
    }
    if total > limit {
        return Err(ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "PAYLOAD_TOO_LARGE",
            "the request is too large",
        ));
    }
    Ok(bytes)
}

fn invalid(message: String) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", message)
}

/// Query parameters.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = Query::from_request_parts(parts, state).await;
        query.map(|Query(params)| Self(params)).map_err(|rejection| invalid(rejection.body_text()))
    }
}

/// The variable part of a path.
pub struct PathParam(pub String);

impl<S: Send + Sync> FromRequestParts<S> for PathParam {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(part)| Self(part)).map_err(|rejection| invalid(rejection.body_text()))
    }
}

/// The two variable parts of a path.
pub struct TwoPathParams(pub String, pub String);

impl<S: Send + Sync> FromRequestParts<S> for TwoPathParams {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        path.map(|Path((one, other))| Self(one, other)).map_err(|rejection| invalid(rejection.body_text()))
    }
}

/// A good answer in the envelope, with or without extras.
pub struct Answer<T>(pub Success<T>);

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// A good answer with nothing beside its data.
pub fn answer<T: Serialize>(data: T) -> Answer<T> {
    Answer(Success::new(data))
}

/// The answer to a request that made something.
pub fn created<T: Serialize>(data: T) -> impl IntoResponse {
    (StatusCode::CREATED, answer(data))
}

/// `limit` and `offset` as clients send them: text that is no number counts as not given.
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct PageParams {
    limit: Option<String>,
    offset: Option<String>,
}

impl PageParams {
    /// The limit, between 1 and `max`.
    pub fn limit(&self, default: i64, max: i64) -> i64 {
        number(self.limit.as_deref()).unwrap_or(default).clamp(1, max)
    }

    /// The offset, from 0.
    pub fn offset(&self) -> i64 {
        number(self.offset.as_deref()).unwrap_or(0).max(0)
    }
}

fn number(text: Option<&str>) -> Option<i64> {
    text?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_clamped_and_nonsense_is_the_default() {
        let limit =
            |text: Option<&str>| PageParams { limit: text.map(str::to_owned), offset: None }.limit(20, 50);
        assert_eq!(
            [None, Some("7"), Some("0"), Some("-3"), Some("900"), Some("many")].map(limit),
            [20, 7, 1, 1, 50, 20]
        );
        let offset = |text: &str| PageParams { limit: None, offset: Some(text.to_owned()) }.offset();
        assert_eq!(["12", "-1", "x", "99999999999999999999"].map(offset), [12, 0, 0, 0]);
    }
}
