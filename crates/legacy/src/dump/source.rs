//! The source of a dump, and the detection of its format.

use super::error::{DumpError, Place};
use super::found::Found;
use super::input::{self, Kind, Trouble};
use super::name::{self, FileName};
use super::{Dump, archive, files, folder, tarball};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A dump that is not open yet.
pub struct Source {
    from: From,
    database: Option<String>,
    spool: PathBuf,
}

enum From {
    Path(PathBuf),
    Stream { name: String, stream: Box<dyn Read + Send> },
}

impl Source {
    /// A folder or file.
    pub fn path(path: impl Into<PathBuf>) -> Self {
        Self::new(From::Path(path.into()))
    }

    /// Standard input.
    #[must_use]
    pub fn stdin() -> Self {
        Self::stream("standard input", io::stdin())
    }

    /// Any stream, with its name for errors.
    pub fn stream(name: impl Into<String>, stream: impl Read + Send + 'static) -> Self {
        Self::new(From::Stream { name: name.into(), stream: Box::new(stream) })
    }

    fn new(from: From) -> Self {
        Self { from, database: None, spool: std::env::temp_dir() }
    }

    /// Selects the database to read, if there are several.
    #[must_use]
    pub fn database(mut self, name: impl Into<String>) -> Self {
        self.database = Some(name.into());
        self
    }

    /// The folder for temporary files; by default the system's. The spooled data is as large as the
    /// uncompressed dump.
    #[must_use]
    pub fn spool_in(mut self, folder: impl Into<PathBuf>) -> Self {
        self.spool = folder.into();
        self
    }
}

/// Reads a whole dump and validates it: its structure, its checksums, every value of every document.
///
/// # Errors
/// Any flaw, with its position. No part of an invalid dump can be read.
pub fn open(source: Source) -> Result<Dump, DumpError> {
    let (wanted, spool) = (source.database.as_deref(), &*source.spool);
    let found = match source.from {
        From::Path(path) => at(&path, wanted, spool)?,
        From::Stream { name, stream } => read(stream, &name, None, wanted, spool)?,
    };
    let Found { database, collections, warnings } = found;
    Ok(Dump { database, collections, warnings })
}

fn at(path: &Path, wanted: Option<&str>, spool: &Path) -> Result<Found, DumpError> {
    let label = path.display().to_string();
    let unreadable = |cause| DumpError::Unreadable { name: label.clone(), cause };
    if !path.metadata().map_err(unreadable)?.is_dir() {
        return read(File::open(path).map_err(unreadable)?, &label, Some(path), wanted, spool);
    }
    match folder::archive(path) {
        Some(archive) => at(&archive, wanted, spool),
        None => folder::read(path, wanted, spool),
    }
}

/// Reads a file or stream, by its content.
fn read(
    stream: impl Read,
    label: &str,
    path: Option<&Path>,
    wanted: Option<&str>,
    spool: &Path,
) -> Result<Found, DumpError> {
    let place = Place { file: label.to_owned(), collection: None };
    let opened = input::open(stream).map_err(|cause| Trouble::reading(0, cause).at(&place))?;
    match opened.kind {
        Kind::Archive => archive::read(opened.stream, &place, wanted, spool),
        Kind::Tar => tarball::read(opened.stream, &place, wanted, spool),
        Kind::Documents | Kind::Empty | Kind::Unknown => {
            let reason = match opened.kind {
                Kind::Empty => "it is empty",
                _ => "it is neither an archive, nor a tar, nor a collection",
            };
            let Some(path) = path else {
                return Err(match opened.kind {
                    Kind::Documents => DumpError::Nameless,
                    _ => DumpError::NotADump { name: label.to_owned(), reason },
                });
            };
            single(path, &place, reason, spool)
        }
    }
}

/// A single collection, named after its file.
fn single(path: &Path, place: &Place, reason: &'static str, spool: &Path) -> Result<Found, DumpError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let FileName::Documents { base, gzip } = FileName::of(&name) else {
        return Err(DumpError::NotADump { name: place.file.clone(), reason });
    };
    let place = Place { collection: Some(name::collection(base, None)), ..place.clone() };
    let file = File::open(path).map_err(|cause| DumpError::Unreadable { name: place.file.clone(), cause })?;
    let file_of = files::File { place, gzip, path: Some(path.to_owned()), folder: spool };
    Ok(Found { database: None, collections: vec![file_of.read(file)?], warnings: Vec::new() })
}
