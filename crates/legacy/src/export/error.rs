//! Why an export cannot be done. Whatever it is, nothing is left of what was begun.

use crate::dump::write::WriteError;
use meeshy_store::StoreError;

/// Why an export was given up.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The dump cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Nobody is in the database.
    #[error(
        "the database has no accounts, so there is nothing to export; check the data folder or the database URL"
    )]
    NoPeople,
    /// What the ledger keeps of a document is no BSON.
    #[error("the ledger entry of `{collection}` {id} is damaged: {reason}")]
    Damaged {
        /// The collection.
        collection: String,
        /// The document.
        id: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A column holds something else than a field of its kind can say.
    #[error("`{table}` {id} has no value that the field `{field}` can represent")]
    Misfit {
        /// The table.
        table: &'static str,
        /// The row.
        id: String,
        /// The field.
        field: String,
    },
    /// What was written cannot be kept aside for the ledger.
    #[error("failed to write temporary files: {0}")]
    Record(std::io::Error),
    /// A folder cannot be written into a stream.
    #[error("only an archive can be written to standard output; add `--form archive`")]
    NoFolder,
}
