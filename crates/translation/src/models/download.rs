//! Downloads: resumed after an interruption, unpacked, verified, and only then renamed.

use super::blocking::off_thread;
use super::error::ModelError;
use super::index::{Available, Index, MAX_FILE_BYTES, RemoteFile};
use super::manifest::{Entries, FileEntry, digest_of};
use flate2::read::MultiGzDecoder;
use futures::TryStreamExt;
use meeshy_domain::secret::mask_url;
use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_RANGE, ETAG, HeaderMap, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    LAST_MODIFIED, RANGE,
};
use reqwest::{Client, Response, StatusCode};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::AsyncWriteExt;

/// Called with the bytes so far and the total bytes of the download of a model; compressed, if the server
/// reports that.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Send + Sync);

/// The read time-out.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// The number of attempts for an interrupted file, each resuming where the last one ended.
const MAX_ATTEMPTS: usize = 4;
/// The index is about 1 MB.
const MAX_INDEX_BYTES: u64 = 64 * 1024 * 1024;

fn client(url: &str) -> Result<Client, ModelError> {
    Client::builder()
        .user_agent(concat!("meeshy/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(READ_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
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
    ModelError::Unreachable { url: mask_url(url), reason }
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
    fn conditions(&self) -> HeaderMap {
        let etag = self.etag.clone().map(|etag| (IF_NONE_MATCH, etag));
        let date = self.last_modified.clone().map(|date| (IF_MODIFIED_SINCE, date));
        etag.into_iter().chain(date).collect()
    }
}

/// The result of a conditional request for the index.
pub(super) enum Fetched {
    /// The index has not changed.
    Unchanged,
    /// A new index.
    Index(Index, Validators),
}

/// Downloads and parses the index.
pub(super) async fn index(url: &str) -> Result<Index, ModelError> {
    match index_if_changed(url, None).await? {
        Fetched::Index(index, _) => Ok(index),
        Fetched::Unchanged => {
            Err(ModelError::NoIndex { url: mask_url(url), reason: "the server sent no content".to_owned() })
        }
    }
}

/// Downloads the index if it has changed since `known`.
pub(super) async fn index_if_changed(url: &str, known: Option<&Validators>) -> Result<Fetched, ModelError> {
    let failed = |error: reqwest::Error| unreachable(url, &error);
    let request = client(url)?.get(url).headers(known.map(Validators::conditions).unwrap_or_default());
    let response = request.send().await.and_then(Response::error_for_status).map_err(failed)?;
    if response.status() == StatusCode::NOT_MODIFIED {
        return Ok(Fetched::Unchanged);
    }
    let validators = Validators::of(response.headers());
    let no_index = |reason: String| ModelError::NoIndex { url: mask_url(url), reason };
    let mut text = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(bytes) = stream.try_next().await.map_err(failed)? {
        text.extend_from_slice(&bytes);
        if text.len() as u64 > MAX_INDEX_BYTES {
            return Err(no_index("it is too large".to_owned()));
        }
    }
    let index = Index::parse(&text, url).map_err(no_index)?;
    Ok(Fetched::Index(index, validators))
}

/// Downloads all files of a model into `folder`, and returns their entries.
pub(super) async fn model(
    model: &Available,
    folder: &Path,
    progress: Progress<'_>,
) -> Result<Entries, ModelError> {
    let mut files = Entries::new();
    let mut done = 0;
    for (role, file) in &model.files {
        let path = folder.join(&file.name);
        let client = client(&file.url)?;
        let later: u64 = model.files.range(role..).skip(1).map(|(_, file)| file.size).sum();
        let report = |so_far: u64, all: u64| progress(done + so_far, done + all + later);
        let known = {
            let (file, path) = (file.clone(), path.clone());
            off_thread(path.clone(), move || Ok(entry(&file, &path).ok())).await?
        };
        let known = match known.filter(|known| known.sha256 == file.sha256) {
            Some(known) => known,
            None => {
                done += fetch(&client, file, folder, &report).await?;
                let (file, path) = (file.clone(), path.clone());
                off_thread(path.clone(), move || entry(&file, &path)).await?
            }
        };
        files.insert(*role, known);
    }
    Ok(files)
}

/// Copies all files of a model whose URLs are local paths into `folder`.
pub(super) fn copy_model(model: &Available, folder: &Path) -> Result<Entries, ModelError> {
    let mut files = Entries::new();
    for (role, file) in &model.files {
        let path = folder.join(&file.name);
        unpack(Path::new(&file.url), &path, file)?;
        files.insert(*role, entry(file, &path)?);
    }
    Ok(files)
}

fn entry(file: &RemoteFile, path: &Path) -> Result<FileEntry, ModelError> {
    let (size, sha256) = digest_of(path).map_err(|source| ModelError::folder(path, source))?;
    Ok(FileEntry { name: file.name.clone(), size, sha256 })
}

/// Downloads a file; returns its size in transit.
async fn fetch(
    client: &Client,
    file: &RemoteFile,
    folder: &Path,
    report: &(dyn Fn(u64, u64) + Send + Sync),
) -> Result<u64, ModelError> {
    // Named after the URL, so that a partial download of an older model is not taken for this one.
    let address = hex::encode(&Sha256::digest(&file.url)[..6]);
    let part = folder.join(format!("{}.{address}.part", file.name));
    let mut attempt = 1;
    while let Err(error) = resume(client, file, &part, report).await {
        if attempt == MAX_ATTEMPTS || !matches!(error, ModelError::Unreachable { .. }) {
            return Err(error);
        }
        tracing::debug!(%error, attempt, "Resuming an interrupted download");
        attempt += 1;
    }
    let size = fs::metadata(&part).map_err(|source| ModelError::folder(&part, source))?.len();
    let (from, to, promised) = (part.clone(), folder.join(&file.name), file.clone());
    let outcome = off_thread(part.clone(), move || unpack(&from, &to, &promised)).await;
    // Whether it was valid or not, it is no longer needed.
    fs::remove_file(&part).map_err(|source| ModelError::folder(&part, source))?;
    outcome.map(|()| size)
}

/// Resumes a download where it ended, or starts it.
async fn resume(
    client: &Client,
    file: &RemoteFile,
    part: &Path,
    report: &(dyn Fn(u64, u64) + Send + Sync),
) -> Result<(), ModelError> {
    let failed = |error: reqwest::Error| unreachable(&file.url, &error);
    let have = fs::metadata(part).map_or(0, |metadata| metadata.len());
    // Without transfer compression: a range of compressed content would be meaningless.
    let mut request = client.get(&file.url).header(ACCEPT_ENCODING, "identity");
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
    let all = response.content_length().map_or(file.size, |rest| done + rest);
    let mut options = tokio::fs::OpenOptions::new();
    options.create(true).write(true).append(goes_on).truncate(!goes_on);
    let mut output = options.open(part).await.map_err(|source| ModelError::folder(part, source))?;
    let mut stream = response.bytes_stream();
    while let Some(bytes) = stream.try_next().await.map_err(failed)? {
        output.write_all(&bytes).await.map_err(|source| ModelError::folder(part, source))?;
        done += bytes.len() as u64;
        if done > MAX_FILE_BYTES {
            return Err(unlike(file, "it is too large"));
        }
        report(done, all.max(done));
    }
    output.sync_all().await.map_err(|source| ModelError::folder(part, source))
}

fn begins_at(response: &Response, start: u64) -> bool {
    let range = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
    range.and_then(|range| range.strip_prefix("bytes ")).and_then(|range| range.split('-').next())
        == Some(start.to_string().as_str())
}

fn unlike(file: &RemoteFile, reason: &str) -> ModelError {
    ModelError::Unlike { name: file.name.clone(), reason: reason.to_owned() }
}

/// Unpacks a download, and renames it once it matches the index.
fn unpack(part: &Path, to: &Path, file: &RemoteFile) -> Result<(), ModelError> {
    let unpacked: PathBuf = to.with_extension("unpacked");
    let source = File::open(part).map_err(|source| ModelError::folder(part, source))?;
    let copied = copy(source, &unpacked, if file.size == 0 { MAX_FILE_BYTES } else { file.size });
    let outcome = match copied {
        Ok(Some((_, sha256))) if sha256 == file.sha256 => {
            return fs::rename(&unpacked, to).map_err(|source| ModelError::folder(to, source));
        }
        Ok(Some(_)) => unlike(file, "checksum mismatch"),
        Ok(None) => unlike(file, "larger than expected"),
        Err(error)
            if error.kind() == io::ErrorKind::InvalidData || error.kind() == io::ErrorKind::UnexpectedEof =>
        {
            unlike(file, "failed to unpack")
        }
        Err(source) => return Err(ModelError::folder(&unpacked, source)),
    };
    let _ = fs::remove_file(&unpacked);
    Err(outcome)
}

/// Copies at most `most` bytes, unpacking if necessary; returns their number and SHA-256, or `None` if there
/// are more.
fn copy(mut source: File, to: &Path, most: u64) -> io::Result<Option<(u64, String)>> {
    let mut start = Vec::new();
    Read::by_ref(&mut source).take(2).read_to_end(&mut start)?;
    let packed = start == [0x1F, 0x8B];
    let whole = io::Cursor::new(start).chain(source);
    let mut input: Box<dyn Read> =
        if packed { Box::new(MultiGzDecoder::new(whole)) } else { Box::new(whole) };
    let mut output = File::create(to)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    let mut size = 0;
    loop {
        let read = input.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        size += read as u64;
        if size > most {
            return Ok(None);
        }
        digest.update(&buffer[..read]);
        output.write_all(&buffer[..read])?;
    }
    output.sync_all()?;
    Ok(Some((size, hex::encode(digest.finalize()))))
}
