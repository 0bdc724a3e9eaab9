//! Claims jobs and does them.

use crate::handler::{Handler, JobError};
use crate::running::Running;
use crate::{Kind, hold};
use futures::FutureExt;
use meeshy_store::jobs::{self, Job};
use meeshy_store::{Store, StoreError, Tx};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Jobs of one kind that a process does at the same time.
const SLOTS: usize = 4;
/// How often to look for jobs that are due.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// How long a claim lasts unless it is extended.
const LEASE: Duration = Duration::from_secs(10);
/// How long running jobs may take to finish at shutdown; the rest is given back.
const GRACE: Duration = Duration::from_secs(5);

/// Does the jobs of some kinds, and scheduled jobs.
pub struct Runner {
    store: Store,
    /// The id of this process.
    process: String,
    /// By name. In the same order in all processes, so that they do not wait for each other in a circle.
    handlers: BTreeMap<&'static str, Handler>,
}

impl Runner {
    /// A runner without jobs. `process` distinguishes it from all others on this database.
    #[must_use]
    pub fn new(store: Store, process: &str) -> Self {
        Self { store, process: process.to_owned(), handlers: BTreeMap::new() }
    }

    /// Does the jobs of a kind with `work`. A failed attempt is repeated after a while, ten times at most.
    #[must_use]
    pub fn handle<P, F>(self, kind: &Kind<P>, work: impl Fn(P) -> F + Send + Sync + 'static) -> Self
    where
        P: Serialize + DeserializeOwned + 'static,
        F: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        let work = move |job: Job| match serde_json::from_str(&job.payload) {
            Ok(parameters) => work(parameters).boxed(),
            Err(error) => std::future::ready(Err(error.into())).boxed(),
        };
        self.with(kind.name(), Handler { work: Box::new(work), interval: None })
    }

    /// Does the scheduled job `name` every `interval`, in one of the processes that declare it. If it was due
    /// while none of them ran, it is done once. A failed attempt is repeated after a while.
    #[must_use]
    pub fn schedule<F>(
        self,
        name: &'static str,
        interval: Duration,
        work: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        let work = move |_: Job| work().boxed();
        self.with(name, Handler { work: Box::new(work), interval: Some(interval) })
    }

    fn with(mut self, name: &'static str, handler: Handler) -> Self {
        self.handlers.insert(name, handler);
        self
    }

    /// Does jobs until `stop` is ready. Running ones then have a few seconds to finish; the rest is given
    /// back, so that other processes need not wait for the claims to expire.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let runner = Arc::new(self);
        let abort = CancellationToken::new();
        let mut running = Running::default();
        let mut stop = std::pin::pin!(stop);
        let (mut is_prepared, mut is_failing) = (false, false);
        loop {
            let started = runner.start_due(&mut is_prepared, &mut running, &abort).await;
            match &started {
                Err(error) if !is_failing => tracing::warn!(%error, "Failed to claim jobs; trying again"),
                _ => {}
            }
            is_failing = started.is_err();
            tokio::select! {
                () = &mut stop => break,
                () = running.ended() => {}
                () = tokio::time::sleep(POLL_INTERVAL) => {}
            }
        }
        if tokio::time::timeout(GRACE, running.all_ended()).await.is_err() {
            abort.cancel();
            running.all_ended().await;
        }
    }

    /// Starts jobs that are due, as many as there are slots for.
    async fn start_due(
        self: &Arc<Self>,
        is_prepared: &mut bool,
        running: &mut Running,
        abort: &CancellationToken,
    ) -> Result<(), StoreError> {
        if !*is_prepared {
            self.prepare().await?;
            *is_prepared = true;
        }
        loop {
            let free = |name: &&'static str| SLOTS - running.count(name);
            let kinds: Vec<&'static str> =
                self.handlers.keys().copied().filter(|name| free(name) > 0).collect();
            // So few that no kind gets more than it has slots for.
            let Some(limit) = kinds.iter().map(free).min() else { return Ok(()) };
            let by = self.process.clone();
            let most = i64::try_from(limit).unwrap_or(i64::MAX);
            let claim = move |tx: &mut Tx<'_>| jobs::claim(tx, &by, &kinds, LEASE, most);
            let claimed = self.store.write(claim).await?;
            let is_full = claimed.len() == limit;
            for job in claimed {
                if let Some((name, _)) = self.handlers.get_key_value(job.kind.as_str()) {
                    running.start(name, Arc::clone(self).attempt(job, abort.clone()));
                }
            }
            if !is_full {
                return Ok(());
            }
        }
    }

    /// Adds the scheduled jobs.
    async fn prepare(&self) -> Result<(), StoreError> {
        let scheduled: Vec<(&'static str, Duration)> =
            self.handlers.iter().filter_map(|(name, handler)| Some((*name, handler.interval?))).collect();
        let is_exclusive = self.store.is_exclusive();
        let write = move |tx: &mut Tx<'_>| {
            if is_exclusive {
                jobs::release_claims(tx)?;
            }
            scheduled.iter().try_for_each(|(name, interval)| jobs::schedule(tx, name, *interval))
        };
        self.store.write(write).await
    }

    /// Does a job and stores the outcome.
    async fn attempt(self: Arc<Self>, job: Job, abort: CancellationToken) {
        let Some(handler) = self.handlers.get(job.kind.as_str()) else { return };
        let outcome = tokio::select! {
            outcome = hold(LEASE, || self.extend(&job), handler.attempt(job.clone())) => outcome,
            () = abort.cancelled() => {
                self.store_outcome(&job, jobs::give_back).await;
                return;
            }
        };
        let Job { kind, key, attempts, .. } = &job;
        match outcome {
            None => tracing::warn!(kind, key, "The claim of a job was lost; another process does it"),
            Some(Ok(())) => {
                let interval = handler.interval;
                let finish = move |tx: &mut Tx<'_>, by: &str, job: &Job| match interval {
                    Some(interval) => jobs::finish_scheduled(tx, by, job, interval),
                    None => jobs::finish(tx, by, job),
                };
                self.store_outcome(&job, finish).await;
            }
            Some(Err(error)) => {
                let wait = handler.wait_after(*attempts);
                match wait {
                    Some(wait) => {
                        tracing::warn!(kind, key, attempts, %error, ?wait, "A job failed; it will be retried");
                    }
                    None => tracing::error!(kind, key, attempts, %error, "A job failed too often"),
                }
                let error = error.to_string();
                self.store_outcome(&job, move |tx, by, job| jobs::fail(tx, by, job, &error, wait)).await;
            }
        }
    }

    async fn extend(&self, job: &Job) -> Result<bool, StoreError> {
        let (by, job) = (self.process.clone(), job.clone());
        self.store.write(move |tx| jobs::extend_claim(tx, &by, &job, LEASE)).await
    }

    async fn store_outcome(
        &self,
        job: &Job,
        outcome: impl Fn(&mut Tx<'_>, &str, &Job) -> Result<(), StoreError> + Send + 'static,
    ) {
        let (by, stored) = (self.process.clone(), job.clone());
        if let Err(error) = self.store.write(move |tx| outcome(tx, &by, &stored)).await {
            tracing::warn!(kind = job.kind, key = job.key, %error, "Failed to store the outcome of a job; it will be repeated");
        }
    }
}
