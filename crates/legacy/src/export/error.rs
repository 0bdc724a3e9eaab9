//! Errors of an export. Whatever the error, no partial output remains.

use crate::dump::write::WriteError;
use meeshy_store::StoreError;

/// The reason why an export failed.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The dump cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The database has no users.
    #[error(
        "the database has no accounts, so there is nothing to export; check the data folder or the database URL"
    )]
    NoPeople,
    /// The ledger entry of a document is not valid BSON.
    #[error("the ledger entry of `{collection}` {id} is damaged: {reason}")]
    Damaged {
        /// The collection.
        collection: String,
        /// The document.
        id: String,
        /// The problem.
        reason: String,
    },
    /// The value of a column does not fit its field.
    #[error("`{table}` {id} has no value that the field `{field}` can represent")]
    Misfit {
        /// The table.
        table: &'static str,
        /// The row.
        id: String,
        /// The field.
        field: String,
    },
    /// The temporary record for the ledger cannot be written.
    #[error("failed to write temporary files: {0}")]
    Record(std::io::Error),
    /// A folder cannot be written to a stream.
    #[error("only an archive can be written to standard output; add `--form archive`")]
    NoFolder,
}
