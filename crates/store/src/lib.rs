//! Everything Meeshy keeps: schema, migrations and queries, on SQLite and on PostgreSQL.
//!
//! [`Store::read`] and [`Store::write`] hand a transaction to a plain, synchronous closure. There is one text of each
//! query, in the SQL that both databases share; what differs lives in `sqlite` and `pg`, nowhere else.
//!
//! Invariants: a write answers only after its commit is on disk; a closure that fails leaves no trace; no query asks
//! which database it runs on.

mod alone;
pub mod attachments;
mod bell;
pub mod conversations;
mod error;
pub mod glossary;
pub mod legacy;
pub mod members;
pub mod messages;
mod migrate;
pub mod names;
pub mod notifications;
mod pg;
pub mod reports;
pub mod second_factor;
pub mod sessions;
pub mod setup;
mod sqlite;
pub mod texts;
pub mod translation_cache;
pub mod translation_jobs;
pub mod translations;
pub mod translators;
mod tx;
pub mod users;
mod value;
mod work;

pub use alone::{Alone, Ending};
pub use bell::{Bell, NOTE_BYTES, Ring};
pub use error::StoreError;
pub use migrate::Migrated;
pub use tx::Tx;
pub use value::{FromValue, Row, Value};

use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::mpsc;
use work::{Pending, Work};

/// Where the data is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// SQLite, in a folder that this process has to itself.
    Folder(PathBuf),
    /// PostgreSQL, at an address such as `postgres://user:password@host/database`.
    Postgres {
        /// The address.
        url: String,
        /// Connections to keep open.
        connections: usize,
    },
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "SQLite in {}", folder.display()),
            Self::Postgres { url, .. } => f.write_str(&pg::without_password(url)),
        }
    }
}

enum Engine {
    Sqlite(sqlite::Sqlite),
    Postgres(pg::Postgres),
}

/// A database that is open and has our newest schema. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    engine: Arc<Engine>,
}

impl Store {
    /// Opens the database and brings its schema up to date.
    ///
    /// # Errors
    /// When it cannot be opened, is in use by another process, or is from a newer version of the program.
    pub async fn open(location: &Location) -> Result<Self, StoreError> {
        let (store, _) = Self::open_and_migrate(location).await?;
        Ok(store)
    }

    /// As [`open`](Self::open), and says which migrations were applied.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_and_migrate(location: &Location) -> Result<(Self, Migrated), StoreError> {
        let location = location.clone();
        // Connecting blocks, and the PostgreSQL client may not do that on a thread of the runtime.
        let engine = tokio::task::spawn_blocking(move || match location {
            Location::Folder(folder) => sqlite::Sqlite::open(&folder).map(Engine::Sqlite),
            Location::Postgres { url, connections } => {
                pg::Postgres::open(&url, connections).map(Engine::Postgres)
            }
        })
        .await
        .map_err(|error| StoreError::Unavailable(error.to_string()))??;
        let store = Self { engine: Arc::new(engine) };
        let migrated = store.migrate().await?;
        Ok((store, migrated))
    }

    /// Runs `closure` in a transaction that sees one state of the data and changes nothing.
    ///
    /// # Errors
    /// What `closure` answers, or why it could not run.
    pub async fn read<T, E>(
        &self,
        closure: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let queue = match &*self.engine {
            Engine::Sqlite(sqlite) => sqlite.readers(),
            Engine::Postgres(postgres) => postgres.jobs(),
        };
        run(queue, closure).await
    }

    /// Runs `closure` in a transaction and answers once it is on disk; if `closure` fails, nothing of it is kept.
    ///
    /// # Errors
    /// What `closure` answers, or why the transaction was lost. After [`StoreError::Unavailable`] it may have been
    /// committed all the same, so whoever tries again has to be idempotent.
    pub async fn write<T, E>(
        &self,
        closure: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let queue = match &*self.engine {
            Engine::Sqlite(sqlite) => sqlite.writer(),
            Engine::Postgres(postgres) => postgres.jobs(),
        };
        run(queue, closure).await
    }

    /// Whether only this process can be using the data, so that what it left undone is its own to take up again.
    pub fn is_exclusive(&self) -> bool {
        matches!(*self.engine, Engine::Sqlite(_))
    }
}

async fn run<T, E>(
    queue: &mpsc::Sender<Box<dyn Work>>,
    closure: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    let stopped = || E::from(StoreError::Unavailable("the store has stopped".into()));
    let (pending, answer) = Pending::new(closure);
    queue.send(Box::new(pending)).await.map_err(|_| stopped())?;
    answer.await.map_err(|_| stopped())?
}
