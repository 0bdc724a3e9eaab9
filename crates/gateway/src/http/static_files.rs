//! The web client: embedded files, compressed at build time.

use crate::http::error::ApiError;
use axum::body::Bytes;
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use meeshy_wire::ErrorCode;
use rust_embed::{EmbeddedFile, RustEmbed};
use std::borrow::Cow;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
struct Dist;

/// The page of the client.
const PAGE: &str = "index.html";
/// The path of its assets, as written by the build: relative to the page.
const HERE: &str = "./";
/// The client has no path nearly as deep.
const MAX_DEPTH: usize = 16;

/// Shown if the client was not built.
const NOT_BUILT: &str =
    "<!doctype html><title>Meeshy</title><p>The web client is not built: run <code>make web</code>.</p>";

/// The fallback for paths without a route: a file of the client, its page for the paths that the client
/// handles, or a 404.
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
        return page(path, &headers)
            .unwrap_or_else(|| ([(CONTENT_TYPE, "text/html")], NOT_BUILT).into_response());
    }
    let message = format!("Route {method}:{} not found", uri.path());
    ApiError::new(ErrorCode::NotFound, message).into_response()
}

/// The page of the client for one of its paths. Its assets are at the root of this server, which may be below
/// a path of a proxy, so the page contains the relative way back.
fn page(path: &str, headers: &HeaderMap) -> Option<Response> {
    let way = way_back(path);
    if way == HERE {
        return file(PAGE, headers);
    }
    let plain = Dist::get(PAGE)?;
    let tag = format!("\"{}-{}\"", tag_of(&plain), way.len());
    let text = String::from_utf8_lossy(&plain.data).replacen(
        &format!("<base href=\"{HERE}\""),
        &format!("<base href=\"{way}\""),
        1,
    );
    Some(answer(PAGE, text.into(), &tag, None, headers))
}

/// From a path of the client to the folder of its assets: `./` from `/settings`, `../` from `/c/1`.
fn way_back(path: &str) -> String {
    match path.matches('/').count() {
        0 => HERE.to_owned(),
        depth => "../".repeat(depth.min(MAX_DEPTH)),
    }
}

fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    if path.is_empty() || path.ends_with(".br") || path.ends_with(".gz") {
        return None;
    }
    let plain = Dist::get(path)?;
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (body, encoding) =
        compressed(path, accepted).map_or((plain, None), |(file, encoding)| (file, Some(encoding)));
    let tag = format!("\"{}\"", tag_of(&body));
    Some(answer(path, bytes(body.data), &tag, encoding, headers))
}

fn answer(path: &str, body: Bytes, tag: &str, encoding: Option<&'static str>, asked: &HeaderMap) -> Response {
    let is_known = asked.get(IF_NONE_MATCH).is_some_and(|seen| seen.as_bytes() == tag.as_bytes());
    let mut response = if is_known { StatusCode::NOT_MODIFIED.into_response() } else { body.into_response() };
    let answer = response.headers_mut();
    answer.insert(CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    answer.insert(VARY, HeaderValue::from_static("accept-encoding"));
    // Names under `assets/` contain a hash of their content.
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    answer.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Some(encoding) = encoding {
        answer.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    if let Ok(tag) = HeaderValue::from_str(tag) {
        answer.insert(ETAG, tag);
    }
    response
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

fn bytes(data: Cow<'static, [u8]>) -> Bytes {
    match data {
        Cow::Borrowed(data) => Bytes::from_static(data),
        Cow::Owned(data) => data.into(),
    }
}

/// A hash of the content, without the quotes of an entity tag.
fn tag_of(file: &EmbeddedFile) -> String {
    let hash = file.metadata.sha256_hash();
    hash[..8].iter().map(|byte| format!("{byte:02x}")).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_finds_its_parts_from_any_path() {
        assert_eq!(["", "settings", "c/1", "a/b/"].map(way_back), ["./", "./", "../", "../../"]);
        assert_eq!(way_back(&"/".repeat(1000)).len(), 3 * MAX_DEPTH);
    }
}
