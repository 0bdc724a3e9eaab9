//! Shared test helpers: temporary databases, models of translation engines, a manual clock.
//!
//! SQLite databases live in a temporary folder. PostgreSQL is a real server: `scripts/with-postgres` starts
//! one for a whole test run, and each test creates its own database on it.

mod balancer;
pub mod clock;
mod cluster;
pub mod firefox;
mod proxy;
pub mod python;
pub mod rows;
pub mod sample;
mod socket;

pub use balancer::{Backend, Balancer};
pub use cluster::{Certificates, Cluster};
use meeshy_store::{Location, Store, StoreError};
pub use proxy::Proxy;
pub use socket::{Closed, Socket};
use std::sync::atomic::{AtomicU32, Ordering};

/// The variable by which `scripts/with-postgres` passes the URL of its server.
const SERVER: &str = "MEESHY_TEST_POSTGRES";

/// A database that is removed when this is dropped.
pub struct Database {
    location: Location,
    _folder: Option<tempfile::TempDir>,
}

impl Database {
    /// An empty database of each kind, with a name for messages.
    ///
    /// # Panics
    /// If there is no PostgreSQL server; the message says how to start one.
    pub fn both() -> [(&'static str, Self); 2] {
        [("SQLite", Self::sqlite()), ("PostgreSQL", Self::postgres())]
    }

    /// An empty database of each kind, and a PostgreSQL one whose locale knows letters beyond ASCII, with a
    /// name for messages.
    ///
    /// # Panics
    /// If there is no PostgreSQL server; the message says how to start one.
    pub fn of_every_locale() -> [(&'static str, Self); 3] {
        let [sqlite, postgres] = Self::both();
        [
            sqlite,
            postgres,
            ("PostgreSQL in C.UTF-8", Self::postgres_with("LOCALE 'C.UTF-8' TEMPLATE template0")),
        ]
    }

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
}

/// Creates a database on `server` and returns its URL.
fn create_database(server: &str, options: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
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
