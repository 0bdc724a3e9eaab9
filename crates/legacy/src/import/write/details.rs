//! The details file of an import: everything that it could not do, one JSON object per line.

use crate::import::error::ImportError;
use crate::import::options::Options;
use crate::import::report::{Conflict, Rejected};
use crate::import::uploads::Uploads;
use serde::Serialize;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A line of the file.
#[derive(Serialize)]
#[serde(tag = "what", rename_all = "camelCase")]
enum Line<'a> {
    Rejected(&'a Rejected),
    Conflict(&'a Conflict),
    MissingFile { file: &'a str },
    OtherSize { file: &'a str },
}

/// A file being written, invisible until it is complete.
pub(crate) struct DetailsFile {
    out: BufWriter<NamedTempFile>,
    path: PathBuf,
}

impl DetailsFile {
    /// Starts the file, if one is requested.
    pub(crate) fn begin(options: &Options) -> Result<Option<Self>, ImportError> {
        let Some(path) = &options.list else { return Ok(None) };
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let file = NamedTempFile::new_in(folder).map_err(|cause| failed(path, cause))?;
        Ok(Some(Self { out: BufWriter::new(file), path: path.clone() }))
    }

    pub(super) fn rejected(&mut self, rejected: &Rejected) -> Result<(), ImportError> {
        self.line(&Line::Rejected(rejected))
    }

    pub(super) fn conflict(&mut self, conflict: &Conflict) -> Result<(), ImportError> {
        self.line(&Line::Conflict(conflict))
    }

    /// Files that are missing or differ.
    pub(super) fn files(&mut self, uploads: &Uploads) -> Result<(), ImportError> {
        uploads.missing.iter().try_for_each(|file| self.line(&Line::MissingFile { file }))?;
        uploads.of_another_size.iter().try_for_each(|file| self.line(&Line::OtherSize { file }))
    }

    fn line(&mut self, line: &Line<'_>) -> Result<(), ImportError> {
        serde_json::to_writer(&mut self.out, line)
            .map_err(io::Error::from)
            .and_then(|()| self.out.write_all(b"\n"))
            .map_err(|cause| failed(&self.path, cause))
    }

    /// Moves the file to its name, replacing an existing one.
    pub(crate) fn publish(self) -> Result<(), ImportError> {
        let Self { out, path } = self;
        let file = out.into_inner().map_err(|error| failed(&path, error.into_error()))?;
        file.persist(&path).map_err(|error| failed(&path, error.error))?;
        Ok(())
    }
}

fn failed(path: &Path, cause: io::Error) -> ImportError {
    ImportError::List { path: path.to_owned(), cause }
}
