//! PostgreSQL: a pool of threads, each with a connection that it reopens if it is lost.

mod address;
mod connection;
mod group;
mod listener;
mod lock;
mod order;
mod session;
mod ssl_mode;
mod tls;
mod value;

pub(crate) use address::{Address, without_password};
pub(crate) use listener::Listener;
pub(crate) use lock::has_earlier_gateway;

use crate::StoreError;
use crate::engine::migrate::{self, Migrated};
use crate::engine::queue::Work;
use crate::engine::threads::Threads;
use connection::Limit;
use order::OrderLocks;
use session::Session;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

pub(crate) const QUEUE: usize = 1_024;

type Jobs = Arc<Mutex<mpsc::Receiver<Box<dyn Work>>>>;

/// The threads that own the connections to a PostgreSQL database.
pub(crate) struct Postgres {
    address: Address,
    jobs: mpsc::Sender<Box<dyn Work>>,
    /// The threads for group commits; the key of a closure decides which of them gets it.
    lanes: Vec<mpsc::Sender<Box<dyn Work>>>,
}

impl Postgres {
    /// Connects to `url` so that a wrong address fails early, brings the schema up to date, and starts
    /// `connections` threads.
    pub(crate) fn open(
        url: &str,
        connections: usize,
        threads: &Threads,
    ) -> Result<(Self, Migrated), StoreError> {
        let address = Address::parse(url)?;
        let failed = |cause: String| StoreError::Open { target: address.shown.clone(), cause };
        let migrated = migrate(&address).map_err(|error| match error {
            StoreError::Unavailable(cause) => failed(cause),
            error => error,
        })?;
        let (sender, jobs) = mpsc::channel(QUEUE);
        let jobs = Arc::new(Mutex::new(jobs));
        let order = OrderLocks::new();
        for _ in 0..(connections - connections / 2).max(1) {
            let session = Session::new(address.clone(), None);
            let (jobs, order) = (Arc::clone(&jobs), order.clone());
            threads.spawn("store-postgres", move || serve(session, &jobs, &order)).map_err(&failed)?;
        }
        let lanes = (0..(connections / 2).max(1)).map(|_| {
            let (lane, waiting) = mpsc::channel(QUEUE);
            let session = Session::new(address.clone(), None);
            let (others, order) = (sender.clone(), order.clone());
            let serve = move || group::serve(session, waiting, &others, &order);
            threads.spawn("store-postgres-group", serve).map(|()| lane).map_err(&failed)
        });
        let lanes = lanes.collect::<Result<_, _>>()?;
        Ok((Self { address, jobs: sender, lanes }, migrated))
    }

    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// The queue of closures with this key.
    pub(crate) fn lane(&self, key: u64) -> &mpsc::Sender<Box<dyn Work>> {
        let place = key % self.lanes.len().max(1) as u64;
        self.lanes.get(usize::try_from(place).unwrap_or(0)).unwrap_or(&self.jobs)
    }

    pub(crate) fn jobs(&self) -> &mpsc::Sender<Box<dyn Work>> {
        &self.jobs
    }
}

/// Brings the schema up to date on a separate connection, while other starting processes wait.
fn migrate(address: &Address) -> Result<Migrated, StoreError> {
    let mut connection = lock::connect_shared(address, Limit::None)?;
    lock::wait_for_setup(&mut connection)?;
    migrate::on(&mut Session::new(address.clone(), Some(connection)))
}

/// Connects to `url` exclusively.
pub(crate) fn open_exclusive(url: &str) -> Result<Session, StoreError> {
    let address = Address::parse(url)?;
    let connection = lock::connect_alone(&address).map_err(|error| match error {
        StoreError::Unavailable(cause) => StoreError::Open { target: address.shown.clone(), cause },
        error => error,
    })?;
    Ok(Session::new(address, Some(connection)))
}

fn serve(mut session: Session, jobs: &Jobs, order: &OrderLocks) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        let Some(work) = job else { return };
        session.run_alone(work, order);
        if session.state.is_unreachable {
            // Those that have waited meanwhile would wait as long again, one after the other.
            while let Ok(work) = jobs.lock().unwrap_or_else(PoisonError::into_inner).try_recv() {
                work.finish(Err(group::lost()));
            }
        }
    }
}
