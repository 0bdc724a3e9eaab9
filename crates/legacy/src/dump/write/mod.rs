//! Writes dumps that MongoDB's `mongorestore` accepts.

mod archive;
mod description;
mod folder;

use super::check::MAX_BYTES;
use super::digest::{Digest, Tally};
use bson::RawDocumentBuf;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::collections::BTreeSet;
use std::error::Error;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

const BUFFER: usize = 256 * 1024;

/// The format of a dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A folder that contains a folder for the database.
    Folder,
    /// The same, with each file compressed.
    FolderGz,
    /// One archive file.
    Archive,
    /// One compressed archive file.
    ArchiveGz,
}

/// The error of a source of documents.
pub type SourceError = Box<dyn Error + Send + Sync>;

/// A collection to write. Its documents are produced when their turn comes, and not kept.
pub struct Outgoing<'a> {
    /// Its name in MongoDB.
    pub name: String,
    /// Its indexes, in addition to that of `_id`.
    pub indexes: Vec<Index>,
    /// Its documents.
    pub documents: Box<dyn Iterator<Item = Result<RawDocumentBuf, SourceError>> + 'a>,
}

/// A MongoDB index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Its name, unique within the collection.
    pub name: String,
    /// The fields in order; 1 for ascending, -1 for descending.
    pub fields: Vec<(String, i32)>,
    /// Whether it is unique.
    pub unique: bool,
}

/// A written collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its name.
    pub name: String,
    /// The number of its documents.
    pub documents: u64,
    /// Their total size, in bytes.
    pub bytes: u64,
    /// The digest of its contents, see [`super::Collection::digest`].
    pub digest: Digest,
}

/// A dump could not be written. Partial output was removed, unless the disk itself failed.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Nothing is overwritten.
    #[error("`{}` already exists", .0.display())]
    Exists(PathBuf),
    /// The file or folder cannot be written.
    #[error("failed to write `{name}`: {cause}")]
    Unwritable {
        /// Its name.
        name: String,
        /// The cause.
        cause: io::Error,
    },
    /// The documents of a collection could not be produced.
    #[error("failed to read the documents of `{collection}`: {cause}")]
    Source {
        /// The collection.
        collection: String,
        /// The cause.
        cause: SourceError,
    },
    /// MongoDB accepts no document of this size.
    #[error("a document of `{collection}` has {length} bytes, more than MongoDB allows")]
    TooLong {
        /// The collection.
        collection: String,
        /// Its size in bytes.
        length: usize,
    },
    /// The same collection twice.
    #[error("the collection `{0}` would be written twice")]
    Twice(String),
}

/// Writes a whole database to a new folder or file, which is renamed to its final name when it is complete.
///
/// # Errors
/// If the target exists or cannot be written, or a document cannot be produced.
pub fn write(
    target: &Path,
    form: Form,
    database: &str,
    collections: Vec<Outgoing<'_>>,
) -> Result<Vec<Written>, WriteError> {
    let (written, complete) = prepare(target, form, database, collections)?;
    complete.publish()?;
    Ok(written)
}

/// A complete dump that does not have its final name yet. Dropping it removes it.
#[must_use]
pub struct Complete {
    partial: PathBuf,
    target: PathBuf,
}

impl Complete {
    /// Renames it to its final name.
    ///
    /// # Errors
    /// If it cannot be renamed.
    pub fn publish(self) -> Result<(), WriteError> {
        fs::rename(&self.partial, &self.target).map_err(|cause| unwritable(&self.target, cause))
    }
}

impl Drop for Complete {
    fn drop(&mut self) {
        // Does not exist any more if it was published.
        let _ = remove(&self.partial);
    }
}

