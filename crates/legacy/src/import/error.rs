//! Errors of an import. Whatever the error, nothing was changed.

use crate::dump::DumpError;
use meeshy_store::StoreError;
use std::path::PathBuf;

/// The reason why an import failed.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The dump cannot be read.
    #[error(transparent)]
    Dump(#[from] DumpError),
    /// The database cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database has accounts that no import created.
    #[error(
        "the first import requires an empty database, but this one has {0} accounts; use another data folder or database"
    )]
    NotEmpty(i64),
    /// The dump contains no users.
    #[error("the dump has no collection `User`; is it a dump of the old system's database?")]
    NoPeople,
    /// The last import was of the other kind.
    #[error("the last import here was {0}; an import of the other kind would mix real and made-up users")]
    OtherKind(&'static str),
    /// The counts do not add up.
    #[error("the counts of the import do not add up, so it was rolled back: {0}")]
    DoesNotAddUp(String),
    /// The folder of the old system's files cannot be read.
    #[error("failed to read the folder of uploaded files `{}`: {cause}", .path.display())]
    Uploads {
        /// Which folder.
        path: PathBuf,
        /// The system error.
        cause: std::io::Error,
    },
    /// The report file cannot be written.
    #[error("failed to write the report `{}`: {cause}", .path.display())]
    List {
        /// Which file.
        path: PathBuf,
        /// The system error.
        cause: std::io::Error,
    },
    /// A file cannot be copied.
    #[error("failed to copy `{}`: {cause}", .path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// The system error.
        cause: std::io::Error,
    },
}
