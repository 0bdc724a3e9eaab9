//! Exclusive use of a database by one process for one long transaction, such as an import.

use crate::engine::tx::{Afterwards, Connection};
use crate::engine::{migrate, pg, sqlite};
use crate::{Location, StoreError, Tx};
use std::fs::File;

/// A database opened exclusively by this process, with the newest schema. All methods block.
pub struct Exclusive {
    connection: Box<dyn Connection>,
    // Held while the database is open: no other process may use the folder.
    _lock: Option<File>,
}

/// How a transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// All changes are kept.
    Commit,
    /// No change is kept.
    Undo,
}

impl Exclusive {
    /// Opens the database and brings its schema up to date.
    ///
    /// # Errors
    /// When it cannot be opened, is from a newer version of the program, or is in use: [`StoreError::InUse`]
    /// and [`StoreError::Shared`].
    pub fn open(location: &Location) -> Result<Self, StoreError> {
        let (mut connection, lock): (Box<dyn Connection>, _) = match location {
            Location::Folder(folder) => {
                let (session, lock) = sqlite::open_exclusive(folder)?;
                (Box::new(session), Some(lock))
            }
            Location::Postgres { url, .. } => (Box::new(pg::open_exclusive(url)?), None),
        };
        migrate::on(&mut *connection)?;
        Ok(Self { connection, _lock: lock })
    }

    /// Runs `work` in one transaction, which ends as `work` says, or rolls back if it fails.
    ///
    /// # Errors
    /// The error of `work`, or the reason why the transaction failed. After [`Ending::Commit`], it returns
    /// once everything is on disk.
    pub fn transaction<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<(T, Ending), E>,
    ) -> Result<T, E> {
        self.connection.batch("BEGIN")?;
        let mut tx = Tx::new(&mut *self.connection);
        let outcome = work(&mut tx);
        let afterwards = std::mem::take(&mut tx.afterwards);
        match outcome {
            Ok((answer, Ending::Commit)) => {
                self.connection.batch("COMMIT")?;
                afterwards.into_iter().for_each(Afterwards::run);
                Ok(answer)
            }
            Ok((answer, Ending::Undo)) => {
                self.connection.batch("ROLLBACK")?;
                Ok(answer)
            }
            Err(error) => {
                // Report the first error; a lost connection rolls back by itself.
                let _ = self.connection.batch("ROLLBACK");
                Err(error)
            }
        }
    }
}
