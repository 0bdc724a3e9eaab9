//! A dump in a folder: one folder for each database (data-model 9.2).

use super::error::{DumpError, Place};
use super::files::{self, Files};
use super::found::{Found, Warning, choose};
use super::name::{self, FileName};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Folders in folders that are looked into: the given one may hold `dump`, and that the databases.
const DEEPEST: usize = 2;
/// What `mongodump --archive=FOLDER` writes into a folder.
const ARCHIVES: [&str; 2] = ["archive", "archive.gz"];

/// A file, the folder that it is in, and where it is.
struct Entry {
    database: String,
    name: String,
    path: PathBuf,
}

/// Whether this folder is only the place of an archive.
pub(super) fn archive(root: &Path) -> Option<PathBuf> {
    ARCHIVES.iter().map(|name| root.join(name)).find(|path| path.is_file())
}

/// Reads the chosen database. Other databases are not looked at.
pub(super) fn read(root: &Path, wanted: Option<&str>, folder: &Path) -> Result<Found, DumpError> {
    let mut entries = Vec::new();
    list(root, 0, &mut entries)?;
    entries.sort_unstable_by(|one, other| one.path.cmp(&other.path));
    let holds_documents = |entry: &&Entry| {
        matches!(FileName::of(&entry.name), FileName::Documents { .. } | FileName::Metadata { .. })
    };
    let database = choose(wanted, entries.iter().filter(holds_documents).map(|it| it.database.as_str()))?;
    let mut files = Files::default();
    for entry in entries {
        let label = entry.path.strip_prefix(root).unwrap_or(&entry.path).display().to_string();
        let place =
            |base: &str| Place { file: label.clone(), collection: Some(name::collection(base, None)) };
        let open =
            || File::open(&entry.path).map_err(|cause| DumpError::Unreadable { name: label.clone(), cause });
        match FileName::of(&entry.name) {
            FileName::Documents { base, gzip } if entry.database == database => {
                let path = Some(entry.path.clone());
                let documents = files::File { place: place(base), gzip, path, folder }.read(open()?)?;
                files.documents(&database, base, documents)?;
            }
            FileName::Metadata { base } if entry.database == database => {
                files.description(&database, base, place(base), open()?)?;
            }
            FileName::Oplog => files.warn(Warning::Oplog),
            FileName::Other => files.warn(Warning::Skipped { file: label }),
            FileName::Documents { .. } | FileName::Metadata { .. } | FileName::Tools => {}
        }
    }
    files.settle(Some(&database))
}

fn list(folder: &Path, depth: usize, entries: &mut Vec<Entry>) -> Result<(), DumpError> {
    let unreadable = |cause: io::Error| DumpError::Unreadable { name: folder.display().to_string(), cause };
    let database = fs::canonicalize(folder).map_err(unreadable)?;
    let database = database.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let is_folder = fs::metadata(&path).map_err(unreadable)?.is_dir();
        if !is_folder {
            let name = path.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
            entries.push(Entry { database: database.to_string(), name: name.into_owned(), path });
        } else if depth < DEEPEST {
            list(&path, depth + 1, entries)?;
        }
    }
    Ok(())
}
