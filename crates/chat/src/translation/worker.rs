//! Turns translation jobs into translations.
//!
//! A job is stored with its message and is deleted only in the transaction that stores its result, so after a
//! crash it is picked up again.

use super::delegation::Delegation;
use super::engines::Engines;
use super::failures::Failures;
use super::glossary::glossaries;
use super::groups::{Group, grouped};
use super::signals::{Signals, TRANSLATOR_TIMEOUT};
use super::translate::Answer;
use crate::ChatError;
use crate::context::Context;
use crate::event_bus::Event;
use meeshy_domain::{ConversationId, Language, MessageId, Timestamp};
use meeshy_jobs::{Backoff, hold};
use meeshy_store::events::{self, Change};
use meeshy_store::translation_jobs::{self, Claim, Job, Priority};
use meeshy_store::translations::{self, State, Translation};
use meeshy_store::translators::{self, Graded, Translator};
use meeshy_store::{StoreError, Tx, messages, visibility};
use meeshy_translation::Pair;
use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Jobs claimed at a time.
const BATCH: i64 = 64;
/// Groups of live jobs, each for one language pair, that are with the engines at the same time. Those that
/// wait there for the same pair are batched; those that wait here are not.
const LIVE_GROUPS: usize = 256;
/// The same for jobs that can wait.
const BACKFILL_GROUPS: usize = 4;
/// The claim of a job, after which other workers can take it.
const CLAIM: Duration = Duration::from_secs(30);
/// How often a process sends a heartbeat.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(2);
/// The maximum number of attempts.
const ATTEMPTS: i64 = 5;
/// Between the attempts.
const BACKOFF: Backoff = Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(64) };
/// The delay between checks for a model that is being downloaded.
const MODEL_WAIT: Duration = Duration::from_secs(10);
/// How often to poll when no notification arrives: for jobs of other processes.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Turns translation jobs into translations. Cheap to clone.
#[derive(Clone)]
pub struct Worker {
    context: Arc<Context>,
    engines: Engines,
    signals: Arc<Signals>,
    delegation: Delegation,
    failures: Arc<Failures>,
    is_running: Arc<AtomicBool>,
    /// The name of this machine in the list of translators.
    machine: Arc<str>,
}

impl Worker {
    pub(crate) fn new(
        context: Arc<Context>,
        engines: Engines,
        signals: Arc<Signals>,
        delegation: Delegation,
        machine: &str,
    ) -> Self {
        let (failures, is_running) = Default::default();
        Self { context, engines, signals, delegation, failures, is_running, machine: machine.into() }
    }

    /// Whether this process translates.
    pub fn is_running(&self) -> bool {
        self.is_running.load(Ordering::SeqCst)
    }

    /// Translates until `stop` is ready, then finishes what it has started.
    pub async fn run(&self, stop: impl Future<Output = ()>) {
        self.is_running.store(true, Ordering::SeqCst);
        tokio::select! {
            () = self.work(stop) => {}
            never = self.show_life() => match never {},
        }
        self.is_running.store(false, Ordering::SeqCst);
        self.sign_off().await;
    }

    /// Separate lanes, so that live jobs find room whatever else there is to do.
    async fn work(&self, stop: impl Future<Output = ()>) {
        self.release_claims().await;
        let stopping = CancellationToken::new();
        let until_stopped = async {
            stop.await;
            stopping.cancel();
        };
        let live = self.work_on(Priority::Live, LIVE_GROUPS, &stopping);
        let backfill = self.work_on(Priority::Backfill, BACKFILL_GROUPS, &stopping);
        tokio::join!(until_stopped, live, backfill, self.delegation.answer_texts(&stopping));
    }

    async fn work_on(&self, priority: Priority, groups_at_once: usize, stopping: &CancellationToken) {
        let places = Arc::new(Semaphore::new(groups_at_once));
        let mut groups = JoinSet::new();
        loop {
            let waiting = tokio::select! {
                () = stopping.cancelled() => break,
                waiting = self.work_once(priority, &places, &mut groups) => waiting,
            };
            if waiting {
                continue;
            }
            tokio::select! {
                () = stopping.cancelled() => break,
                () = self.signals.of(priority).notified() => {}
                () = tokio::time::sleep(POLL_INTERVAL) => {}
            }
        }
        while groups.join_next().await.is_some() {}
    }

