//! Jobs that one of several processes does at a time, such as the removal of old data.
//!
//! The holder of a database lease does the job and renews the lease. If a process is killed, another one
//! takes over within [`LEASE`] plus a [`RENEWAL_INTERVAL`]. Two processes may overlap for a moment when one
//! hangs and comes back, so a job must tolerate being done twice. SQLite has only one process, which needs no
//! lease.

use crate::Chat;
use meeshy_store::{StoreError, leases};
use std::convert::Infallible;
use std::time::{Duration, Instant};

/// How long a lease lasts without renewal.
const LEASE: Duration = Duration::from_secs(10);
/// How often it is renewed, and how often the others try to take it.
const RENEWAL_INTERVAL: Duration = Duration::from_secs(3);

impl Chat {
    /// Runs the job that `job` makes whenever this process holds the lease `name`, until `stop` is ready.
    pub async fn lead<F>(&self, name: &'static str, job: impl Fn() -> F, stop: impl Future<Output = ()>)
    where
        F: Future<Output = Infallible>,
    {
        let is_exclusive = self.inner.store.is_exclusive();
        let leading = async { if is_exclusive { job().await } else { self.compete(name, &job).await } };
        tokio::select! {
            never = leading => match never {},
            () = stop => {}
        }
        if !is_exclusive {
            let holder = self.inner.process.clone();
            let give_back = move |tx: &mut meeshy_store::Tx<'_>| leases::give_back(tx, name, &holder);
            if let Err(error) = self.inner.store.write(give_back).await {
                tracing::debug!(%error, name, "Failed to release a lease; it will expire");
            }
        }
    }

    /// Runs the job while it holds the lease.
    async fn compete<F: Future<Output = Infallible>>(
        &self,
        name: &'static str,
        job: &impl Fn() -> F,
    ) -> Infallible {
        loop {
            if self.take_lease(name).await.unwrap_or(false) {
                tracing::debug!(name, "Leading");
                tokio::select! {
                    never = job() => match never {},
                    () = self.hold_lease(name) => tracing::warn!(name, "Another process leads now"),
                }
            }
            tokio::time::sleep(RENEWAL_INTERVAL).await;
        }
    }

    async fn take_lease(&self, name: &'static str) -> Result<bool, StoreError> {
        let holder = self.inner.process.clone();
        self.inner.store.write(move |tx| leases::take(tx, name, &holder, LEASE)).await
    }

    /// Renews a lease until another process has it, or may have it.
    async fn hold_lease(&self, name: &'static str) {
        let mut renewed_at = Instant::now();
        loop {
            tokio::time::sleep(RENEWAL_INTERVAL).await;
            let asked_at = Instant::now();
            match self.take_lease(name).await {
                Ok(true) => renewed_at = asked_at,
                Ok(false) => return,
                Err(_) if renewed_at.elapsed() >= LEASE => return,
                Err(error) => tracing::debug!(%error, name, "Failed to renew a lease; trying again"),
            }
        }
    }
}
