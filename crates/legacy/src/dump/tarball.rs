//! A dump folder in a tar: its files in any order.

use super::error::{DumpError, Flaw, Place};
use super::files::{self, Files};
use super::found::{Found, Warning};
use super::input::Trouble;
use super::name::{self, FileName, is_system};
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;
use tar::{Archive, Entry, EntryType, PaxExtensions};

/// The block size of a tar.
const BLOCK: usize = 512;
/// Longer than any file name.
const MAX_NAME: u64 = 64 * 1024;

/// Reads all files; the database may only be selected at the end.
pub(super) fn read(
    stream: impl Read,
    place: &Place,
    wanted: Option<&str>,
    folder: &Path,
) -> Result<Found, DumpError> {
    let mut archive = Archive::new(stream);
    let mut tar = Tar { files: Files::default(), folders: BTreeMap::new(), place, wanted, folder };
    let mut at = 0;
    let damaged = |at: u64, cause: io::Error| trouble(at, cause).at(place);
    let mut long_name = None;
    // Raw entries, so that oversized names are not read into memory.
    for entry in archive.entries().map_err(|cause| damaged(0, cause))?.raw(true) {
        let mut entry = entry.map_err(|cause| damaged(at, cause))?;
        at = entry.raw_header_position();
        match entry.header().entry_type() {
            EntryType::GNULongName | EntryType::XHeader => {
                long_name = name_in(&mut entry).map_err(|cause| damaged(at, cause))?.or(long_name);
            }
            EntryType::Regular | EntryType::Continuous => {
                let named = long_name.take().unwrap_or_else(|| entry.path_bytes().into_owned());
                tar.file(&String::from_utf8_lossy(&named), entry)?;
            }
            EntryType::Directory | EntryType::XGlobalHeader => long_name = None,
            _ => {
                let named = long_name.take().unwrap_or_else(|| entry.path_bytes().into_owned());
                tar.files.warn(Warning::Skipped { file: String::from_utf8_lossy(&named).into_owned() });
            }
        }
    }
    end(archive.into_inner(), at).map_err(|trouble| trouble.at(place))?;
    tar.files.settle(wanted)
}

/// A tar that is being read.
struct Tar<'a> {
    files: Files,
    /// The folder of each database.
    folders: BTreeMap<String, String>,
    place: &'a Place,
    wanted: Option<&'a str>,
    /// For temporary files.
    folder: &'a Path,
}

impl Tar<'_> {
    /// Reads a file of the tar. Its folder is named after the database.
    fn file(&mut self, path: &str, entry: Entry<'_, impl Read>) -> Result<(), DumpError> {
        let (parent, name) = path.trim_end_matches('/').rsplit_once('/').unwrap_or((&self.place.file, path));
        let database = parent.rsplit('/').find(|part| !part.is_empty() && *part != ".");
        let database = database.unwrap_or(&self.place.file);
        let ours = self.wanted.map_or(!is_system(database), |wanted| wanted == database);
        let place =
            |base: &str| Place { file: path.to_owned(), collection: Some(name::collection(base, None)) };
        match FileName::of(name) {
            FileName::Documents { base, gzip } if ours => {
                self.only_folder(database, parent)?;
                let file = files::File { place: place(base), gzip, path: None, folder: self.folder };
                self.files.documents(database, base, file.read(entry)?)
            }
            FileName::Metadata { base } if ours => {
                self.only_folder(database, parent)?;
                self.files.description(database, base, place(base), entry)
            }
            FileName::Oplog => {
                self.files.warn(Warning::Oplog);
                Ok(())
            }
            FileName::Other => {
                self.files.warn(Warning::Skipped { file: path.to_owned() });
                Ok(())
            }
            FileName::Documents { .. } | FileName::Metadata { .. } | FileName::Tools => Ok(()),
        }
    }

    /// Two folders of the same name are two dumps, which must not be mixed.
    fn only_folder(&mut self, database: &str, folder: &str) -> Result<(), DumpError> {
        let known = self.folders.entry(database.to_owned()).or_insert_with(|| folder.to_owned());
        if known == folder {
            return Ok(());
        }
        let (database, one, other) = (database.to_owned(), known.clone(), folder.to_owned());
        Err(DumpError::TwoFolders { database, one, other })
    }
}

/// The name of the next file if it is too long for the file's own header: in GNU or POSIX format.
fn name_in(entry: &mut Entry<'_, impl Read>) -> io::Result<Option<Vec<u8>>> {
    let mut text = Vec::new();
    entry.take(MAX_NAME).read_to_end(&mut text)?;
    if entry.header().entry_type() == EntryType::GNULongName {
        text.pop_if(|last| *last == 0);
        return Ok(Some(text));
    }
    for extension in PaxExtensions::new(&text) {
        let extension = extension?;
        if extension.key_bytes() == b"path" {
            return Ok(Some(extension.value_bytes().to_owned()));
        }
    }
    Ok(None)
}

/// A tar ends with two blocks of zeros, the first of which has been read; more zeros may follow. Reading to
/// the end of the stream lets the decompressor verify its checksum.
fn end(mut rest: impl Read, position: u64) -> Result<(), Trouble> {
    let mut zeros = 0;
    let mut buffer = [0; BLOCK];
    loop {
        let read = rest.read(&mut buffer).map_err(|cause| trouble(position, cause))?;
        let flaw = match &buffer[..read] {
            [] if zeros >= BLOCK => return Ok(()),
            [] => Flaw::NoTarEnd,
            more if more.iter().all(|byte| *byte == 0) => {
                zeros += read;
                continue;
            }
            _ => Flaw::Tar("trailing data".to_owned()),
        };
        return Err(Trouble::Flaw { position, flaw });
    }
}

/// The tar reader reports a corrupt tar as a generic I/O error.
fn trouble(position: u64, cause: io::Error) -> Trouble {
    match cause.kind() {
        io::ErrorKind::Other => Trouble::Flaw { position, flaw: Flaw::Tar(cause.to_string()) },
        _ => Trouble::reading(position, cause),
    }
}
