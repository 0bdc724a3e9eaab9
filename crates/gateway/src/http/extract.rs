//! Extractors of bodies, queries and paths, with errors in our envelope.

use crate::api::describe::{Describe, Input, Place};
use crate::app::App;
use crate::http::error::ApiError;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use http_body_util::BodyExt;
use meeshy_wire::ErrorCode;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::borrow::Cow;

/// A JSON body.
pub struct Body<T>(pub T);

/// How many bytes of a body that is too large are read and discarded: a client that is cut off while sending
/// sees a broken connection instead of the response.
const DISCARDED_BYTES: usize = 64 * 1024 * 1024;

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let bytes = read(request, app.config.body_bytes).await?;
        meeshy_wire::from_json(&bytes).map(Self).map_err(|error| {
            invalid(if error.is_data() {
                error.to_string()
            } else {
                format!("the body is not valid JSON: {error}")
            })
        })
    }
}

impl<T: JsonSchema> Input for Body<T> {
    fn describe(to: &mut Describe<'_>) {
        to.takes::<T>();
        to.fails(&[ErrorCode::ValidationError, ErrorCode::InvalidInput, ErrorCode::PayloadTooLarge]);
    }
}

/// The bytes of a body.
pub async fn read(request: Request, limit: usize) -> Result<Vec<u8>, ApiError> {
    let unreadable = |_| ApiError::new(ErrorCode::InvalidInput, "failed to read the request");
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
        return Err(ApiError::new(ErrorCode::PayloadTooLarge, "the request is too large"));
    }
    Ok(bytes)
}

fn invalid(message: String) -> ApiError {
    ApiError::new(ErrorCode::ValidationError, message)
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

impl<T: JsonSchema> Input for Params<T> {
    fn describe(to: &mut Describe<'_>) {
        for (name, schema, is_required) in to.schemas.fields::<T>() {
            to.parameter(Place::Query, name, schema, is_required);
        }
        to.fails(&[ErrorCode::ValidationError]);
    }
}

/// A path parameter.
pub trait Segment: From<String> {
    /// Its name in the path.
    const NAME: &'static str;
    /// Its error if it leads nowhere.
    const MISSING: &'static [ErrorCode];

    fn schema() -> Value;
}

/// Declares path parameters: what they identify, their names in the path, their errors, and an example.
macro_rules! segments {
    ($(#[doc = $doc:literal] $part:ident = $name:literal, $example:literal, [$($missing:ident),*];)*) => {
        $(
            #[doc = $doc]
            pub struct $part(pub String);

            impl From<String> for $part {
                fn from(part: String) -> Self {
                    Self(part)
                }
            }

            impl Segment for $part {
                const NAME: &'static str = $name;
                const MISSING: &'static [ErrorCode] = &[$(ErrorCode::$missing),*];

                fn schema() -> Value {
                    serde_json::json!({
                        "type": "string", "description": $doc.trim_ascii(), "examples": [$example],
                    })
                }
            }
        )*
    };
}

pub(crate) use segments;

segments! {
    /// The id or identifier of a conversation.
    ConversationRef = "id", "meeshy", [ConversationNotFound, ConversationAccessDenied];
    /// The identifier for a new conversation.
    Identifier = "identifier", "mshy_trip", [];
    /// The id of a message.
    MessageRef = "messageId", "65a0c0ffee0123456789abcd", [MessageNotFound];
    /// An emoji, percent-encoded.
    EmojiRef = "emoji", "%F0%9F%91%8D", [NotFound];
    /// The code of a language.
    LanguageTag = "language", "es", [];
    /// The id of a glossary term.
    TermRef = "termId", "65a0c0ffee0123456789abcd", [NotFound];
    /// The id or username of a user.
    UserRef = "userId", "65a0c0ffee0123456789abcd", [UserNotFound];
    /// The id of a session.
    SessionRef = "sessionId", "65a0c0ffee0123456789abcd", [NotFound];
    /// The id of a friend request.
    FriendRequestRef = "requestId", "65a0c0ffee0123456789abcd", [NotFound];
    /// The id of a category of conversations.
    CategoryRef = "categoryId", "65a0c0ffee0123456789abcd", [NotFound];
    /// The name under which a client stores a preference.
    SettingKey = "key", "font-family", [NotFound];
    /// The id or identifier of a community.
    CommunityRef = "communityId", "mshy_gardeners", [NotFound];
    /// The identifier of a community.
    CommunityIdentifier = "identifier", "mshy_gardeners", [NotFound];
    /// The id of a membership, or that of its user.
    CommunityMemberRef = "memberId", "65a0c0ffee0123456789abcd", [NotFound];
    /// The id of a call.
    CallRef = "callId", "65a0c0ffee0123456789abcd", [CallNotFound];
    /// The id of a participation in a call, or that of its user.
    CallParticipantRef = "participantId", "65a0c0ffee0123456789abcd", [NotAParticipant];
    /// The secret part of the URL of a link.
    LinkRef = "linkId", "mshy_65a0c0ffee0123456789abcd.2601150900_0123456789abcdef01234567", [NotFound];
    /// The id of a device, or its id for the client.
    DeviceRef = "deviceId", "65a0c0ffee0123456789abcd", [NotFound];
    /// The translation of a message, as `<message>-<language>`.
    JobRef = "jobId", "65a0c0ffee0123456789abcd-es", [MessageNotFound];
}

/// The path parameter.
pub struct PathParam<P>(pub P);

impl<P: Segment, S: Send + Sync> FromRequestParts<S> for PathParam<P> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(part)| Self(part.into())).map_err(|rejection| invalid(rejection.body_text()))
    }
}

