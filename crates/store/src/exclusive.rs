//! A database that one process has to itself for one long transaction, such as an import.

use crate::tx::{Afterwards, Connection};
use crate::{Location, StoreError, Tx, migrate, pg, sqlite};
use std::fs::File;

/// A database that is open for this process alone, with our newest schema. Everything here blocks.
pub struct Exclusive {
    connection: Box<dyn Connection>,
    // Held for as long as the database is open: no other process may use the folder.
    _lock: Option<File>,
}

/// How a transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// All of it is kept.
    Commit,
    /// Nothing of it is kept.
    Undo,
}

impl Exclusive {
    /// Opens the database and brings its schema up to date.
    ///
    /// # Errors
    /// When it cannot be opened, is from a newer version of the program, or is in use:
    /// [`StoreError::InUse`] and [`StoreError::Shared`].
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

    /// Runs `work` in one transaction, which ends as `work` says, or is undone when it fails.
    ///
    /// # Errors
    /// What `work` answers, or why the transaction was lost. The answer to [`Ending::Commit`] comes when all is on disk.
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
                // The first error is the one to tell; a connection that is lost undoes by itself.
                let _ = self.connection.batch("ROLLBACK");
                Err(error)
            }
        }
    }
}
