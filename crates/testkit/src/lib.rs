//! Shared test helpers: temporary databases, clients of a server, models of translation engines, a manual
//! clock.
//!
//! SQLite databases live in a temporary folder. PostgreSQL is a real server: `scripts/with-postgres` starts
//! one for a whole test run, and each test creates its own database on it.

pub mod api;
mod balancer;
mod chrf;
pub mod clock;
mod cluster;
mod eventually;
pub mod firefox;
pub mod models;
mod poller;
mod proxy;
mod push_service;
pub mod python;
pub mod rows;
pub mod sample;
mod socket;
mod sources;

pub use api::{Answer, Api, Person, answer, registration};
pub use balancer::{Backend, Balancer};
pub use chrf::chrf;
pub use cluster::{Certificates, Cluster};
pub use eventually::{eventually, eventually_blocking};
use meeshy_store::{Location, Store, StoreError};
pub use meeshy_testkit_macros::{both_databases, every_locale};
pub use poller::Poller;
pub use proxy::Proxy;
pub use push_service::{PushService, Pushed, SubscribedBrowser};
pub use socket::{Closed, Socket};
pub use sources::rust_files;
use std::sync::atomic::{AtomicU32, Ordering};

/// The variable by which `scripts/with-postgres` passes the URL of its server.
const SERVER: &str = "MEESHY_TEST_POSTGRES";

/// A database that is removed when this is dropped.
pub struct Database {
    location: Location,
    _folder: Option<tempfile::TempDir>,
}

impl Database {
    /// An empty SQLite database.
    ///
    /// # Panics
    /// If no temporary folder can be created.
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { location: Location::Folder(folder.path().join("data")), _folder: Some(folder) }
    }

    /// An empty PostgreSQL database.
    ///
    /// # Panics
    /// If there is no PostgreSQL server; the message says how to start one.
    pub fn postgres() -> Self {
        Self::postgres_with("")
    }

    /// An empty PostgreSQL database whose locale knows letters beyond ASCII.
    ///
    /// # Panics
    /// As [`postgres`](Self::postgres).
    pub fn postgres_in_c_utf8() -> Self {
        Self::postgres_with("LOCALE 'C.UTF-8' TEMPLATE template0")
    }

    fn postgres_with(options: &str) -> Self {
        #[expect(clippy::disallowed_methods, reason = "the test run hands the server's address over this way")]
        let server = std::env::var(SERVER).unwrap_or_else(|_| {
            panic!("{SERVER} is not set: run the tests with `make test`, or `scripts/with-postgres cargo nextest run`")
        });
        Self {
            location: Location::Postgres { url: create_database(&server, options), connections: 4 },
            _folder: None,
        }
    }

    /// An existing database, such as that of a [`Cluster`] behind a [`Proxy`].
    pub fn at(location: Location) -> Self {
        Self { location, _folder: None }
    }

    /// Another empty database of the same kind.
    ///
    /// # Panics
    /// As for this one.
    #[must_use]
    pub fn another(&self) -> Self {
        match self.location {
            Location::Folder(_) => Self::sqlite(),
            Location::Postgres { .. } => Self::postgres(),
        }
    }

    /// Its location.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Opens it.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open(&self) -> Result<Store, StoreError> {
        Store::open(&self.location).await
    }

    /// Opens it after another store on it was dropped, whose threads release its folder a moment later.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn reopen(&self) -> Result<Store, StoreError> {
        let mut opened = self.open().await;
        eventually("the folder is released", async || {
            if matches!(opened, Err(StoreError::InUse(_))) {
                opened = self.open().await;
            }
            !matches!(opened, Err(StoreError::InUse(_)))
        })
        .await;
        opened
    }
}

/// A value that a test on both databases ([`both_databases`]) can start with.
pub trait OnDatabase {
    /// Sets it up on an empty database.
    fn on(database: Database) -> impl Future<Output = Self>;
}

impl OnDatabase for Database {
    async fn on(database: Database) -> Self {
        database
    }
}

/// Runs a test with what it takes; called by [`both_databases`].
pub async fn run_on<T: OnDatabase, F: Future>(database: Database, test: impl FnOnce(T) -> F) -> F::Output {
    test(T::on(database).await).await
}

/// Creates a database on `server` and returns its URL.
fn create_database(server: &str, options: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Ids of processes come again during a long run.
    let since = std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_micros());
    let name = format!("test_{}_{since}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let url = format!("{server}/{name}");
    let admin = format!("{server}/postgres");
    let create = format!("CREATE DATABASE {name} {options}");
    // The client must not block a runtime thread of the tests.
    std::thread::spawn(move || {
        let mut client =
            postgres::Client::connect(&admin, postgres::NoTls).expect("the test server responds");
        client.batch_execute(&create).expect("a database can be created");
    })
    .join()
    .expect("the database is created");
    url
}
