//! Turns translation jobs into translations.
//!
//! A job is written with its message and is gone only in the transaction that keeps its result, so a crash anywhere
//! between leaves it to be taken up again.

use crate::conversations::order_key;
use crate::relay::DEAD_AFTER;
use crate::translate::Answer;
use crate::{Chat, ChatError, Event};
use meeshy_domain::{ConversationId, Language, Timestamp};
use meeshy_store::Tx;
use meeshy_store::translations::{self, Claim, Job, State, Translation};
use meeshy_store::translators::{self, Translator};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Jobs taken at a time.
const BATCH: i64 = 64;
/// Groups of jobs, each for one pair of languages, that are with the engines at the same time.
const GROUPS_AT_ONCE: usize = 8;
/// A job is taken from a worker that has not come back by then, even if it lives.
const CLAIM: Duration = Duration::from_secs(30);
/// How often a process shows that it lives.
const SHOW_LIFE_EVERY: Duration = Duration::from_secs(2);
/// After so many attempts a translation has failed.
const ATTEMPTS: i64 = 5;
/// The wait after the first attempt; each further one is four times longer.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// How often to look when nobody says that there is work: for jobs of other processes.
const LOOK_EVERY: Duration = Duration::from_secs(1);

impl Chat {
    /// Translates until `stop` is ready, then finishes what it has begun.
    pub async fn translate_jobs(&self, stop: impl Future<Output = ()>) {
        self.inner.translates.store(true, Ordering::SeqCst);
        tokio::select! {
            () = self.work(stop) => {}
            never = self.show_life() => match never {},
        }
        self.inner.translates.store(false, Ordering::SeqCst);
        self.sign_off().await;
    }

    async fn work(&self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let places = Arc::new(Semaphore::new(GROUPS_AT_ONCE));
        let mut groups = JoinSet::new();
        self.release_claims().await;
        loop {
            let waiting = tokio::select! {
                () = &mut stop => break,
                waiting = self.work_once(&places, &mut groups) => waiting,
            };
            if waiting {
                continue;
            }
            tokio::select! {
                () = &mut stop => break,
                () = self.inner.jobs.here.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
        while groups.join_next().await.is_some() {}
    }

    /// Alone with its data, a process that starts need not wait for the claims of the one that died.
    async fn release_claims(&self) {
        if !self.inner.store.is_exclusive() {
            return;
        }
        if let Err(error) = self.inner.store.write(translations::release_claims).await {
            tracing::warn!(%error, "The claims of an earlier process could not be released; they run out by themselves");
        }
    }

    /// Shows the other processes that this one lives and what it translates, and takes from the dead what they had begun.
    async fn show_life(&self) -> Infallible {
        if self.inner.store.is_exclusive() {
            return std::future::pending().await;
        }
        let started_at = self.now();
        loop {
            let now = self.now();
            let life = Translator {
                id: self.inner.node.clone(),
                name: self.inner.settings.machine.clone(),
                pairs: self.inner.translator.pairs(),
                started_at,
                seen_at: now,
            };
            let write = move |tx: &mut Tx<'_>| {
                translators::beat(tx, &life)?;
                translators::bury(tx, None, now.minus(DEAD_AFTER))
            };
            match self.inner.store.write(write).await {
                Ok(0) => {}
                Ok(freed) => {
                    tracing::info!(freed, "Translations that a dead process had begun are taken up again");
                    self.inner.jobs.ring();
                }
                Err(error) => {
                    tracing::warn!(%error, "Other processes could not be shown that this one lives");
                }
            }
            tokio::time::sleep(SHOW_LIFE_EVERY).await;
        }
    }

    async fn sign_off(&self) {
        if self.inner.store.is_exclusive() {
            return;
        }
        let (node, dead) = (self.inner.node.clone(), self.now().minus(DEAD_AFTER));
        if let Err(error) = self.inner.store.write(move |tx| translators::bury(tx, Some(&node), dead)).await {
            tracing::debug!(%error, "The others find out by themselves that this process is gone");
        }
    }

    /// Takes jobs and hands them to the engines; says whether there may be more.
    async fn work_once(&self, places: &Arc<Semaphore>, groups: &mut JoinSet<()>) -> bool {
        while groups.try_join_next().is_some() {}
        // Claim only what can be begun now, or the claims of waiting jobs would run out.
        let Ok(place) = Arc::clone(places).acquire_owned().await else { return false };
        drop(place);
        let now = self.now();
        let serves = |from, to| self.inner.translator.serves(from, to);
        let but = self.inner.others.pairs_but(serves);
        let claim = Claim { by: self.inner.node.clone(), until: now.plus(CLAIM), limit: BATCH, but };
        let claimed = self.inner.store.write(move |tx| translations::claim(tx, now, &claim)).await;
        let jobs = claimed.unwrap_or_else(|error| {
            tracing::warn!(%error, "No translation jobs could be taken; trying again");
            Vec::new()
        });
        let full = i64::try_from(jobs.len()) == Ok(BATCH);
        for ((from, to), jobs) in by_pair(jobs) {
            let Ok(place) = Arc::clone(places).acquire_owned().await else { return false };
            let chat = self.clone();
            groups.spawn(async move {
                chat.translate_group(from, to, jobs).await;
                drop(place);
            });
        }
        full
    }

    async fn translate_group(&self, from: Language, to: Language, jobs: Vec<Job>) {
        let texts: Vec<String> = jobs.iter().map(|job| job.content.clone()).collect();
        let answers = self.inner.translator.translate(from, to, &texts).await;
        let now = self.now();
        let chat = self.clone();
        let count = jobs.len();
        let write = move |tx: &mut Tx<'_>| {
            for (job, answer) in jobs.iter().zip(answers) {
                chat.conclude(tx, job, answer, now)?;
            }
            Ok::<_, ChatError>(())
        };
        if let Err(error) = self.inner.store.write(write).await {
            tracing::warn!(%error, %from, %to, count, "Translations could not be kept; they are made again when the claim runs out");
        }
    }