    /// With exclusive use of the data, a starting process need not wait for stale claims to expire.
    async fn release_claims(&self) {
        if !self.context.store.is_exclusive() {
            return;
        }
        if let Err(error) = self.context.store.write(translation_jobs::release_claims).await {
            tracing::warn!(%error, "Failed to release the claims of a previous process; they will expire");
        }
    }

    /// Sends heartbeats with the pairs of this process, and releases the claims of dead processes.
    async fn show_life(&self) -> Infallible {
        if self.context.store.is_exclusive() {
            return std::future::pending().await;
        }
        loop {
            let mut life = Translator {
                id: self.context.process.clone(),
                name: self.machine.to_string(),
                pairs: self.engines.translator.pairs(),
                grades: self.grades(),
                started_at: Timestamp::from_millis(0),
                seen_at: Timestamp::from_millis(0),
            };
            let write = move |tx: &mut Tx<'_>| {
                let now = tx.now()?;
                (life.started_at, life.seen_at) = (now, now);
                translators::beat(tx, &life)?;
                translators::bury(tx, None, now.minus(TRANSLATOR_TIMEOUT))
            };
            match self.context.store.write(write).await {
                Ok(0) => {}
                Ok(freed) => {
                    tracing::info!(freed, "Released the claims of a dead process");
                    self.signals.notify_all();
                }
                Err(error) => {
                    tracing::warn!(%error, "Failed to send a heartbeat");
                }
            }
            tokio::time::sleep(HEARTBEAT_INTERVAL).await;
        }
    }

    fn grades(&self) -> Vec<Graded> {
        let graded = |(Pair { from, to }, grade)| Graded { from, to, grade };
        self.engines.translator.grades().into_iter().map(graded).collect()
    }

    async fn sign_off(&self) {
        if self.context.store.is_exclusive() {
            return;
        }
        let process = self.context.process.clone();
        let bury = move |tx: &mut Tx<'_>| {
            let dead_before = tx.now()?.minus(TRANSLATOR_TIMEOUT);
            translators::bury(tx, Some(&process), dead_before)
        };
        if let Err(error) = self.context.store.write(bury).await {
            tracing::debug!(%error, "Failed to unregister this process; others will notice that its heartbeat stops");
        }
    }

    /// Claims jobs and passes them to the engines; returns whether there may be more.
    async fn work_once(&self, priority: Priority, places: &Arc<Semaphore>, groups: &mut JoinSet<()>) -> bool {
        while groups.try_join_next().is_some() {}
        // Claim only what can start now: another process may have room for the rest.
        let Ok(place) = Arc::clone(places).acquire_owned().await else { return false };
        drop(place);
        let but = self.engines.remote_pairs();
        let by = self.context.process.clone();
        let take = move |tx: &mut Tx<'_>| {
            let now = tx.now()?;
            let (by, but) = (by.clone(), but.clone());
            let claim = Claim { by, until: now.plus(CLAIM), priority, limit: BATCH, but };
            let jobs = translation_jobs::claim(tx, now, &claim)?;
            let mut conversations: Vec<ConversationId> = jobs.iter().map(|job| job.conversation_id).collect();
            conversations.sort_unstable();
            conversations.dedup();
            let glossaries = glossaries(tx, &conversations)?;
            Ok::<_, StoreError>((jobs, glossaries))
        };
        let (jobs, glossaries) = self.context.store.write(take).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "Failed to claim translation jobs; retrying");
            (Vec::new(), HashMap::new())
        });
        let full = i64::try_from(jobs.len()) == Ok(BATCH);
        for group in grouped(jobs, &glossaries, priority) {
            let Ok(place) = Arc::clone(places).acquire_owned().await else { return false };
            let worker = self.clone();
            groups.spawn(async move {
                worker.translate_group(group).await;
                drop(place);
            });
        }
        full
    }

    async fn translate_group(&self, Group { request, jobs }: Group) {
        let texts: Vec<String> = jobs.iter().map(|job| job.content.clone()).collect();
        let translate = self.engines.translator.translate(&request, &texts);
        let Some(answers) = hold(CLAIM, || self.extend_claims(&jobs), translate).await else {
            tracing::warn!(pair = %request.pair, count = jobs.len(), "The claims of running translations were lost; another worker repeats them");
            return;
        };
        let worker = self.clone();
        let count = jobs.len();
        let write = move |tx: &mut Tx<'_>| {
            let now = tx.now()?;
            let mut ended = Vec::new();
            for (job, answer) in jobs.iter().zip(&answers) {
                ended.extend(
                    worker.conclude(tx, job, answer.clone(), now)?.map(|translation| (job, translation)),
                );
            }
            worker.announce_translations(tx, ended, now)
        };
        if let Err(error) = self.context.store.write(write).await {
            tracing::warn!(%error, pair = %request.pair, count, "Failed to store translations; they will be retried when the claim expires");
        }
    }

    async fn extend_claims(&self, jobs: &[Job]) -> Result<bool, StoreError> {
        let held: Vec<(MessageId, Language)> = jobs.iter().map(|job| (job.message_id, job.to)).collect();
        let process = self.context.process.clone();
        let extend = move |tx: &mut Tx<'_>| {
            let until = tx.now()?.plus(CLAIM);
            translation_jobs::extend_claims(tx, &process, &held, until)
        };
        self.context.store.write(extend).await
    }

    /// Stores the result of a job; returns the translation if it has finished.
    fn conclude(
        &self,
        tx: &mut Tx<'_>,
        job: &Job,
        answer: Answer,
        now: Timestamp,
    ) -> Result<Option<Translation>, ChatError> {
        if let Answer::Unavailable { .. } | Answer::Failed { .. } = answer
            && let Some(known) = translations::keep_known(tx, job)?
        {
            // A better translation was wanted, and there is none.
            return Ok(Some(known));
        }
        let state = match answer {
            Answer::Failed { reason } if job.attempts < ATTEMPTS => {
                if let Some(since) = self.failures.note() {
                    tracing::warn!(message_id = %job.message_id, to = %job.to, attempt = job.attempts, failures_since = since, %reason, "A translation failed; it will be retried");
                }
                translation_jobs::postpone(
                    tx,
                    job.message_id,
                    job.to,
                    now.plus(BACKOFF.wait_after(job.attempts)),
                )?;
                return Ok(None);
            }
            answer => answer.into_state(&job.content),
        };
        let mut translation = Translation {
            message_id: job.message_id,
            language: job.to,
            revision: job.revision,
            state,
            created_at: now,
            updated_at: now,
        };
        let waits = matches!(&translation.state, State::Unavailable { reason } if reason.code.is_temporary());
        let kept = if waits {
            translations::wait(tx, &translation, now.plus(MODEL_WAIT))?
        } else {
            translations::finish(tx, &translation)?
        };
        let Some(created_at) = kept else {
            if !waits {
                self.signals.notify_all();
            }
            return Ok(None);
        };
        translation.created_at = created_at;
        Ok(Some(translation))
    }

    /// Logs finished translations as events and announces them. The messages are locked first and then the
    /// conversations, always in the same order.
    fn announce_translations(
        &self,
        tx: &mut Tx<'_>,
        ended: Vec<(&Job, Translation)>,
        now: Timestamp,
    ) -> Result<(), ChatError> {
        let mut by_conversation: BTreeMap<ConversationId, Vec<(&Job, Translation)>> = BTreeMap::new();
        for (job, translation) in ended {
            by_conversation.entry(job.conversation_id).or_default().push((job, translation));
        }
        for (conversation_id, ended) in by_conversation {
            let changes: Vec<Change> =
                ended.iter().map(|(job, _)| Change::Translated(job.message_id, job.to)).collect();
            let first = events::append(tx, conversation_id, &changes, now)?;
            for (number, (job, translation)) in (first..).zip(ended) {
                let id = job.message_id;
                let asked = (
                    visibility::hidden_from(id),
                    translations::list(&[id]),
                    translation_jobs::pending_of(id),
                    messages::sequence(conversation_id, id),
                );
                let (hidden_from, known, pending, sequence) = tx.fetch(asked)?;
                let source_language = job.from;
                let others = translation.others(known, &pending);
                let event = Event::Translated {
                    conversation_id,
                    sequence: sequence.unwrap_or_default(),
                    source_language,
                    translation,
                    others,
                    hidden_from,
                };
                self.context.deliver(tx, Some(number), event);
            }
        }
        Ok(())
    }
}
