//! The browser client: embedded files, compressed when it was built.

use crate::error::ApiError;
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};
use std::borrow::Cow;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
struct Dist;

/// What a browser is shown before the client was built.
const NOT_BUILT: &str =
    "<!doctype html><title>Meeshy</title><p>The web client is not built: run <code>make web</code>.</p>";

/// Any path that no route has: a file of the client, its page for the paths that the client itself knows, or a 404.
pub async fn fallback(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    let is_read = method == Method::GET || method == Method::HEAD;
    if is_read && let Some(response) = file(path, &headers) {
        return response;
    }
    let wants_page = headers
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("text/html"));
    if is_read && (wants_page || path.is_empty()) && !path.starts_with("api/") && !path.starts_with("assets/")
    {
        return file("index.html", &headers)
            .unwrap_or_else(|| ([(CONTENT_TYPE, "text/html")], NOT_BUILT).into_response());
    }
    let message = format!("Route {method}:{} not found", uri.path());
    ApiError::new(StatusCode::NOT_FOUND, "NOT_FOUND", message).into_response()
}

fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    if path.is_empty() || path.ends_with(".br") || path.ends_with(".gz") {
        return None;
    }
    let plain = Dist::get(path)?;
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (body, encoding) =
        compressed(path, accepted).map_or((plain, None), |(file, encoding)| (file, Some(encoding)));
    let tag = entity_tag(&body);
    let mut response = if headers.get(IF_NONE_MATCH).is_some_and(|seen| seen.as_bytes() == tag.as_bytes()) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        bytes(body.data).into_response()
    };
    let answer = response.headers_mut();
    answer.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    answer.insert(VARY, HeaderValue::from_static("accept-encoding"));
    // Names under `assets/` carry a hash of their content.
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    answer.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Some(encoding) = encoding {
        answer.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        answer.insert(ETAG, tag);
    }
    Some(response)
}

fn compressed(path: &str, accepted: &str) -> Option<(EmbeddedFile, &'static str)> {
    let accepts = |name: &str| {
        accepted.split(',').any(|part| part.split(';').next().is_some_and(|coding| coding.trim() == name))
    };
    [("br", ".br"), ("gzip", ".gz")]
        .into_iter()
        .filter(|(coding, _)| accepts(coding))
        .find_map(|(coding, ending)| Dist::get(&format!("{path}{ending}")).map(|file| (file, coding)))
}

fn bytes(data: Cow<'static, [u8]>) -> axum::body::Bytes {
    match data {
        Cow::Borrowed(data) => axum::body::Bytes::from_static(data),
        Cow::Owned(data) => data.into(),
    }
}

fn entity_tag(file: &EmbeddedFile) -> String {
    let hash = file.metadata.sha256_hash();
    format!("\"{}\"", hash[..8].iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json" | "webmanifest") => "application/json",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