/// Writes a whole database, under a temporary name.
///
/// # Errors
/// As [`write`].
pub fn prepare(
    target: &Path,
    form: Form,
    database: &str,
    collections: Vec<Outgoing<'_>>,
) -> Result<(Vec<Written>, Complete), WriteError> {
    if target.symlink_metadata().is_ok() {
        return Err(WriteError::Exists(target.to_owned()));
    }
    let mut partial = OsString::from(target);
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    if partial.symlink_metadata().is_ok() {
        // Left behind by a killed run.
        remove(&partial).map_err(|cause| unwritable(&partial, cause))?;
    }
    let written = match form {
        Form::Folder => folder::write(&partial, false, database, collections),
        Form::FolderGz => folder::write(&partial, true, database, collections),
        Form::Archive | Form::ArchiveGz => (|| {
            let mut out = Out::create(&partial, form == Form::ArchiveGz)?;
            let written = write_archive(&mut out, database, collections)?;
            out.finish()?;
            Ok(written)
        })(),
    };
    let complete = Complete { partial, target: target.to_owned() };
    // After a failure, the partial output is removed with `complete`.
    Ok((written?, complete))
}

fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path).or_else(|_| fs::remove_dir_all(path))
}

/// The digest of a written database, see [`super::Dump::digest`].
#[must_use]
pub fn digest(written: &[Written]) -> Digest {
    let mut filled: Vec<&Written> = written.iter().filter(|written| written.documents > 0).collect();
    filled.sort_unstable_by_key(|written| &written.name);
    super::digest::of_database(filled.into_iter().map(|written| (written.name.as_str(), written.digest)))
}

/// Writes a whole database as an archive to a stream, such as standard output.
///
/// # Errors
/// If the stream cannot be written, or a document cannot be produced.
pub fn write_archive(
    out: &mut dyn Write,
    database: &str,
    collections: Vec<Outgoing<'_>>,
) -> Result<Vec<Written>, WriteError> {
    let mut names = BTreeSet::new();
    for collection in &collections {
        if !names.insert(&collection.name) {
            return Err(WriteError::Twice(collection.name.clone()));
        }
    }
    archive::write(out, database, collections)
}

/// Passes the documents of a collection to `take` one by one, and counts them.
fn drain(
    collection: Outgoing<'_>,
    mut take: impl FnMut(&[u8]) -> Result<(), WriteError>,
) -> Result<Written, WriteError> {
    let Outgoing { name, documents, .. } = collection;
    let mut tally = Tally::default();
    for document in documents {
        let document = document.map_err(|cause| WriteError::Source { collection: name.clone(), cause })?;
        let bytes = document.as_bytes();
        if bytes.len() > MAX_BYTES {
            return Err(WriteError::TooLong { collection: name, length: bytes.len() });
        }
        tally.count(bytes, Digest::of(bytes));
        take(bytes)?;
    }
    Ok(Written { name, documents: tally.documents, bytes: tally.bytes, digest: tally.digest() })
}

/// A file that is being written, compressed or not.
enum Out {
    Plain(BufWriter<File>, PathBuf),
    Gzip(Box<GzEncoder<BufWriter<File>>>, PathBuf),
}

impl Out {
    fn create(path: &Path, gzip: bool) -> Result<Self, WriteError> {
        let file = File::create(path).map_err(|cause| unwritable(path, cause))?;
        let file = BufWriter::with_capacity(BUFFER, file);
        let path = path.to_owned();
        Ok(match gzip {
            true => Self::Gzip(Box::new(GzEncoder::new(file, Compression::default())), path),
            false => Self::Plain(file, path),
        })
    }

    /// Returns once everything is on disk.
    fn finish(self) -> Result<(), WriteError> {
        let (file, path) = match self {
            Self::Plain(file, path) => (Ok(file), path),
            Self::Gzip(encoder, path) => (encoder.finish(), path),
        };
        file.and_then(|file| file.into_inner().map_err(io::IntoInnerError::into_error))
            .and_then(|file| file.sync_all())
            .map_err(|cause| unwritable(&path, cause))
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file, _) => file.write(bytes),
            Self::Gzip(encoder, _) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(file, _) => file.flush(),
            Self::Gzip(encoder, _) => encoder.flush(),
        }
    }
}

fn unwritable(path: &Path, cause: io::Error) -> WriteError {
    WriteError::Unwritable { name: path.display().to_string(), cause }
}
