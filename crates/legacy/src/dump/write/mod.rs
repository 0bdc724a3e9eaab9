//! Writing a dump that MongoDB's `mongorestore` takes.

mod archive;
mod description;
mod folder;

use super::check::LARGEST;
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

/// How a dump is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A folder with a folder for the database.
    Folder,
    /// The same, each file compressed.
    FolderGz,
    /// One file.
    Archive,
    /// One file, compressed.
    ArchiveGz,
}

/// What a collection's documents come from may fail in its own way.
pub type SourceError = Box<dyn Error + Send + Sync>;

/// A collection to be written. Its documents are asked for when their turn comes, and not kept.
pub struct Outgoing<'a> {
    /// Its name in MongoDB.
    pub name: String,
    /// Its indexes, besides the one of `_id`.
    pub indexes: Vec<Index>,
    /// Its documents.
    pub documents: Box<dyn Iterator<Item = Result<RawDocumentBuf, SourceError>> + 'a>,
}

/// An index of MongoDB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Its name, unique within the collection.
    pub name: String,
    /// The fields in their order; 1 rising, -1 falling.
    pub fields: Vec<(String, i32)>,
    /// Whether no two documents may have the same values.
    pub unique: bool,
}

/// A collection that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Its name.
    pub name: String,
    /// How many documents it has.
    pub documents: u64,
    /// How long they are together.
    pub bytes: u64,
    /// What it holds, as [`super::Collection::digest`] will say.
    pub digest: Digest,
}

/// A dump could not be written. What was begun is gone, unless the disk itself failed.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Nothing is overwritten.
    #[error("`{}` is there already", .0.display())]
    Exists(PathBuf),
    /// The file or folder does not take it.
    #[error("`{name}` cannot be written: {cause}")]
    Unwritable {
        /// Which one.
        name: String,
        /// Why not.
        cause: io::Error,
    },
    /// The documents of a collection could not be had.
    #[error("the documents of `{collection}` cannot be read: {cause}")]
    Source {
        /// Which collection.
        collection: String,
        /// Why not.
        cause: SourceError,
    },
    /// MongoDB takes no document of this length.
    #[error("a document of `{collection}` has {length} bytes, more than MongoDB takes")]
    TooLong {
        /// Which collection.
        collection: String,
        /// Its length in bytes.
        length: usize,
    },
    /// The same collection twice.
    #[error("the collection `{0}` was to be written twice")]
    Twice(String),
}

/// Writes a whole database to a folder or file that is not there yet. It appears under its name only when it is complete.
///
/// # Errors
///
/// When the target exists or cannot be written, or a document cannot be had.
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

/// A dump that is complete, but not under its name yet. Dropped, it is removed.
#[must_use]
pub struct Complete {
    partial: PathBuf,
    target: PathBuf,
}

impl Complete {
    /// Lets it appear under its name.
    ///
    /// # Errors
    ///
    /// When it cannot be moved there.
    pub fn publish(self) -> Result<(), WriteError> {
        fs::rename(&self.partial, &self.target).map_err(|cause| unwritable(&self.target, cause))
    }
}

impl Drop for Complete {
    fn drop(&mut self) {
        // Not there any more if it was published.
        let _ = remove(&self.partial);
    }
}

/// Writes a whole database, complete but for its name.
///
/// # Errors
///
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
        // Left by a run that was killed.
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
    // Where it failed, what was begun goes with `complete`.
    Ok((written?, complete))
}

fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path).or_else(|_| fs::remove_dir_all(path))
}

/// What a database that was written holds, as [`super::Dump::digest`] will say.
#[must_use]
pub fn digest(written: &[Written]) -> Digest {
    let mut filled: Vec<&Written> = written.iter().filter(|written| written.documents > 0).collect();
    filled.sort_unstable_by_key(|written| &written.name);
    super::digest::of_database(filled.into_iter().map(|written| (written.name.as_str(), written.digest)))
}

/// Writes a whole database as an archive into a stream, such as standard output.
///
/// # Errors
///
/// When the stream does not take it, or a document cannot be had.
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

/// The documents of a collection one by one, counted, as long as `take` takes them.
fn drain(
    collection: Outgoing<'_>,
    mut take: impl FnMut(&[u8]) -> Result<(), WriteError>,
) -> Result<Written, WriteError> {
    let Outgoing { name, documents, .. } = collection;
    let mut tally = Tally::default();
    for document in documents {
        let document = document.map_err(|cause| WriteError::Source { collection: name.clone(), cause })?;
        let bytes = document.as_bytes();
        if bytes.len() > LARGEST {
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

    /// Returns when all of it is on disk.
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
