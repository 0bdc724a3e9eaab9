//! What does the jobs of one kind.

use crate::Backoff;
use futures::FutureExt;
use futures::future::BoxFuture;
use meeshy_store::jobs::Job;
use meeshy_tasks::panic_message;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

/// Why an attempt failed.
pub type JobError = Box<dyn std::error::Error + Send + Sync>;

/// An attempt that takes longer has failed.
const TIMEOUT: Duration = Duration::from_secs(3600);
/// Between the attempts of a job.
const BACKOFF: Backoff = Backoff { first: Duration::from_secs(5), longest: Duration::from_secs(3600) };
/// A job that fails this often, over more than four hours, is dead.
const MAX_ATTEMPTS: i64 = 10;
/// Between the attempts of a scheduled job, unless its interval is shorter. It never gives up.
const SCHEDULED_BACKOFF: Backoff =
    Backoff { first: Duration::from_secs(60), longest: Duration::from_secs(3600) };

pub(crate) type Work = Box<dyn Fn(Job) -> BoxFuture<'static, Result<(), JobError>> + Send + Sync>;

pub(crate) struct Handler {
    pub work: Work,
    /// Of a scheduled job.
    pub interval: Option<Duration>,
}

impl Handler {
    /// How long to wait after a failed attempt; `None` if there is no other one.
    pub fn wait_after(&self, attempts: i64) -> Option<Duration> {
        match self.interval {
            Some(interval) => Some(SCHEDULED_BACKOFF.wait_after(attempts).min(interval)),
            None => (attempts < MAX_ATTEMPTS).then(|| BACKOFF.wait_after(attempts)),
        }
    }

    /// One attempt. A job that kills its processes is not tried forever.
    pub async fn attempt(&self, job: Job) -> Result<(), JobError> {
        if self.interval.is_none() && job.attempts > MAX_ATTEMPTS {
            return Err("its processes ended before it did".into());
        }
        // Also the call of the handler, before its first await, may panic.
        let work = AssertUnwindSafe(async { (self.work)(job).await }).catch_unwind();
        match tokio::time::timeout(TIMEOUT, work).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(panic)) => Err(format!("panicked: {}", panic_message(&*panic)).into()),
            Err(_) => Err("timed out".into()),
        }
    }
}
