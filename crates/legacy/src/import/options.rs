//! How to import, and how far an import is.

use meeshy_domain::Timestamp;
use std::path::PathBuf;

/// How to import.
#[derive(Debug, Clone)]
pub struct Options {
    /// What time it is.
    pub now: Timestamp,
    /// Everything is done and then undone.
    pub dry_run: bool,
    /// Names, texts and addresses are replaced by made-up ones.
    pub anonymise: bool,
    /// The folder of the old system's files, and the folder that they are copied to.
    pub uploads: Option<(PathBuf, PathBuf)>,
    /// The file that lists every rejected document, every conflict and every missing file, one JSON object on each line. A
    /// report only has the first of them.
    pub list: Option<PathBuf>,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// It begins with a collection.
    Collection {
        /// Its name.
        name: &'a str,
        /// How many documents it has.
        documents: u64,
    },
    /// It has taken so many more.
    Documents(u64),
    /// It finds what follows from the rows, and checks them.
    Checking,
    /// It waits for the disk.
    Committing,
}
