//! A web server of files: an index of models, a package index.

use super::synthetic::{Synthetic, sha256};
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::{StreamExt, stream};
use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A web server of files, such as a mirror with one model, `en-es`, that can be made to misbehave.
#[derive(Clone, Default)]
pub struct Mirror {
    /// By path.
    pub files: Arc<Mutex<HashMap<String, Vec<u8>>>>,
    /// How many of the next responses break off.
    pub interruptions: Arc<Mutex<usize>>,
    /// The requested ranges.
    pub ranges: Arc<Mutex<Vec<String>>>,
    /// The paths of all requests.
    pub requests: Arc<Mutex<Vec<String>>>,
    pub ignores_ranges: bool,
    /// The `ETag` of its index, and how often it returned 304.
    pub etag: Arc<Mutex<String>>,
    pub unchanged: Arc<Mutex<usize>>,
}

impl Mirror {
    /// Serves this model.
    pub fn serve(&self, synthetic: &Synthetic, packed: bool) {
        let mut files = self.files.lock().unwrap();
        let mut entries = serde_json::Map::new();
        for (role, name, bytes) in [
            ("model", "model.bin", &synthetic.model),
            ("vocab", "vocab.spm", &synthetic.vocabulary),
            ("lexicalShortlist", "lex.bin", &synthetic.shortlist),
        ] {
            let (path, body) =
                if packed { (format!("{name}.gz"), pack(bytes)) } else { (name.to_owned(), bytes.clone()) };
            let entry = serde_json::json!({
                "path": path, "uncompressedSize": bytes.len(), "uncompressedHash": sha256(bytes)
            });
            entries.insert(role.to_owned(), entry);
            files.insert(path, body);
        }
        let model = serde_json::json!({"architecture": "tiny", "releaseStatus": "Release", "files": entries});
        let index = serde_json::json!({"models": {"en-es": [model]}});
        files.insert("models.json".to_owned(), index.to_string().into_bytes());
    }

    /// Returns the URL of its index.
    pub async fn start(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/{*file}", get(answer)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}/models.json")
    }
}

/// Compresses.
pub fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

async fn answer(State(mirror): State<Mirror>, Path(file): Path<String>, headers: HeaderMap) -> Response {
    mirror.requests.lock().unwrap().push(file.clone());
    let Some(body) = mirror.files.lock().unwrap().get(&file).cloned() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let etag = mirror.etag.lock().unwrap().clone();
    if file == "models.json" && !etag.is_empty() {
        if headers.get(header::IF_NONE_MATCH).is_some_and(|known| *known == *etag) {
            *mirror.unchanged.lock().unwrap() += 1;
            return StatusCode::NOT_MODIFIED.into_response();
        }
        return ([(header::ETAG, etag)], body).into_response();
    }
    let is_json = body.starts_with(b"{");
    let range = headers.get(header::RANGE).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let start =
        range.as_deref().and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    mirror.ranges.lock().unwrap().extend(range);
    let (status, start) = match start {
        Some(start) if start >= body.len() => return StatusCode::RANGE_NOT_SATISFIABLE.into_response(),
        Some(start) if !mirror.ignores_ranges => (StatusCode::PARTIAL_CONTENT, start),
        _ => (StatusCode::OK, 0),
    };
    let content_range = format!("bytes {start}-{}/{}", body.len().saturating_sub(1), body.len());
    let length = (body.len() - start).to_string();
    let rest = body[start..].to_vec();
    let mut left = mirror.interruptions.lock().unwrap();
    let body = if *left > 0 && file != "models.json" && !file.ends_with('/') && rest.len() > 1 {
        *left -= 1;
        let half = rest[..rest.len() / 2].to_vec();
        let broken_off = stream::once(async {
            // The first half must be on its way before the connection is closed.
            tokio::time::sleep(Duration::from_millis(50)).await;
            Err(io::Error::other("interrupted"))
        });
        Body::from_stream(stream::iter([Ok(half)]).chain(broken_off))
    } else {
        Body::from(rest)
    };
    let kind = if is_json { "application/vnd.pypi.simple.v1+json" } else { "text/html" };
    let headers = [(header::CONTENT_RANGE, content_range), (header::CONTENT_LENGTH, length)];
    (status, headers, [(header::CONTENT_TYPE, kind)], body).into_response()
}