    fn conclude(&self, tx: &mut Tx<'_>, job: &Job, answer: Answer, now: Timestamp) -> Result<(), ChatError> {
        let state = match answer {
            Answer::Done { text, engine, score } => {
                State::Done { content: text, engine, score: score.map(f64::from) }
            }
            Answer::Identical => State::Identical { content: job.content.clone() },
            Answer::Unavailable { reason } => State::Unavailable { reason },
            Answer::Failed { reason } if job.attempts >= ATTEMPTS => State::Failed { reason },
            Answer::Failed { reason } => {
                tracing::warn!(message_id = %job.message_id, to = %job.to, attempt = job.attempts, reason, "A translation failed; trying again later");
                return Ok(translations::postpone(
                    tx,
                    job.message_id,
                    job.to,
                    now.plus(wait_after(job.attempts)),
                )?);
            }
        };
        let mut translation = Translation {
            message_id: job.message_id,
            language: job.to,
            revision: job.revision,
            state,
            created_at: now,
            updated_at: now,
        };
        if let Some(created_at) = translations::finish(tx, &translation)? {
            translation.created_at = created_at;
            self.announce_translation(tx, job.conversation_id, job.from, translation);
        } else {
            self.inner.jobs.ring();
        }
        Ok(())
    }

    fn announce_translation(
        &self,
        tx: &mut Tx<'_>,
        conversation_id: ConversationId,
        source_language: Language,
        translation: Translation,
    ) {
        let (bus, results) = (self.inner.bus.clone(), Arc::clone(&self.inner.results));
        let is_alone = self.inner.store.is_exclusive();
        tx.after_commit(order_key(conversation_id), move || {
            if !is_alone {
                results.add(translation.message_id, translation.language);
            }
            bus.publish(Event::Translated { conversation_id, source_language, translation });
        });
    }
}

fn by_pair(jobs: Vec<Job>) -> BTreeMap<(Language, Language), Vec<Job>> {
    let mut groups: BTreeMap<_, Vec<Job>> = BTreeMap::new();
    for job in jobs {
        groups.entry((job.from, job.to)).or_default().push(job);
    }
    groups
}

fn wait_after(attempts: i64) -> Duration {
    FIRST_WAIT * 4_u32.saturating_pow(u32::try_from(attempts.clamp(1, ATTEMPTS) - 1).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_four_times_the_last() {
        assert_eq!([1, 2, 3, 4].map(|attempt| wait_after(attempt).as_secs()), [1, 4, 16, 64]);
    }
}
