//! Jobs: what is removed or archived from time to time, each by one of the gateways, e-mails, text
//! messages, and what is left of deleted accounts.
//!
//! A job may run twice at a moment when a process hangs, and can be interrupted at any time; all of these
//! work in small transactions and continue where the last run ended.

use crate::ChatError;
use crate::accounts::{DELETION, Deletions};
use crate::calls::{CHECK_CALL, Calls};
use crate::context::Context;
use crate::guests::Guests;
use crate::mail::{MAIL, Post};
use crate::messages::{SearchIndexer, delete_for_everybody};
use crate::notifications::{Notifier, PUSH, PushPost};
use crate::phones::{SMS, SmsPost};
use crate::retention::{
    Bounds, CacheBound, EventBound, Retention, archive_notifications, prune_cache, prune_events,
};
use crate::share_links::END_GUESTS;
use crate::uploads::{COLLECT, DISCARD, FileCare, PREPARE, REMOVE};
use meeshy_domain::account::FORGET_AFTER;
use meeshy_jobs::{JobError, Runner};
use meeshy_store::jobs::{self, Counts, Scheduled};
use meeshy_store::{Tx, attempts, call_counts, deletions, phone_codes, second_factor, sessions};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);
/// Names with counted sign-in attempts, each with a network; beyond that the least recently tried ones are
/// removed.
const MAX_GUESSED_NAMES: i64 = 100_000;
/// The most counters of calls; beyond that, those whose windows end first are removed.
const MAX_CALL_COUNTS: i64 = 200_000;
/// How long jobs that have failed too often are kept for the operator.
const DEAD_JOBS_KEPT: Duration = Duration::from_secs(30 * 86_400);
/// Expired messages that are looked up at once.
const EXPIRED_AT_ONCE: i64 = 50;

/// The state of all jobs but translations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobStates {
    /// The scheduled ones.
    pub scheduled: Vec<Scheduled>,
    /// The numbers of the others.
    pub counts: Counts,
}

/// The jobs of this process. Cheap to clone.
#[derive(Clone)]
pub struct Jobs {
    pub(crate) context: Arc<Context>,
    pub(crate) post: Post,
    pub(crate) sms: SmsPost,
    pub(crate) deletions: Deletions,
    pub(crate) calls: Calls,
    pub(crate) files: FileCare,
    pub(crate) guests: Guests,
    pub(crate) notifier: Notifier,
    pub(crate) pushes: PushPost,
}

impl Jobs {
    /// Does jobs, indexes messages for the search, and notifies users, until `stop` is ready. Each gateway calls this.
    pub async fn run(&self, bounds: Bounds, stop: impl Future<Output = ()>) {
        let on_events = self.job(move |jobs| jobs.prune_old_events(bounds.events));
        let on_cache = self.job(move |jobs| jobs.prune_cached_translations(bounds.cache));
        let on_notifications = self.job(move |jobs| jobs.archive_old_notifications(bounds.notifications));
        let (post, sms, deletions) = (self.post.clone(), self.sms.clone(), self.deletions.clone());
        let (calls, guests, pushes) = (self.calls.clone(), self.guests.clone(), self.pushes.clone());
        let of_files = || self.files.clone();
        let (discarding, preparing, collecting, removing) = (of_files(), of_files(), of_files(), of_files());
        let indexer = SearchIndexer::new(Arc::clone(&self.context));
        let stopping = CancellationToken::new();
        let runner = Runner::new(self.context.store.clone(), &self.context.process)
            .schedule("prune-events", HOUR, on_events)
            .schedule("prune-translation-cache", HOUR, on_cache)
            .schedule("archive-notifications", HOUR, on_notifications)
            .schedule("delete-expired-messages", MINUTE, self.job(Self::delete_expired_messages))
            .schedule("trim-sign-in-attempts", MINUTE, self.job(Self::trim_sign_in_attempts))
            .schedule("trim-call-counts", MINUTE, self.job(Self::trim_call_counts))
            .schedule("remove-expired-sign-ins", HOUR, self.job(Self::remove_expired_sign_ins))
            .schedule("end-idle-guests", MINUTE, self.job(Self::end_idle_guests))
            .schedule("remove-dead-jobs", DAY, self.job(Self::remove_dead_jobs))
            .schedule("tidy-calls", MINUTE, self.job(|jobs| jobs.calls.tidy()))
            .handle(&CHECK_CALL, move |call| calls.clone().check(call))
            .handle(&MAIL, move |order| post.clone().send(order))
            .handle(&DELETION, move |deleted| deletions.clone().finish(deleted))
            .handle(&DISCARD, move |upload| discarding.clone().discard(upload))
            .handle(&PREPARE, move |file| preparing.clone().prepare(file))
            .handle(&COLLECT, move |file| collecting.clone().collect(file))
            .handle(&REMOVE, move |path| removing.clone().remove(path))
            .handle(&END_GUESTS, move |link| guests.clone().end_of_link(link))
            .handle(&PUSH, move |order| pushes.clone().send(order))
            .handle(&SMS, move |order| sms.clone().send(order))
            .run(async {
                stop.await;
                stopping.cancel();
            });
        let notifier = self.notifier.run(stopping.cancelled());
        tokio::join!(runner, indexer.run(stopping.cancelled()), notifier);
    }

