//! Uploads in parts, with the protocol tus 1.0 (<https://tus.io/protocols/resumable-upload>) and its extensions `creation`,
//! `creation-with-upload`, `expiration` and `termination`.

use crate::api::Api;
use crate::api::access::Access;
use crate::api::describe::{Describe, Input, Output, Place, RequestBody};
use crate::app::App;
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::{PathParam, Segment, segments};
use axum::body::BodyDataStream;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::StreamExt;
use meeshy_chat::{NewUpload, UploadPart, UploadProgress};
use meeshy_domain::{Timestamp, limits};
use meeshy_wire::ErrorCode;
use serde_json::{Value, json};

const BASE: &str = "/api/v1/attachments/resumable";
const VERSION: &str = "1.0.0";
const EXTENSIONS: &str = "creation,creation-with-upload,expiration,termination";
/// The content type of a part.
const PART: &str = "application/offset+octet-stream";

pub fn routes(api: Api) -> Api {
    let one = format!("{BASE}/{{upload}}");
    api.post(Access::User, BASE, "Begin an upload in parts (tus 1.0)", begin)
        .get(Access::User, &one, "How much of an upload was received (tus 1.0: HEAD)", progress)
        .fails(&[ErrorCode::UploadLocked, ErrorCode::PayloadTooLarge])
        .patch(Access::User, &one, "Send a part of an upload (tus 1.0)", send)
        .delete(Access::User, &one, "Cancel an upload (tus 1.0)", cancel)
        .fails(&[ErrorCode::UploadLocked])
}

segments! {
    /// The id of an upload, and later of the file.
    UploadRef = "upload", "65a0c0ffee0123456789abcd", [NotFound];
}

/// The protocol version of the client.
struct Tus;

impl FromRequestParts<App> for Tus {
    type Rejection = Response;

    /// A client that names no version is taken for one of this one.
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Response> {
        match parts.headers.get("tus-resumable") {
            Some(version) if version != VERSION => {
                let message = format!("expected version {VERSION} of tus");
                let refusal = ApiError::new(ErrorCode::UnsupportedVersion, message).into_response();
                Err(([("tus-version", VERSION)], refusal).into_response())
            }
            _ => Ok(Self),
        }
    }
}

impl Input for Tus {
    fn describe(to: &mut Describe<'_>) {
        let schema =
            json!({ "description": "The version of the protocol.", "type": "string", "examples": [VERSION] });
        to.parameter(Place::Header, "Tus-Resumable".to_owned(), schema, false);
        to.fails(&[ErrorCode::UnsupportedVersion]);
    }
}

/// A new upload, with its first bytes.
struct Creation {
    new: NewUpload,
    bytes: Option<BodyDataStream>,
}

impl FromRequest<App> for Creation {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &App) -> Result<Self, ApiError> {
        let headers = request.headers();
        let size = number(headers, "upload-length")?
            .ok_or_else(|| ApiError::invalid("Upload-Length", "expected the size of the file in bytes"))?;
        let metadata = headers.get("upload-metadata").map(HeaderValue::to_str).transpose();
        let metadata = metadata.map_err(|_| invalid_metadata("expected ASCII"))?.unwrap_or_default();
        let new = NewUpload {
            size,
            name: value_of(metadata, &["filename", "name"])?,
            declared_type: value_of(metadata, &["filetype", "type"])?,
            facts: value_of(metadata, &["facts"])?.map(|facts| facts_of(&facts)).transpose()?,
        };
        let is_part = headers.get(CONTENT_TYPE).is_some_and(|given| given == PART);
        let bytes = is_part.then(|| request.into_body().into_data_stream());
        Ok(Self { new, bytes })
    }
}

impl Input for Creation {
    fn describe(to: &mut Describe<'_>) {
        let length =
            json!({ "description": "The size of the file in bytes.", "type": "integer", "minimum": 0 });
        let metadata = json!({
            "description": "Pairs of a key and a value in base64, separated by commas: `filename`, `filetype`, and `facts`, \
                a JSON object of what the client says of the file otherwise.",
            "type": "string",
            "examples": ["filename YS50eHQ=,filetype dGV4dC9wbGFpbg=="],
        });
        to.parameter(Place::Header, "Upload-Length".to_owned(), length, true);
        to.parameter(Place::Header, "Upload-Metadata".to_owned(), metadata, false);
        to.fails(&[ErrorCode::InvalidInput, ErrorCode::PayloadTooLarge, ErrorCode::InvalidOperation]);
    }
}

/// A value of `Upload-Metadata`, under one of these keys.
fn value_of(metadata: &str, keys: &[&str]) -> Result<Option<String>, ApiError> {
    let mut pairs = metadata.split(',').map(|pair| pair.trim().split_once(' ').unwrap_or((pair.trim(), "")));
    let Some((_, value)) = pairs.find(|(key, _)| keys.contains(key)) else { return Ok(None) };
    let bytes = STANDARD.decode(value.trim()).map_err(|_| invalid_metadata("expected base64"))?;
    String::from_utf8(bytes).map(Some).map_err(|_| invalid_metadata("expected UTF-8 in base64"))
}

fn facts_of(facts: &str) -> Result<Value, ApiError> {
    if facts.len() > limits::FILE_METADATA_BYTES {
        return Err(invalid_metadata("the facts are too long"));
    }
    meeshy_wire::from_json(facts.as_bytes())
        .map_err(|error| invalid_metadata(&format!("the facts are not valid JSON: {error}")))
}

fn invalid_metadata(problem: &str) -> ApiError {
    ApiError::invalid("Upload-Metadata", problem)
}

