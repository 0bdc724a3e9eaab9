//! Storage: schema, migrations and queries, on SQLite and on PostgreSQL.
//!
//! [`Store::read`] and [`Store::write`] pass a transaction to a plain, synchronous closure. Each query is
//! written once, in the SQL that both databases share; only `engine` knows the differences.
//! The tables are in `tables`, by area.
//!
//! Invariants: a write returns only after its commit is on disk; a failed closure leaves no changes; no query
//! depends on the database it runs on.
//!
//! # Errors
//! Functions that take a [`Tx`] fail when the database does. Their `# Errors` sections only list other
//! errors.

mod engine;
pub mod legacy;
mod tables;

pub use engine::error::StoreError;
pub use engine::exclusive::{Ending, Exclusive};
pub use engine::migrate::Migrated;
pub use engine::notice::{Channel, MAX_NOTICE_BYTES, Notice};
pub use engine::query::{Queries, Query};
pub use engine::record::FromRow;
pub use engine::tx::Tx;
pub use engine::value::{FromValue, Row, Value};
pub use tables::accounts::{
    abuse_reports, addresses, affiliate_tokens, attempts, avatars, blocks, deleted_accounts, friend_requests,
    mailed_links, names, phone_codes, phones, preferences, privacy, profiles, push_tokens, second_factor,
    sessions, setup, user_settings, users,
};
pub use tables::messaging::{
    attachment_statuses, attachments, call_events, calls, communities, community_invites, community_members,
    community_names, community_preferences, conversation_categories, conversation_languages,
    conversation_preferences, conversation_search, conversations, dashboard, deletions, events, exports,
    glossary, glossary_proposals, guests, live_calls, live_participants, members, mentions,
    message_revisions, messages, notification_queue, notification_recipients, notifications, own_deletions,
    participants, pins, reactions, read_cursors, receipts, resumable_uploads, search_index, search_queue,
    share_links, statuses, system_messages, view_once, visibility,
};
pub use tables::processes::{call_counts, data_set, gateways, jobs, signing_key};
pub use tables::translation::{
    reports, texts, translation_cache, translation_jobs, translations, translators,
};

use engine::queue::{Closure, Pending, Work};
use engine::threads::Threads;
use engine::tx::Context;
use engine::write_check::WriteCheck;
use engine::{pg, sqlite};
use meeshy_domain::Clock;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// The location of the data. Neither `Debug` nor `Display` shows a password.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// SQLite, in a folder used by this process alone.
    Folder(PathBuf),
    /// PostgreSQL, at an address such as `postgres://user:password@host/database`.
    Postgres {
        /// The address of the server.
        url: String,
        /// The number of connections.
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

impl std::fmt::Debug for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Location({self})")
    }
}

enum Engine {
    Sqlite(sqlite::Sqlite),
    Postgres(Box<pg::Postgres>),
}

