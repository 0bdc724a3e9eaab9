//! HTTP: pages, and files whose download is resumed after an interruption.

use super::error::ModelError;
use futures::TryStreamExt;
use meeshy_domain::secret::mask_url;
use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, LAST_MODIFIED, RANGE,
};
use reqwest::{Client, Response, StatusCode, Url};
use std::fs;
use std::path::Path;
use std::time::Duration;
use tokio::io::AsyncWriteExt;

/// The time-out for a connection. The next source has to get its turn within seconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The read time-out of a page.
const PAGE_TIMEOUT: Duration = Duration::from_secs(10);
/// The read time-out of a file.
const FILE_TIMEOUT: Duration = Duration::from_secs(30);
/// The number of attempts for an interrupted file, each resuming where the last one ended.
const MAX_ATTEMPTS: usize = 4;
/// The public index of models is about 1 MB.
const MAX_PAGE_BYTES: u64 = 64 * 1024 * 1024;

/// Called with the bytes so far and the total bytes.
pub(super) type Report<'a> = &'a (dyn Fn(u64, u64) + Send + Sync);

fn is_tls(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| url.scheme() == "https")
}

/// Whether `target` may be fetched because something fetched from `source` says so: what was requested over TLS
/// is not fetched without.
pub(super) fn may_lead_to(source: &str, target: &str) -> bool {
    is_tls(target) || !is_tls(source)
}

fn client(url: &str, read_timeout: Duration) -> Result<Client, ModelError> {
    Client::builder()
        .user_agent(concat!("meeshy/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(read_timeout)
        .https_only(is_tls(url))
        .build()
        .map_err(|error| unreachable(url, &error))
}

fn unreachable(url: &str, error: &dyn std::error::Error) -> ModelError {
    // The outermost message only repeats the URL; the cause is what helps.
    let mut reason = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        reason = inner.to_string();
        cause = inner.source();
    }
    ModelError::unreachable(mask_url(url), reason)
}

/// A server's validators for conditional requests (RFC 9110, section 8.8).
#[derive(Debug, Clone, Default)]
pub(super) struct Validators {
    etag: Option<HeaderValue>,
    last_modified: Option<HeaderValue>,
}

impl Validators {
    fn of(headers: &HeaderMap) -> Self {
        Self { etag: headers.get(ETAG).cloned(), last_modified: headers.get(LAST_MODIFIED).cloned() }
    }

    /// The headers of a conditional request.
    pub(super) fn conditions(&self) -> HeaderMap {
        let etag = self.etag.clone().map(|etag| (IF_NONE_MATCH, etag));
        let date = self.last_modified.clone().map(|date| (IF_MODIFIED_SINCE, date));
        etag.into_iter().chain(date).collect()
    }
}

/// A page.
pub(super) struct Page {
    /// Its URL after redirects.
    pub url: Url,
    /// Its media type, with parameters.
    pub media_type: String,
    pub validators: Validators,
    pub content: Vec<u8>,
}

/// Downloads a page; `None` if a conditional request found it unchanged.
pub(super) async fn page(url: &str, headers: HeaderMap) -> Result<Option<Page>, ModelError> {
    let failed = |error: reqwest::Error| unreachable(url, &error);
    let request = client(url, PAGE_TIMEOUT)?.get(url).headers(headers);
    let response = request.send().await.and_then(Response::error_for_status).map_err(failed)?;
    if response.status() == StatusCode::NOT_MODIFIED {
        return Ok(None);
    }
    let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let mut page = Page {
        url: response.url().clone(),
        media_type: media_type.unwrap_or_default().to_owned(),
        validators: Validators::of(response.headers()),
        content: Vec::new(),
    };
    let mut stream = response.bytes_stream();
    while let Some(bytes) = stream.try_next().await.map_err(failed)? {
        page.content.extend_from_slice(&bytes);
        if page.content.len() as u64 > MAX_PAGE_BYTES {
            return Err(ModelError::no_index(mask_url(url), "it is too large".to_owned()));
        }
    }
    Ok(Some(page))
}

/// A file to download.
pub(super) struct Download<'a> {
    pub url: &'a str,
    /// Its name in errors.
    pub name: &'a str,
    /// Where it is collected, until it is complete.
    pub part: &'a Path,
    /// Its size in bytes, if the server does not say.
    pub expected: u64,
    /// Its maximum size in bytes.
    pub most: u64,
}

/// Downloads a file, or the rest of it.
pub(super) async fn file(download: &Download<'_>, report: Report<'_>) -> Result<(), ModelError> {
    let client = client(download.url, FILE_TIMEOUT)?;
    let mut attempt = 1;
    while let Err(error) = resume(&client, download, report).await {
        if attempt == MAX_ATTEMPTS || !matches!(error, ModelError::Unreachable { .. }) {
            return Err(error);
        }
        tracing::debug!(%error, attempt, "Resuming an interrupted download");
        attempt += 1;
    }
    Ok(())
}

/// Resumes a download where it ended, or starts it.
async fn resume(client: &Client, download: &Download<'_>, report: Report<'_>) -> Result<(), ModelError> {
    let Download { url, part, .. } = *download;
    let failed = |error: reqwest::Error| unreachable(url, &error);
    let have = fs::metadata(part).map_or(0, |metadata| metadata.len());
    // Without transfer compression: a range of compressed content would be meaningless.
    let mut request = client.get(url).header(ACCEPT_ENCODING, "identity");
    if have > 0 {
        request = request.header(RANGE, format!("bytes={have}-"));
    }
    let response = request.send().await.map_err(failed)?;
    if have > 0 && response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
        // It is already complete, or not a part of this file at all; the checksum decides.
        return Ok(());
    }
    let response = response.error_for_status().map_err(failed)?;
    let goes_on = response.status() == StatusCode::PARTIAL_CONTENT && begins_at(&response, have);
    let mut done = if goes_on { have } else { 0 };
    let all = response.content_length().map_or(download.expected, |rest| done + rest);
    let mut options = tokio::fs::OpenOptions::new();
    options.create(true).write(true).append(goes_on).truncate(!goes_on);
    let mut output = options.open(part).await.map_err(|source| ModelError::folder(part, source))?;
    let mut stream = response.bytes_stream();
    let write = async {
        while let Some(bytes) = stream.try_next().await.map_err(failed)? {
            output.write_all(&bytes).await.map_err(|source| ModelError::folder(part, source))?;
            done += bytes.len() as u64;
            if done > download.most {
                fs::remove_file(part).map_err(|source| ModelError::folder(part, source))?;
                return Err(ModelError::unlike(download.name.to_owned(), "larger than expected"));
            }
            report(done, all.max(done));
        }
        Ok(())
    };
    let written = write.await;
    // Also after an error: the last write may still be running, and the next attempt continues at the end of the file.
    let synced = output.sync_all().await.map_err(|source| ModelError::folder(part, source));
    written.and(synced)
}

fn begins_at(response: &Response, start: u64) -> bool {
    let range = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
    range.and_then(|range| range.strip_prefix("bytes ")).and_then(|range| range.split('-').next())
        == Some(start.to_string().as_str())
}
