//! Spools documents, so that collections can be read in a different order than they arrive.

use super::digest::{Digest, Tally};
use super::error::DumpError;
use super::nature::Nature;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Each collection of an archive has one.
const BUFFER: usize = 16 * 1024;

/// Collects the properties of a collection's documents while they are read, and spools them.
pub(super) struct Intake<'a> {
    /// The folder for spooled documents; `None` if they can be read again in place.
    folder: Option<&'a Path>,
    file: Option<BufWriter<File>>,
    tally: Tally,
    nature: Nature,
}

impl<'a> Intake<'a> {
    pub(super) fn new(folder: Option<&'a Path>) -> Self {
        Self { folder, file: None, tally: Tally::default(), nature: Nature::default() }
    }

    /// Counts a document and spools it, preceded by its position. `bad_text` is the position of a string that
    /// is not UTF-8.
    pub(super) fn take(
        &mut self,
        position: u64,
        document: &[u8],
        bad_text: Option<usize>,
    ) -> Result<(), DumpError> {
        self.tally.count(document, Digest::of(document));
        self.nature.note(document, bad_text);
        let Some(folder) = self.folder else { return Ok(()) };
        let mut put = || -> io::Result<()> {
            let file = match &mut self.file {
                Some(file) => file,
                none => none.insert(BufWriter::with_capacity(BUFFER, tempfile::tempfile_in(folder)?)),
            };
            file.write_all(&position.to_le_bytes())?;
            file.write_all(document)
        };
        put().map_err(|cause| DumpError::Spool { folder: folder.to_owned(), cause })
    }

    /// The collected properties, and the file of spooled documents; `None` if none were spooled.
    pub(super) fn finish(self) -> Result<(Tally, Nature, Option<File>), DumpError> {
        let file =
            self.file.map(|file| file.into_inner().map_err(io::IntoInnerError::into_error)).transpose();
        match file {
            Ok(file) => Ok((self.tally, self.nature, file)),
            Err(cause) => {
                let folder = self.folder.map(Path::to_owned).unwrap_or_default();
                Err(DumpError::Spool { folder, cause })
            }
        }
    }
}