    /// The state of the jobs; reads all of them.
    pub async fn states(&self) -> Result<JobStates, ChatError> {
        let read = |tx: &mut Tx<'_>| {
            Ok::<_, ChatError>(JobStates { scheduled: jobs::scheduled(tx)?, counts: jobs::counts(tx)? })
        };
        self.context.store.read(read).await
    }

    /// Work that is given this service.
    fn job<F>(
        &self,
        work: impl Fn(Self) -> F + Send + Sync + 'static,
    ) -> impl Fn() -> F + Send + Sync + 'static
    where
        F: Future<Output = Result<(), JobError>> + Send + 'static,
    {
        let jobs = self.clone();
        move || work(jobs.clone())
    }

    async fn prune_old_events(self, bound: EventBound) -> Result<(), JobError> {
        log_removed(prune_events(&self.context.store, bound, self.context.now()).await?, "old events");
        Ok(())
    }

    async fn prune_cached_translations(self, bound: CacheBound) -> Result<(), JobError> {
        log_removed(
            prune_cache(&self.context.store, bound, self.context.now()).await?,
            "cached translations",
        );
        Ok(())
    }

    async fn archive_old_notifications(self, retention: Retention) -> Result<(), JobError> {
        let run = archive_notifications(&self.context.store, retention, self.context.now()).await?;
        if run.moved > 0 {
            tracing::info!(moved = run.moved, people = run.people, "Archived notifications");
        }
        Ok(())
    }

    async fn delete_expired_messages(self) -> Result<(), JobError> {
        let mut deleted = 0;
        loop {
            let now = self.context.now();
            let some =
                self.context.store.read(move |tx| deletions::expired(tx, now, EXPIRED_AT_ONCE)).await?;
            if some.is_empty() {
                break;
            }
            for id in some {
                let context = Arc::clone(&self.context);
                let delete = move |tx: &mut Tx<'_>| delete_for_everybody(tx, &context, id);
                deleted += u64::from(self.context.store.write(delete).await?);
            }
        }
        log_removed(deleted, "expired messages");
        Ok(())
    }

    async fn end_idle_guests(self) -> Result<(), JobError> {
        let ended = self.guests.end_idle().await?;
        if ended > 0 {
            tracing::info!(ended, "Guests who were not active have left");
        }
        Ok(())
    }

    async fn trim_sign_in_attempts(self) -> Result<(), JobError> {
        let trim = |tx: &mut Tx<'_>| {
            let before = tx.now()?.minus(FORGET_AFTER);
            attempts::trim_names(tx, before, MAX_GUESSED_NAMES)
        };
        Ok(self.context.store.write(trim).await?)
    }

    async fn trim_call_counts(self) -> Result<(), JobError> {
        Ok(self.context.store.write(|tx| call_counts::trim(tx, MAX_CALL_COUNTS)).await?)
    }

    async fn remove_expired_sign_ins(self) -> Result<(), JobError> {
        let now = self.context.now();
        let remove = move |tx: &mut Tx<'_>| {
            second_factor::remove_expired_challenges(tx, now)?;
            phone_codes::remove_expired(tx, now)?;
            sessions::remove_expired_bindings(tx, now)
        };
        self.context.store.write(remove).await?;
        Ok(())
    }

    async fn remove_dead_jobs(self) -> Result<(), JobError> {
        let removed = self.context.store.write(|tx| jobs::remove_dead(tx, DEAD_JOBS_KEPT)).await?;
        log_removed(removed, "jobs that had failed too often");
        Ok(())
    }
}

fn log_removed(removed: u64, what: &str) {
    if removed > 0 {
        tracing::info!(removed, "Removed {what}");
    }
}