impl<P: Segment> Input for PathParam<P> {
    fn describe(to: &mut Describe<'_>) {
        to.parameter(Place::Path, P::NAME.to_owned(), P::schema(), true);
        to.fails(P::MISSING);
        to.fails(&[ErrorCode::ValidationError]);
    }
}

/// The two path parameters.
pub struct TwoPathParams<P, Q>(pub P, pub Q);

impl<P: Segment, Q: Segment, S: Send + Sync> FromRequestParts<S> for TwoPathParams<P, Q> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        path.map(|Path((one, other))| Self(one.into(), other.into()))
            .map_err(|rejection| invalid(rejection.body_text()))
    }
}

impl<P: Segment, Q: Segment> Input for TwoPathParams<P, Q> {
    fn describe(to: &mut Describe<'_>) {
        PathParam::<P>::describe(to);
        PathParam::<Q>::describe(to);
    }
}

/// `limit` as sent by clients: anything that is not a number is ignored.
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct LimitParam<const DEFAULT: i64, const MAX: i64> {
    limit: Option<String>,
}

impl<const DEFAULT: i64, const MAX: i64> LimitParam<DEFAULT, MAX> {
    /// The limit, between 1 and the maximum.
    pub fn limit(&self) -> i64 {
        number(self.limit.as_deref()).unwrap_or(DEFAULT).clamp(1, MAX)
    }
}

impl<const DEFAULT: i64, const MAX: i64> JsonSchema for LimitParam<DEFAULT, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "LimitParam".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // Text is not an error: it counts as absent.
        json_schema!({
            "type": "object",
            "properties": {
                "limit": {
                    "type": ["integer", "string"],
                    "description": format!("How many; more than {MAX} counts as {MAX}."),
                    "default": DEFAULT,
                },
            },
        })
    }
}

/// `limit` and `offset` as sent by clients: anything that is not a number is ignored.
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct PageParams<const DEFAULT: i64, const MAX: i64> {
    #[serde(flatten)]
    limit: LimitParam<DEFAULT, MAX>,
    offset: Option<String>,
}

impl<const DEFAULT: i64, const MAX: i64> PageParams<DEFAULT, MAX> {
    /// The limit, between 1 and the maximum.
    pub fn limit(&self) -> i64 {
        self.limit.limit()
    }

    /// The offset, from 0.
    pub fn offset(&self) -> i64 {
        number(self.offset.as_deref()).unwrap_or(0).max(0)
    }
}

impl<const DEFAULT: i64, const MAX: i64> JsonSchema for PageParams<DEFAULT, MAX> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "PageParams".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = LimitParam::<DEFAULT, MAX>::json_schema(generator);
        if let Some(Value::Object(properties)) = schema.get_mut("properties") {
            let offset = serde_json::json!({
                "type": ["integer", "string"], "description": "The number of items to skip.", "default": 0,
            });
            properties.insert("offset".to_owned(), offset);
        }
        schema
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
        let limit = |text: Option<&str>| LimitParam::<20, 50> { limit: text.map(str::to_owned) }.limit();
        assert_eq!(
            [None, Some("7"), Some("0"), Some("-3"), Some("900"), Some("many")].map(limit),
            [20, 7, 1, 1, 50, 20]
        );
        let offset = |text: &str| {
            PageParams::<20, 50> { offset: Some(text.to_owned()), ..PageParams::default() }.offset()
        };
        assert_eq!(["12", "-1", "x", "99999999999999999999"].map(offset), [12, 0, 0, 0]);
    }
}
