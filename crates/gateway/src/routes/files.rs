//! Files attached to messages, served so that they cannot run code in our origin.

use crate::api::Api;
use crate::api::access::Access;
use crate::api::describe::{Describe, Input, Output};
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::extract::{Params, PathParam, Segment, segments};
use axum::extract::{FromRequest, Query, Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    HeaderName,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use meeshy_chat::{ChatError, FileRequest, FileSignature, ServedFile};
use meeshy_domain::ImageKind;
use meeshy_domain::bidi::plain_file_name;
use meeshy_wire::ErrorCode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::convert::Infallible;
use tower::ServiceExt;
use tower_http::services::ServeFile;

/// A page in an uploaded file may do nothing at all.
const FILE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// The folder of public files within the folder of uploads, filled by the import.
const PUBLIC: &str = "public";

pub fn routes(api: Api) -> Api {
    let api = api
        .get(
            Access::Anyone,
            "/u/{*path}",
            "A picture that was uploaded through the old front end",
            old_front_end,
        )
        .get(Access::Anyone, "/i/{*path}", "A picture of the tree before that", older_tree)
        .get(Access::Link, "/uploads/{*path}", "A file by its path, at an old address", by_path);
    let by_path_summary = if api.app().chat.files().are_served_by_path() {
        "A file by its path, for anybody who knows it, because files.unsigned_paths is on"
    } else {
        "A file by its path"
    };
    // URLs in old rows have no version prefix.
    ["/api/v1/attachments", "/api/attachments"].into_iter().fold(api, |api, base| {
        api.get(Access::Link, &format!("{base}/file/{{*path}}"), by_path_summary, by_path)
            .get(Access::Link, &format!("{base}/{{attachment}}"), "A file", by_id)
            .get(
                Access::Link,
                &format!("{base}/{{attachment}}/thumbnail"),
                "The thumbnail of a file",
                thumbnail,
            )
    })
}

segments! {
    /// The path of a file among the uploads.
    FilePath = "path", "2026/01/65a0c0ffee0123456789abcd.png", [NotFound];
    /// The id of a file.
    FileRef = "attachment", "65a0c0ffee0123456789abcd", [NotFound, AuthFailed];
}

/// The query of a signed link.
#[derive(Deserialize, JsonSchema)]
struct Link {
    /// The signature.
    sig: Option<String>,
    /// When it expires, in seconds since 1970. An invalid signature is ignored.
    #[schemars(with = "Option<String>")]
    exp: Option<i64>,
}

/// A request that may carry a link.
struct Followed(Request);

impl FromRequest<App> for Followed {
    type Rejection = Infallible;

    async fn from_request(request: Request, _: &App) -> Result<Self, Infallible> {
        Ok(Self(request))
    }
}

impl Input for Followed {
    fn describe(to: &mut Describe<'_>) {
        Params::<Link>::describe(to);
    }
}

/// The caller. Invalid credentials count as none: images send what they have.
async fn asked_by(app: &App, headers: &HeaderMap, uri: &Uri) -> FileRequest {
    let caller = app.authenticate_participant(headers).await.ok().map(|caller| caller.actor());
    // A damaged link counts as one without a signature.
    let link = Query::<Link>::try_from_uri(uri).ok();
    let signature = link.and_then(|Query(link)| Some((link.sig?, link.exp?)));
    let signature = signature.map(|(signature, expires)| FileSignature { signature, expires });
    FileRequest { caller, signature }
}

async fn by_path(
    State(app): State<App>,
    PathParam(FilePath(path)): PathParam<FilePath>,
    Followed(request): Followed,
) -> Result<Given, ApiError> {
    let file =
        app.chat.files().at_path(&path, asked_by(&app, request.headers(), request.uri()).await).await?;
    give(&app, file, request).await
}

async fn old_front_end(
    PathParam(FilePath(path)): PathParam<FilePath>,
    State(app): State<App>,
    Followed(request): Followed,
) -> Result<Given, ApiError> {
    give_public(&app, &format!("{PUBLIC}/u/{path}"), request).await
}

async fn older_tree(
    PathParam(FilePath(path)): PathParam<FilePath>,
    State(app): State<App>,
    Followed(request): Followed,
) -> Result<Given, ApiError> {
    give_public(&app, &format!("{PUBLIC}/i/{path}"), request).await
}

/// A picture that was public in the old system; nothing else is given.
async fn give_public(app: &App, path: &str, request: Request) -> Result<Given, ApiError> {
    let Given(mut response) = serve(app, path, request).await?;
    if response.status().is_success() {
        let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if kind.and_then(ImageKind::of_type).is_none() {
            return Err(missing());
        }
        protect(response.headers_mut(), "public, max-age=2592000, immutable");
    }
    Ok(Given(response))
}

async fn by_id(
    State(app): State<App>,
    PathParam(FileRef(id)): PathParam<FileRef>,
    Followed(request): Followed,
) -> Result<Given, ApiError> {
    let file =
        app.chat.files().get(&id, false, asked_by(&app, request.headers(), request.uri()).await).await?;
    give(&app, file, request).await
}

async fn thumbnail(
    State(app): State<App>,
    PathParam(FileRef(id)): PathParam<FileRef>,
    Followed(request): Followed,
) -> Result<Given, ApiError> {
    let file =
        app.chat.files().get(&id, true, asked_by(&app, request.headers(), request.uri()).await).await?;
    give(&app, file, request).await
}

/// The bytes, or the requested range of them.
async fn give(app: &App, file: ServedFile, request: Request) -> Result<Given, ApiError> {
    let Given(mut response) = serve(app, &file.path, request).await.inspect_err(|_| {
        tracing::warn!(path = file.path, "The file of an attachment is missing");
    })?;
    if response.status().is_success() {
        say_what_it_is(&file, response.headers_mut());
    }
    Ok(Given(response))
}

/// What is at a path in the folder of uploads.
async fn serve(app: &App, path: &str, request: Request) -> Result<Given, ApiError> {
    // A row could contain any path.
    let place = app.chat.uploads().depot().locate(path).ok_or_else(missing)?;
    match ServeFile::new(place).oneshot(request).await {
        Ok(response) if response.status() != StatusCode::NOT_FOUND => Ok(Given(response.into_response())),
        _ => Err(missing()),
    }
}

fn missing() -> ApiError {
    ChatError::NotFound { what: "attachment" }.into()
}

/// A file, or the part of it that was asked for.
struct Given(Response);

impl IntoResponse for Given {
    fn into_response(self) -> Response {
        self.0
    }
}

impl Output for Given {
    fn describe(to: &mut Describe<'_>) {
        for status in [StatusCode::OK, StatusCode::PARTIAL_CONTENT] {
            to.answers(status, "*/*", json!({}));
        }
        for status in
            [StatusCode::NOT_MODIFIED, StatusCode::PRECONDITION_FAILED, StatusCode::RANGE_NOT_SATISFIABLE]
        {
            to.answers_without_body(status);
        }
    }
}

fn say_what_it_is(file: &ServedFile, headers: &mut HeaderMap) {
    let shown = file.is_harmless();
    let kind = HeaderValue::from_str(&file.mime_type).ok().filter(|_| shown);
    headers.insert(CONTENT_TYPE, kind.unwrap_or(HeaderValue::from_static("application/octet-stream")));
    let how = if shown { "inline" } else { "attachment" };
    // RFC 5987.
    let name = plain_file_name(&file.name);
    let name = utf8_percent_encode(&name, NON_ALPHANUMERIC);
    let disposition = format!("{how}; filename*=UTF-8''{name}");
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
    // Links change every day; only the browser of an authorized user may cache the file.
    protect(headers, "private, max-age=86400, immutable");
}

/// Keeps a file from running code in our origin, and lets pages on other origins show it.
fn protect(headers: &mut HeaderMap, caching: &'static str) {
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, FILE_POLICY),
        (CACHE_CONTROL, caching),
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
