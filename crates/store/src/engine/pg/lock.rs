//! Advisory locks, with which several processes coordinate on one database.
//!
//! They belong to a connection and are released once the server notices that it has ended, which may take a
//! moment.

use super::address::Address;
use super::connection::{Blocking, Limit};
use crate::{StoreError, Tx};
use std::time::{Duration, Instant};

/// How often to retry a lock that another process has.
const POLL: Duration = Duration::from_millis(50);
/// How long a connection waits for its shared lock on the database.
const SHARE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long to wait for another process that migrates the schema.
const SETUP_TIMEOUT: Duration = Duration::from_secs(600);

/// `meeshy` as a number; the locks are this one and the following.
const BASE: i64 = 0x6d65_6573_6879;

/// The purpose of a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lock {
    /// The whole database: every connection has a shared lock, an import has an exclusive one.
    Database = 0,
    /// Migrations and the first rows: one process at a time.
    Setup = 1,
    /// Serving clients, of which earlier versions allowed only one process.
    EarlierGateway = 2,
}

impl Lock {
    pub(crate) const fn number(self) -> i64 {
        BASE + self as i64
    }

    /// Tries to acquire it with `function`, repeatedly until `timeout` has passed.
    pub(crate) fn take(
        self,
        connection: &mut Blocking,
        function: &str,
        timeout: Duration,
    ) -> Result<bool, StoreError> {
        let start = Instant::now();
        loop {
            let sql = format!("SELECT {function}($1)");
            let is_ours = connection.first(&sql, &[&self.number()])?.unwrap_or(false);
            if is_ours || start.elapsed() >= timeout {
                return Ok(is_ours);
            }
            std::thread::sleep(POLL);
        }
    }
}

/// Connects and takes a shared lock on the database, unless another process has an exclusive one.
pub(crate) fn connect_shared(address: &Address, limit: Limit) -> Result<Blocking, StoreError> {
    let mut connection = Blocking::connect(address, limit)?;
    if Lock::Database.take(&mut connection, "pg_try_advisory_lock_shared", SHARE_TIMEOUT)? {
        return Ok(connection);
    }
    Err(StoreError::Shared(address.shown.clone()))
}

/// Connects and takes an exclusive lock on the database.
pub(crate) fn connect_alone(address: &Address) -> Result<Blocking, StoreError> {
    let mut connection = Blocking::connect(address, Limit::None)?;
    if Lock::Database.take(&mut connection, "pg_try_advisory_lock", SHARE_TIMEOUT)? {
        return Ok(connection);
    }
    Err(StoreError::Shared(address.shown.clone()))
}

/// Whether the lock is taken that gateways of earlier versions held.
pub(crate) fn has_earlier_gateway(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 \
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
               AND CAST(classid AS BIGINT) * 4294967296 + CAST(objid AS BIGINT) = $1 LIMIT 1";
    tx.exists(sql, &[Lock::EarlierGateway.number().into()])
}

/// Waits until no other process migrates the schema; none does until this connection ends.
pub(crate) fn wait_for_setup(connection: &mut Blocking) -> Result<(), StoreError> {
    let function = "pg_try_advisory_lock";
    if Lock::Setup.take(connection, function, Duration::ZERO)? {
        return Ok(());
    }
    tracing::info!("Waiting for another process to migrate the database");
    if Lock::Setup.take(connection, function, SETUP_TIMEOUT)? {
        return Ok(());
    }
    Err(StoreError::Unavailable(format!(
        "another meeshy process has been bringing the schema up to date for {} minutes",
        SETUP_TIMEOUT.as_secs() / 60
    )))
}
