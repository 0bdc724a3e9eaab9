//! Connects the translation jobs to the engines, and the engines' cache to the database.

use crate::puller::Needed;
use async_trait::async_trait;
use meeshy_chat::{Answer, Speed, Translate};
use meeshy_domain::{Clock, Grade, Reason, ReasonCode};
use meeshy_store::{Store, translation_cache};
use meeshy_translation::detect::Evidence;
use meeshy_translation::{
    CacheKey, CacheStore, CachedText, Failure, Outcome, Pair, Request, Route, Translator,
};
use std::collections::BTreeMap;

/// Translates jobs in this process.
pub struct Engines {
    /// The translator.
    pub translator: Translator,
    /// The model downloader's queue, if models are downloaded automatically.
    pub needed: Option<Needed>,
}

impl Engines {
    /// Whether a model that these results lack is being downloaded.
    async fn is_coming(&self, request: &Request, answers: &[Result<Outcome, Failure>]) -> bool {
        let lacks_engine = |answer: &Result<Outcome, Failure>| matches!(answer, Ok(Outcome::Unavailable { reason }) if reason.code == ReasonCode::NoEngine);
        match &self.needed {
            // It may have been downloaded in the meantime.
            Some(needed) if answers.iter().any(lacks_engine) => {
                needed.is_coming(request.pair).await || self.translator.route_for(request).is_some()
            }
            _ => false,
        }
    }
}

/// The reason shown while a model is being downloaded.
fn downloading() -> Reason {
    let text = "the translation model for these languages is being downloaded; the translation will follow";
    Reason::new(ReasonCode::ModelDownloading, text)
}

#[async_trait]
impl Translate for Engines {
    async fn translate(&self, request: &Request, texts: &[String]) -> Vec<Answer> {
        if let Some(needed) = &self.needed {
            needed.note(request.pair);
        }
        let answers = self.translator.answer(request, texts).await;
        let is_coming = self.is_coming(request, &answers).await;
        answers
            .into_iter()
            .map(|answer| match answer {
                Ok(Outcome::Done { text, engine, score, grade }) => {
                    Answer::Done { text, engine, score, grade }
                }
                Ok(Outcome::Identical { .. }) => Answer::Identical,
                Ok(Outcome::Unavailable { .. }) if is_coming => Answer::Unavailable { reason: downloading() },
                Ok(Outcome::Unavailable { reason }) => Answer::Unavailable { reason },
                Err(failure) => {
                    Answer::Failed { reason: Reason::new(ReasonCode::EngineFailed, failure.to_string()) }
                }
            })
            .collect()
    }

    fn engine(&self, request: &Request) -> Option<String> {
        self.translator.route_for(request).map(|route| route.label())
    }

    fn warm_up(&self, pair: Pair) {
        self.translator.warm_up(pair.from, pair.to);
    }

    fn pairs(&self) -> Vec<Speed> {
        let speed = |route: Route| {
            let pair = route.pair()?;
            Some(Speed { from: pair.from, to: pair.to, cost_ms: route.cost_ms })
        };
        self.translator.routes().into_iter().filter_map(speed).collect()
    }

    fn grades(&self) -> BTreeMap<Pair, Grade> {
        self.translator.grades()
    }

    async fn evidence(&self, text: &str) -> Evidence {
        evidence(text).await
    }
}

/// Detects the language of a text, outside the runtime's worker threads.
async fn evidence(text: &str) -> Evidence {
    let text = text.to_owned();
    tokio::task::spawn_blocking(move || Evidence::of(&text)).await.unwrap_or_else(|error| {
        tracing::error!(%error, "Failed to detect the language of a text");
        Evidence::default()
    })
}

/// Translation is delegated to other processes.
pub struct Delegated;

#[async_trait]
impl Translate for Delegated {
    async fn translate(&self, _: &Request, texts: &[String]) -> Vec<Answer> {
        let reason = "no running translator supports these languages";
        let reason = Reason::new(ReasonCode::NoEngine, reason);
        texts.iter().map(|_| Answer::Unavailable { reason: reason.clone() }).collect()
    }

    fn engine(&self, _: &Request) -> Option<String> {
        None
    }

    fn pairs(&self) -> Vec<Speed> {
        Vec::new()
    }

    async fn evidence(&self, text: &str) -> Evidence {
        evidence(text).await
    }
}

/// The translation cache in the database, behind the cache in memory.
pub struct DatabaseCache {
    store: Store,
    clock: Clock,
}

impl DatabaseCache {
    /// A cache in `store`.
    pub fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock }
    }
}

#[async_trait]
impl CacheStore for DatabaseCache {
    async fn get(&self, keys: &[CacheKey]) -> Vec<Option<CachedText>> {
        let wanted: Vec<String> = keys.iter().map(ToString::to_string).collect();
        let found =
            self.store.read(move |tx| translation_cache::get(tx, &wanted)).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "Failed to read cached translations; translating again");
                Vec::new()
            });
        keys.iter()
            .map(|key| {
                let key = key.to_string();
                let cached = found.iter().find(|cached| cached.key == key)?;
                Some(CachedText {
                    text: cached.content.clone(),
                    engine: cached.engine.clone(),
                    #[expect(clippy::cast_possible_truncation, reason = "the score was stored from an f32")]
                    score: cached.score.map(|score| score as f32),
                    grade: cached.grade?,
                })
            })
            .collect()
    }

    async fn put(&self, entries: &[(CacheKey, CachedText)]) {
        let now = self.clock.now();
        let entries: Vec<translation_cache::Cached> = entries
            .iter()
            .map(|(key, cached)| translation_cache::Cached {
                key: key.to_string(),
                content: cached.text.clone(),
                engine: cached.engine.clone(),
                score: cached.score.map(f64::from),
                grade: Some(cached.grade),
            })
            .collect();
        if let Err(error) = self.store.write(move |tx| translation_cache::put(tx, &entries, now)).await {
            tracing::warn!(%error, "Failed to cache translations");
        }
    }
}
