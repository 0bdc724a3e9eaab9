//! Processes that do jobs, with a manual clock.

use meeshy_domain::{Clock, Timestamp};
use meeshy_jobs::{Kind, Runner};
use meeshy_store::{Store, StoreError, Tx, jobs};
use meeshy_testkit::clock::{self, ClockControl};
use meeshy_testkit::{Database, OnDatabase, eventually};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Everything a test waits for happens within this time.
pub const TIMEOUT: Duration = Duration::from_secs(20);
/// How long a claim lasts.
pub const LEASE: Duration = Duration::from_secs(10);
pub const HOUR: Duration = Duration::from_secs(3600);

/// Says hello to somebody.
pub const GREETING: Kind<String> = Kind::new("greeting");

pub struct World {
    pub store: Store,
    pub hand: ClockControl,
    clock: Clock,
    /// Removed with the world.
    _database: Database,
}

/// A process that does jobs.
pub struct Process {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl OnDatabase for World {
    async fn on(database: Database) -> Self {
        let (clock, hand) = clock::manual();
        let store = database.open().await.unwrap().with_clock(clock.clone());
        Self { store, hand, clock, _database: database }
    }
}

impl World {
    pub fn runner(&self, process: &str) -> Runner {
        Runner::new(self.store.clone(), process)
    }

    pub async fn write<T: Send + 'static>(
        &self,
        write: impl FnMut(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.store.write(write).await.unwrap()
    }

    pub async fn greet(&self, key: &'static str, who: &str) {
        let who = who.to_owned();
        self.write(move |tx| GREETING.enqueue(tx, key, &who)).await;
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Waits until `is_so` for the job `key` of a kind: its due time, its attempts, its last error, and
    /// whether it is dead; `None` if there is none.
    pub async fn job_until(
        &self,
        kind: &str,
        key: &str,
        is_so: impl Fn(&Option<Row>) -> bool,
    ) -> Option<Row> {
        let mut found = None;
        eventually("the job changes", async || {
            let params = [kind.into(), key.into()];
            let read = move |tx: &mut Tx<'_>| {
                tx.fetch_optional(
                    "SELECT run_at, attempts, last_error, is_dead FROM jobs WHERE kind = $1 AND key = $2",
                    &params,
                )
            };
            let row = self.store.read(read).await.unwrap();
            found = row.map(|(run_at, attempts, error, is_dead)| Row { run_at, attempts, error, is_dead });
            is_so(&found)
        })
        .await;
        found
    }

    pub async fn nothing_is_left(&self) {
        let counts = self.store.read(jobs::counts).await.unwrap();
        assert_eq!((counts.waiting, counts.dead), (0, 0));
    }
}

/// A job as it is stored.
#[derive(Debug, PartialEq)]
pub struct Row {
    pub run_at: Timestamp,
    pub attempts: i64,
    pub error: Option<String>,
    pub is_dead: bool,
}

impl Process {
    pub fn start(runner: Runner) -> Self {
        let (stop, stopping) = oneshot::channel::<()>();
        let task = tokio::spawn(async move { runner.run(async { drop(stopping.await) }).await });
        Self { stop, task }
    }

    pub async fn stop(self) {
        drop(self.stop);
        self.task.await.unwrap();
    }

    /// Ends it without a chance to give anything back.
    pub async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

/// The next thing that a handler reports.
pub async fn next<T>(reports: &mut mpsc::UnboundedReceiver<T>) -> T {
    tokio::time::timeout(TIMEOUT, reports.recv()).await.expect("a job runs").unwrap()
}
