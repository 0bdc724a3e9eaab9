//! Claims jobs and does them.

use crate::{Backoff, Kind, hold};
use futures::FutureExt;
use futures::future::BoxFuture;
use meeshy_store::jobs::{self, Job};
use meeshy_store::{Store, StoreError, Tx};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::Any;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Why an attempt failed.
pub type JobError = Box<dyn std::error::Error + Send + Sync>;

/// Jobs of one kind that a process does at the same time.
const SLOTS: usize = 4;
/// How often to look for jobs that are due.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// How long a claim lasts unless it is extended.
const LEASE: Duration = Duration::from_secs(10);
/// An attempt that takes longer has failed.
const TIMEOUT: Duration = Duration::from_secs(3600);
/// How long running jobs may take to finish at shutdown; the rest is given back.
const GRACE: Duration = Duration::from_secs(5);
/// Between the attempts of a job.
const BACKOFF: Backoff = Backoff { first: Duration::from_secs(5), longest: Duration::from_secs(3600) };
/// A job that fails this often, over about six hours, is dead.
const MAX_ATTEMPTS: i64 = 10;
/// Between the attempts of a scheduled job, unless its interval is shorter. It never gives up.
const SCHEDULED_BACKOFF: Backoff =
    Backoff { first: Duration::from_secs(60), longest: Duration::from_secs(3600) };

type Work = Box<dyn Fn(Job) -> BoxFuture<'static, Result<(), JobError>> + Send + Sync>;

struct Handler {
    work: Work,
    /// Of a scheduled job.
    interval: Option<Duration>,
}

impl Handler {
    /// How long to wait after a failed attempt; `None` if there is no other one.
    fn wait_after(&self, attempts: i64) -> Option<Duration> {
        match self.interval {
            Some(interval) => Some(SCHEDULED_BACKOFF.wait_after(attempts).min(interval)),
            None => (attempts < MAX_ATTEMPTS).then(|| BACKOFF.wait_after(attempts)),
        }
    }
}

/// Does the jobs of some kinds, and scheduled jobs.
pub struct Runner {
    store: Store,
    /// The id of this process.
    process: String,
    handlers: HashMap<&'static str, Handler>,
}

impl Runner {
    /// A runner without jobs. `process` distinguishes it from all others on this database.
    #[must_use]
    pub fn new(store: Store, process: &str) -> Self {
        Self { store, process: process.to_owned(), handlers: HashMap::new() }
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
        let mut is_prepared = false;
        loop {
            is_prepared = is_prepared || runner.prepare().await;
            while is_prepared && runner.start_due(&mut running, &abort).await {}
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

    /// Adds the scheduled jobs; returns whether that worked.
    async fn prepare(&self) -> bool {
        let scheduled: Vec<(&'static str, Duration)> =
            self.handlers.iter().filter_map(|(name, handler)| Some((*name, handler.interval?))).collect();
        let is_exclusive = self.store.is_exclusive();
        let write = move |tx: &mut Tx<'_>| {
            if is_exclusive {
                jobs::release_claims(tx)?;
            }
            scheduled.iter().try_for_each(|(name, interval)| jobs::schedule(tx, name, *interval))
        };
        let prepared = self.store.write(write).await;
        if let Err(error) = &prepared {
            tracing::warn!(%error, "Failed to add the scheduled jobs; trying again");
        }
        prepared.is_ok()
    }

    /// Claims jobs that are due and starts them; returns whether there may be more.
    async fn start_due(self: &Arc<Self>, running: &mut Running, abort: &CancellationToken) -> bool {
        let free = |name: &&'static str| SLOTS - running.count(name);
        let kinds: Vec<&'static str> = self.handlers.keys().copied().filter(|name| free(name) > 0).collect();
        // So few that no kind gets more than it has slots for.
        let Some(limit) = kinds.iter().map(free).min() else { return false };
        let by = self.process.clone();
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let claim = move |tx: &mut Tx<'_>| jobs::claim(tx, &by, &kinds, LEASE, limit);
        let claimed = self.store.write(claim).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "Failed to claim jobs; trying again");
            Vec::new()
        });
        let is_full = i64::try_from(claimed.len()) == Ok(limit);
        for job in claimed {
            if let Some((name, _)) = self.handlers.get_key_value(job.kind.as_str()) {
                running.start(name, Arc::clone(self).attempt(job, abort.clone()));
            }
        }
        is_full
    }

    /// Does a job and stores the outcome.
    async fn attempt(self: Arc<Self>, job: Job, abort: CancellationToken) {
        let Some(handler) = self.handlers.get(job.kind.as_str()) else { return };
        let outcome = tokio::select! {
            outcome = hold(LEASE, || self.extend(&job), attempt_of(handler, job.clone())) => outcome,
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

/// One attempt. A job that kills its processes is not tried forever.
async fn attempt_of(handler: &Handler, job: Job) -> Result<(), JobError> {
    if handler.interval.is_none() && job.attempts > MAX_ATTEMPTS {
        return Err("its processes ended before it did".into());
    }
    // Also the call of the handler, before its first await, may panic.
    let work = AssertUnwindSafe(async { (handler.work)(job).await }).catch_unwind();
    match tokio::time::timeout(TIMEOUT, work).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(panic)) => Err(format!("panicked: {}", reason(&*panic)).into()),
        Err(_) => Err("timed out".into()),
    }
}

fn reason(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no reason given")
}

/// Running jobs, by kind.
#[derive(Default)]
struct Running {
    tasks: JoinSet<()>,
    kinds: HashMap<tokio::task::Id, &'static str>,
}

impl Running {
    fn start(&mut self, kind: &'static str, job: impl Future<Output = ()> + Send + 'static) {
        let task = self.tasks.spawn(job);
        self.kinds.insert(task.id(), kind);
    }

    fn count(&self, kind: &str) -> usize {
        self.kinds.values().filter(|running| **running == kind).count()
    }

    /// Waits until a job ends; forever if none is running.
    async fn ended(&mut self) {
        match self.tasks.join_next_with_id().await {
            Some(Ok((id, ()))) => self.kinds.remove(&id),
            Some(Err(error)) => self.kinds.remove(&error.id()),
            None => std::future::pending().await,
        };
    }

    async fn all_ended(&mut self) {
        while !self.tasks.is_empty() {
            self.ended().await;
        }
    }
}
