//! The options and the progress of an import.

use meeshy_domain::Timestamp;
use std::path::PathBuf;

/// The options of an import.
#[derive(Debug, Clone)]
pub struct Options {
    /// The clock.
    pub now: Timestamp,
    /// Everything is done and then rolled back.
    pub dry_run: bool,
    /// Names, texts and addresses are replaced by generated ones.
    pub anonymise: bool,
    /// The folders of the old system's files, and the folder to copy them to.
    pub uploads: Option<(Vec<PathBuf>, PathBuf)>,
    /// The file for the details: every rejected document, conflict and missing file, one JSON object per
    /// line. A report only contains the first of them.
    pub list: Option<PathBuf>,
}

/// The progress of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// It starts a collection.
    Collection {
        /// Its name.
        name: &'a str,
        /// How many documents it has.
        documents: u64,
    },
    /// It has read this many more.
    Documents(u64),
    /// It computes derived values and checks them.
    Checking,
    /// It commits.
    Committing,
}