/// An open database with the newest schema. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    engine: Arc<Engine>,
    threads: Threads,
    write_check: WriteCheck,
    context: Context,
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

    /// As [`open`](Self::open), but also returns the migrations that were applied.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_and_migrate(location: &Location) -> Result<(Self, Migrated), StoreError> {
        let location = location.clone();
        let threads = Threads::new();
        let starting = threads.clone();
        // Connecting blocks, which the PostgreSQL client must not do on a runtime thread.
        let (engine, migrated) = tokio::task::spawn_blocking(move || match location {
            Location::Folder(folder) => sqlite::Sqlite::open(&folder, &starting)
                .map(|(sqlite, migrated)| (Engine::Sqlite(sqlite), migrated)),
            Location::Postgres { url, connections } => pg::Postgres::open(&url, connections, &starting)
                .map(|(postgres, migrated)| (Engine::Postgres(Box::new(postgres)), migrated)),
        })
        .await
        .map_err(|error| StoreError::Unavailable(error.to_string()))??;
        Ok((
            Self {
                engine: Arc::new(engine),
                threads,
                write_check: WriteCheck::new(),
                context: Context::default(),
            },
            migrated,
        ))
    }

    /// The same store with `clock` instead of the clock of the database, for tests.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        let context = Context { clock: Some(clock), ..self.context.clone() };
        Self { context, ..self }
    }

    /// The same store, which shows each statement and its parameters to `observer` before it runs: for tests.
    #[must_use]
    pub fn with_observer(self, observer: impl Fn(&str, &[Value]) + Send + Sync + 'static) -> Self {
        let context = Context { observer: Some(Arc::new(observer)), ..self.context.clone() };
        Self { context, ..self }
    }

    /// Whether a gateway of an earlier version serves clients on this database. It holds a lock, because only
    /// one was possible, and does not exchange notifications with others.
    pub async fn has_earlier_gateway(&self) -> Result<bool, StoreError> {
        match &*self.engine {
            // The folder belongs to this process.
            Engine::Sqlite(_) => Ok(false),
            Engine::Postgres(_) => self.read(pg::has_earlier_gateway).await,
        }
    }

    /// Waits until a thread of the store has failed, after which it cannot be used, and returns the reason.
    pub async fn failure(&self) -> String {
        self.threads.failure().await
    }

    /// Runs `closure` in a read-only transaction with a consistent snapshot.
    ///
    /// # Errors
    /// The error of `closure`, or the reason why it could not run.
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
        let (pending, answer) =
            Pending::new(Closure::<_, Never<T, E>>::Read(Some(closure)), self.context.clone());
        run(queue, pending, answer).await
    }

    /// Runs `closure` in a transaction and returns once it is on disk. If `closure` fails, its changes are
    /// rolled back. After a deadlock it runs again, a few times, so its captured values must allow that.
    ///
    /// # Errors
    /// The error of `closure`, or the reason why the transaction failed. After [`StoreError::Unavailable`] it
    /// may still have been committed, so retries must be idempotent. After [`StoreError::InTheWay`] it was
    /// not.
    pub async fn write<T, E>(
        &self,
        closure: impl FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.write_on(self.writers(), closure).await
    }

    /// Whether a change can be written and kept, as of the last second. It waits for as long as the database does.
    ///
    /// # Errors
    /// Why nothing can be written.
    pub async fn check_write(&self) -> Result<(), StoreError> {
        self.write_check.run(self.writers()).await
    }

    /// As [`write`](Self::write). Closures with the same `key`, such as that of a conversation, run in the
    /// order in which they come, and those that wait are committed together.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub async fn write_in_turn<T, E>(
        &self,
        key: u64,
        closure: impl FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let queue = match &*self.engine {
            Engine::Sqlite(sqlite) => sqlite.writer(),
            Engine::Postgres(postgres) => postgres.lane(key),
        };
        self.write_on(queue, closure).await
    }

    async fn write_on<T, E>(
        &self,
        queue: &mpsc::Sender<Box<dyn Work>>,
        closure: impl FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (pending, answer) = Pending::new(Closure::<Never<T, E>, _>::Write(closure), self.context.clone());
        run(queue, pending, answer).await
    }

    fn writers(&self) -> &mpsc::Sender<Box<dyn Work>> {
        match &*self.engine {
            Engine::Sqlite(sqlite) => sqlite.writer(),
            Engine::Postgres(postgres) => postgres.jobs(),
        }
    }

    /// Whether only this process can use the data, so that unfinished work found in it is its own.
    pub fn is_exclusive(&self) -> bool {
        matches!(*self.engine, Engine::Sqlite(_))
    }
}

/// Stands for a missing closure type.
type Never<T, E> = fn(&mut Tx<'_>) -> Result<T, E>;

async fn run<T, E>(
    queue: &mpsc::Sender<Box<dyn Work>>,
    pending: impl Work + 'static,
    answer: oneshot::Receiver<Result<T, E>>,
) -> Result<T, E>
where
    E: From<StoreError>,
{
    let stopped = || E::from(StoreError::Unavailable("the store has stopped".into()));
    queue.send(Box::new(pending)).await.map_err(|_| stopped())?;
    answer.await.map_err(|_| stopped())?
}
