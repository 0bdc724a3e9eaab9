//! Source files, for tests about the sources.

use std::fs;
use std::path::{Path, PathBuf};

/// The Rust files below a folder; none if there is no such folder.
///
/// # Panics
/// If an entry of the folder cannot be read.
pub fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files = Vec::new();
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
