//! A dump in a folder: one folder for each database.

use super::error::{DumpError, Place};
use super::files::{self, Files};
use super::found::{Found, Warning, choose};
use super::name::{self, FileName};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// The maximum depth of a database: the given folder, or one of its folders.
const MAX_DEPTH: usize = 1;
/// How many folders an error names.
const MAX_NAMED: usize = 3;
/// The files that `mongodump --archive=FOLDER` writes into a folder.
const ARCHIVES: [&str; 2] = ["archive", "archive.gz"];

/// The contents of a folder.
#[derive(Default)]
struct Listed {
    entries: Vec<Entry>,
    /// Folders that are too deep to be databases.
    deeper: Vec<PathBuf>,
}

/// A file, its folder, and its path.
struct Entry {
    database: String,
    depth: usize,
    name: String,
    path: PathBuf,
}

/// The archive in this folder, if it contains nothing else.
pub(super) fn archive(root: &Path) -> Option<PathBuf> {
    ARCHIVES.iter().map(|name| root.join(name)).find(|path| path.is_file())
}

/// Reads the selected database. Other databases are ignored.
pub(super) fn read(root: &Path, wanted: Option<&str>, folder: &Path) -> Result<Found, DumpError> {
    let mut listed = Listed::default();
    list(root, 0, &mut listed)?;
    let Listed { mut entries, deeper } = listed;
    if !entries.iter().any(Entry::is_of_collection) {
        suggest_deeper(root, &deeper)?;
    }
    entries.sort_unstable_by(|one, other| one.path.cmp(&other.path));
    let mut files = Files::default();
    let label = |path: &Path| path.strip_prefix(root).unwrap_or(path).display().to_string();
    deeper.iter().for_each(|path| files.warn(Warning::Skipped { file: label(path) }));
    // A folder within a database is another database, even if it has the same name.
    let outer = entries.iter().find(|it| it.depth == 0 && it.is_of_collection());
    if let Some(outer) = outer.map(|outer| outer.database.clone()) {
        entries.retain(|it| {
            let is_inner = it.depth > 0 && it.database == outer;
            if is_inner {
                files.warn(Warning::Skipped { file: label(&it.path) });
            }
            !is_inner
        });
    }
    let of_collections = entries.iter().filter(|it| it.is_of_collection());
    let database = choose(wanted, of_collections.map(|it| it.database.as_str()))?;
    for entry in entries {
        let label = label(&entry.path);
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

impl Entry {
    fn is_of_collection(&self) -> bool {
        matches!(FileName::of(&self.name), FileName::Documents { .. } | FileName::Metadata { .. })
    }
}

/// Suggests what to pass if the collections are deeper than databases can be.
fn suggest_deeper(root: &Path, deeper: &[PathBuf]) -> Result<(), DumpError> {
    let mut found = Vec::new();
    for folder in deeper {
        let mut listed = Listed::default();
        list(folder, MAX_DEPTH, &mut listed)?;
        if listed.entries.iter().any(Entry::is_of_collection) {
            found.push(folder);
        }
    }
    found.sort_unstable();
    let Some(first) = found.first() else { return Ok(()) };
    Err(DumpError::TooDeep {
        name: root.display().to_string(),
        instead: first.parent().unwrap_or(first).display().to_string(),
        found: found
            .iter()
            .take(MAX_NAMED)
            .map(|path| path.strip_prefix(root).unwrap_or(path).display().to_string())
            .collect(),
    })
}

fn list(folder: &Path, depth: usize, listed: &mut Listed) -> Result<(), DumpError> {
    let unreadable = |cause: io::Error| DumpError::Unreadable { name: folder.display().to_string(), cause };
    let database = fs::canonicalize(folder).map_err(unreadable)?;
    let database = database.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let is_folder = fs::metadata(&path).map_err(unreadable)?.is_dir();
        if !is_folder {
            let name = path.file_name().map(OsStr::to_string_lossy).unwrap_or_default();
            let (database, name) = (database.to_string(), name.into_owned());
            listed.entries.push(Entry { database, depth, name, path });
        } else if depth < MAX_DEPTH {
            list(&path, depth + 1, listed)?;
        } else {
            listed.deeper.push(path);
        }
    }
    Ok(())
}