fn number(headers: &HeaderMap, name: &'static str) -> Result<Option<u64>, ApiError> {
    let Some(given) = headers.get(name) else { return Ok(None) };
    let number = given.to_str().ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let number = number.and_then(|text| text.parse().ok());
    number.map(Some).ok_or_else(|| ApiError::invalid(name, "expected a number of bytes"))
}

/// A part of a file.
struct Part {
    offset: u64,
    bytes: BodyDataStream,
}

impl FromRequest<App> for Part {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &App) -> Result<Self, ApiError> {
        let offset = number(request.headers(), "upload-offset")?
            .ok_or_else(|| ApiError::invalid("Upload-Offset", "expected the number of the first byte"))?;
        if request.headers().get(CONTENT_TYPE).is_none_or(|given| given != PART) {
            return Err(ApiError::new(
                ErrorCode::UnsupportedMediaType,
                format!("expected the content type {PART}"),
            ));
        }
        Ok(Self { offset, bytes: request.into_body().into_data_stream() })
    }
}

impl Input for Part {
    fn describe(to: &mut Describe<'_>) {
        let offset =
            json!({ "description": "The number of the first byte.", "type": "integer", "minimum": 0 });
        to.parameter(Place::Header, "Upload-Offset".to_owned(), offset, true);
        to.operation.body = Some(RequestBody {
            schema: json!({ "type": "string", "format": "binary", "examples": ["(bytes)"] }),
            forms: &[PART],
        });
        to.fails(&[
            ErrorCode::InvalidInput,
            ErrorCode::PayloadTooLarge,
            ErrorCode::UnsupportedMediaType,
            ErrorCode::UploadConflict,
            ErrorCode::UploadLocked,
        ]);
    }
}

/// How far an upload is: headers only.
struct Progress(UploadProgress);

impl Progress {
    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let fixed = [("tus-resumable", VERSION), ("tus-version", VERSION), ("tus-extension", EXTENSIONS)];
        for (name, value) in fixed {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert("upload-offset", self.0.received.into());
        headers.insert("upload-length", self.0.size.into());
        let expires = self.0.expires_at.and_then(http_date);
        headers.extend(expires.map(|date| (HeaderName::from_static("upload-expires"), date)));
        headers
    }
}

/// A date as in RFC 9110.
fn http_date(time: Timestamp) -> Option<HeaderValue> {
    let time = jiff::Timestamp::from_millisecond(time.millis()).ok()?;
    HeaderValue::from_str(&time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()).ok()
}

impl IntoResponse for Progress {
    fn into_response(self) -> Response {
        (StatusCode::NO_CONTENT, self.headers()).into_response()
    }
}

impl Output for Progress {
    fn describe(to: &mut Describe<'_>) {
        to.answers_without_body(StatusCode::NO_CONTENT);
    }
}

/// A begun upload, and where its parts go.
struct Begun(Progress);

impl IntoResponse for Begun {
    fn into_response(self) -> Response {
        let place = format!("{BASE}/{}", self.0.0.id);
        (StatusCode::CREATED, [(LOCATION, place)], self.0.headers()).into_response()
    }
}

impl Output for Begun {
    fn describe(to: &mut Describe<'_>) {
        to.answers_without_body(StatusCode::CREATED);
    }
}

async fn begin(
    State(app): State<App>,
    User(caller): User,
    _: Tus,
    Creation { new, bytes }: Creation,
) -> Result<Begun, ApiError> {
    let uploads = app.chat.uploads();
    let begun = uploads.begin_resumable(caller.user.id, new).await?;
    let Some(bytes) = bytes.filter(|_| begun.size > 0) else { return Ok(Begun(Progress(begun))) };
    let part = uploads.resume(caller.user.id, &begun.id.to_string(), 0).await?;
    Ok(Begun(Progress(receive(part, bytes).await?)))
}

async fn progress(
    State(app): State<App>,
    User(caller): User,
    _: Tus,
    PathParam(UploadRef(id)): PathParam<UploadRef>,
) -> Result<Progress, ApiError> {
    Ok(Progress(app.chat.uploads().progress(caller.user.id, &id).await?))
}

async fn send(
    State(app): State<App>,
    User(caller): User,
    _: Tus,
    PathParam(UploadRef(id)): PathParam<UploadRef>,
    Part { offset, bytes }: Part,
) -> Result<Progress, ApiError> {
    let part = app.chat.uploads().resume(caller.user.id, &id, offset).await?;
    Ok(Progress(receive(part, bytes).await?))
}

/// Receives a part. What has arrived before the connection broke stays.
async fn receive(mut part: UploadPart, mut bytes: BodyDataStream) -> Result<UploadProgress, ApiError> {
    while let Some(chunk) = bytes.next().await {
        match chunk {
            Ok(chunk) => part.write(&chunk).await?,
            Err(error) => {
                part.finish().await?;
                return Err(ApiError::new(ErrorCode::InvalidInput, format!("the part broke off: {error}")));
            }
        }
    }
    Ok(part.finish().await?)
}

async fn cancel(
    State(app): State<App>,
    User(caller): User,
    _: Tus,
    PathParam(UploadRef(id)): PathParam<UploadRef>,
) -> Result<Cancelled, ApiError> {
    app.chat.uploads().cancel(caller.user.id, &id).await?;
    Ok(Cancelled)
}

/// The upload is gone.
struct Cancelled;

impl IntoResponse for Cancelled {
    fn into_response(self) -> Response {
        (StatusCode::NO_CONTENT, [("tus-resumable", VERSION)]).into_response()
    }
}

impl Output for Cancelled {
    fn describe(to: &mut Describe<'_>) {
        to.answers_without_body(StatusCode::NO_CONTENT);
    }
}
