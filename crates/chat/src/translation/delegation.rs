//! Delegation of texts to a process that translates, through rows of the database that exist while a caller
//! waits.

use super::engines::Engines;
use super::signals::Signals;
use crate::ChatError;
use crate::context::Context;
use meeshy_domain::{Language, TextId};
use meeshy_store::texts::{self, Text};
use meeshy_store::translations::State;
use meeshy_store::{Channel, StoreError, Tx};
use meeshy_translation::{Request, Tier};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Texts claimed at a time.
const BATCH: i64 = 64;
/// Groups of texts that are with the engines at the same time, each for one language pair.
const MAX_GROUPS: usize = 16;
/// How often to poll when no notification arrives.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// No caller waits this long.
const MAX_AGE: Duration = Duration::from_secs(60);

/// Delegation of texts.
#[derive(Clone)]
pub(crate) struct Delegation {
    context: Arc<Context>,
    engines: Engines,
    signals: Arc<Signals>,
}

impl Delegation {
    pub fn new(context: Arc<Context>, engines: Engines, signals: Arc<Signals>) -> Self {
        Self { context, engines, signals }
    }

    /// Has texts translated by another process. The caller sets the time-out.
    pub async fn delegate(&self, request: &Request, contents: &[String]) -> Result<Vec<State>, ChatError> {
        let text = |content: &String| Text {
            id: self.context.new_id(),
            from: request.pair.from,
            to: request.pair.to,
            tier: request.tier.name().to_owned(),
            content: content.clone(),
        };
        let asked: Vec<Text> = contents.iter().map(text).collect();
        let ids: Vec<TextId> = asked.iter().map(|text| text.id).collect();
        let ask = move |tx: &mut Tx<'_>| {
            let now = tx.now()?;
            texts::ask(tx, &asked, now)
        };
        self.context.store.write(ask).await?;
        self.signals.notify_texts();
        let mut answers: HashMap<TextId, State> = HashMap::new();
        while answers.len() < ids.len() {
            let answered = self.signals.texts_answered.notified();
            let missing: Vec<TextId> = ids.iter().copied().filter(|id| !answers.contains_key(id)).collect();
            let before = answers.len();
            answers.extend(self.context.store.write(move |tx| texts::fetch(tx, &missing)).await?);
            if answers.len() == before {
                let _ = tokio::time::timeout(POLL_INTERVAL, answered).await;
            }
        }
        Ok(ids.iter().filter_map(|id| answers.remove(id)).collect())
    }

    /// Translates texts of other processes until told to stop.
    pub async fn answer_texts(&self, stopping: &CancellationToken) {
        if self.context.store.is_exclusive() {
            return;
        }
        let places = Arc::new(Semaphore::new(MAX_GROUPS));
        let mut groups = JoinSet::new();
        loop {
            while groups.try_join_next().is_some() {}
            let taken = tokio::select! {
                () = stopping.cancelled() => break,
                taken = self.take_texts() => taken,
            };
            let found = !taken.is_empty();
            for ((from, to, tier), texts) in taken {
                let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
                let (service, request) = (self.clone(), Request { tier, ..Request::new(from, to) });
                groups.spawn(async move {
                    service.answer_group(&request, texts).await;
                    drop(place);
                });
            }
            if found {
                continue;
            }
            tokio::select! {
                () = stopping.cancelled() => break,
                () = self.signals.texts_asked.notified() => {}
                () = tokio::time::sleep(POLL_INTERVAL) => {}
            }
        }
        while groups.join_next().await.is_some() {}
    }

    async fn take_texts(&self) -> BTreeMap<(Language, Language, Tier), Vec<Text>> {
        let not_in = self.engines.remote_pairs();
        let process = self.context.process.clone();
        let claim = move |tx: &mut Tx<'_>| {
            let forget = tx.now()?.minus(MAX_AGE);
            texts::claim(tx, &process, forget, &not_in, BATCH)
        };
        let taken = self.context.store.write(claim).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "Failed to claim texts of other processes; retrying");
            Vec::new()
        });
        let mut groups: BTreeMap<_, Vec<Text>> = BTreeMap::new();
        for text in taken {
            // A newer version may know tiers that this one does not.
            let tier = text.tier.parse().unwrap_or_default();
            groups.entry((text.from, text.to, tier)).or_default().push(text);
        }
        groups
    }

    async fn answer_group(&self, request: &Request, texts: Vec<Text>) {
        let contents: Vec<String> = texts.iter().map(|text| text.content.clone()).collect();
        let answers = self.engines.translator.translate(request, &contents).await;
        let states: Vec<(TextId, State)> = texts
            .iter()
            .zip(answers)
            .map(|(text, answer)| (text.id, answer.into_state(&text.content)))
            .collect();
        let write = move |tx: &mut Tx<'_>| {
            for (text, state) in &states {
                texts::answer(tx, *text, state)?;
            }
            Ok::<_, StoreError>(())
        };
        if let Err(error) = self.context.store.write(write).await {
            tracing::warn!(%error, pair = %request.pair, "Failed to store the translations of texts; the requesting process will time out");
            return;
        }
        if let Err(error) = self.context.store.notify(Channel::Texts, String::new()).await {
            tracing::debug!(%error, "Failed to notify the requesting process; it will poll");
        }
    }
}
