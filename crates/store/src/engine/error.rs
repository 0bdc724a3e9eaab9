//! Errors of the store, classified by what a caller can do about them.

use crate::engine::causes::explain;
use std::path::PathBuf;

/// A failure of the store. Its transaction was rolled back.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The database is not reachable: stopped, disconnected, or busy for too long. Retrying may help.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The disk is full. Reading still works.
    #[error("cannot write to the database: the disk is full")]
    DiskFull,
    /// A row with this key already exists.
    #[error("a row with the same {0} already exists")]
    Conflict(String),
    /// Another process uses this data folder.
    #[error("`{}` is in use by another meeshy process; stop it, or choose another data folder", .0.display())]
    InUse(PathBuf),
    /// Other processes use this database, which needs to be opened exclusively.
    #[error("the database `{0}` is in use by another meeshy process; stop it first")]
    Shared(String),
    /// The database was written by a newer version of the program.
    #[error(
        "the database has migration {found}, but this program supports up to {known}; use a newer version of meeshy"
    )]
    NewerDatabase {
        /// The newest migration applied to the database.
        found: i64,
        /// The newest migration of this program.
        known: i64,
    },
    /// The text of an applied migration has changed.
    #[error("migration {0} was changed after it was applied to this database; restore the original file")]
    ChangedMigration(i64),
    /// The database could not be opened.
    #[error("failed to open the database `{target}`: {cause}")]
    Open {
        /// Its location: a path, or an address without its password.
        target: String,
        /// The error of the database library.
        cause: String,
    },
    /// A deadlock, after which this transaction was rolled back. Retrying helps.
    #[error("conflict with a concurrent transaction; try again: {0}")]
    InTheWay(String),
    /// A text with a NUL character, which PostgreSQL cannot store, so neither database accepts it.
    #[error("texts must not contain NUL characters")]
    Nul,
    /// A statement failed, or a row does not match its reader: a bug.
    #[error("the database rejected a statement: {0}")]
    Statement(String),
}

impl StoreError {
    pub(crate) fn no_row() -> Self {
        Self::Statement("expected a row, found none".into())
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            Some(
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::CannotOpen
                | ErrorCode::SystemIoFailure,
            ) => Self::Unavailable(error.to_string()),
            Some(ErrorCode::ConstraintViolation) if error.to_string().starts_with("UNIQUE") => {
                Self::Conflict(error.to_string().trim_start_matches("UNIQUE constraint failed: ").to_owned())
            }
            _ => Self::Statement(error.to_string()),
        }
    }
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        use tokio_postgres::error::SqlState;
        let Some(db) = error.as_db_error() else {
            // Encoding and decoding errors never reached the server and leave the connection intact.
            let ours = error.to_string().starts_with("error serializing")
                || error.to_string().starts_with("error deserializing");
            return if ours {
                Self::Statement(error.to_string())
            } else {
                Self::Unavailable(explain(&error))
            };
        };
        let code = db.code();
        if *code == SqlState::UNIQUE_VIOLATION {
            Self::Conflict(db.constraint().unwrap_or(db.message()).to_owned())
        } else if *code == SqlState::DISK_FULL {
            Self::DiskFull
        } else if matches!(*code, SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED) {
            Self::InTheWay(db.message().to_owned())
        } else if ["08", "57", "53", "40"].iter().any(|class| code.code().starts_with(class))
            || matches!(
                *code,
                SqlState::LOCK_NOT_AVAILABLE
                    | SqlState::READ_ONLY_SQL_TRANSACTION
                    | SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
            )
        {
            Self::Unavailable(db.message().to_owned())
        } else {
            Self::Statement(format!("{} ({})", db.message(), code.code()))
        }
    }
}
