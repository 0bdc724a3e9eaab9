//! The lock of the one process that serves clients, and the thread that holds it.

use super::address::Address;
use super::connection::{Blocking, Limit};
use super::lock::Lock;
use crate::StoreError;
use crate::threads::Threads;
use std::time::{Duration, Instant};
use tokio::sync::{oneshot, watch};

/// How often to look whether the lock is still held.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// The wait between attempts to take it again.
const RETRY_INTERVAL: Duration = Duration::from_millis(200);
/// How long the server may take to notice that our own lost connection has ended.
const RETAKE_TIMEOUT: Duration = Duration::from_secs(30);

const TRY: &str = "pg_try_advisory_lock";

/// Takes the lock, waiting up to `timeout` for a process that is ending, and keeps it in a thread until the sender of
/// `released` is gone. What is answered turns to `true` when another process has the lock.
pub(crate) async fn hold(
    address: Address,
    threads: &Threads,
    timeout: Duration,
    released: oneshot::Receiver<()>,
) -> Result<watch::Receiver<bool>, StoreError> {
    let (answer, taken) = oneshot::channel();
    let (lost, is_lost) = watch::channel(false);
    let holder = move || match take(&address, timeout) {
        Ok(held) => {
            let _ = answer.send(Ok(()));
            keep(&address, held, released, &lost);
        }
        Err(error) => drop(answer.send(Err(error))),
    };
    threads.spawn("store-clients-lock", holder).map_err(StoreError::Unavailable)?;
    taken.await.map_err(|_| StoreError::Unavailable("the store has stopped".into()))??;
    Ok(is_lost)
}

/// The lock, and the process of the server that knows it to be ours.
struct Held {
    connection: Blocking,
    server_process: i64,
}

impl Held {
    fn by(mut connection: Blocking) -> Result<Self, StoreError> {
        let known: Option<i64> = connection.first("SELECT CAST(pg_backend_pid() AS BIGINT)", &[])?;
        Ok(Self { connection, server_process: known.unwrap_or_default() })
    }
}

fn take(address: &Address, timeout: Duration) -> Result<Held, StoreError> {
    let mut connection = Blocking::connect(address, Limit::Short)?;
    if !Lock::Clients.take(&mut connection, TRY, Duration::ZERO)? {
        tracing::info!(?timeout, "Another process serves clients on this database; waiting for its end");
        if !Lock::Clients.take(&mut connection, TRY, timeout)? {
            return Err(StoreError::Served(address.shown.clone()));
        }
    }
    Held::by(connection)
}

/// Takes the lock on a new connection. The server may still believe that the old one has it; anybody else is another process.
fn take_again(address: &Address, before: i64) -> Result<Held, StoreError> {
    let mut connection = Blocking::connect(address, Limit::Short)?;
    let start = Instant::now();
    while !Lock::Clients.take(&mut connection, TRY, Duration::ZERO)? {
        let holder = Lock::Clients.holder(&mut connection)?;
        if holder.is_some_and(|holder| holder != before) || start.elapsed() > RETAKE_TIMEOUT {
            return Err(StoreError::Served(address.shown.clone()));
        }
        std::thread::sleep(RETRY_INTERVAL);
    }
    Held::by(connection)
}

/// Holds the lock. While the database cannot be reached nobody else can take it from there, so this process goes on trying.
fn keep(address: &Address, mut held: Held, mut released: oneshot::Receiver<()>, lost: &watch::Sender<bool>) {
    let mut is_released = || !matches!(released.try_recv(), Err(oneshot::error::TryRecvError::Empty));
    while !is_released() {
        if held.connection.batch("SELECT 1").is_ok() {
            std::thread::sleep(POLL_INTERVAL);
            continue;
        }
        tracing::warn!("The lock for serving clients was lost with its connection; taking it again");
        held = loop {
            if is_released() {
                return;
            }
            match take_again(address, held.server_process) {
                Ok(held) => break held,
                Err(StoreError::Served(_)) => {
                    lost.send_replace(true);
                    return;
                }
                Err(_) => std::thread::sleep(RETRY_INTERVAL),
            }
        };
    }
}
