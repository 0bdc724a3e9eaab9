//! The engines behind the jobs: `translation` does the work, the database remembers it.

use crate::puller::Needed;
use async_trait::async_trait;
use meeshy_chat::{Answer, Speed, Translate};
use meeshy_domain::{Clock, Reason, ReasonCode};
use meeshy_store::{Store, translation_cache};
use meeshy_translation::detect::Evidence;
use meeshy_translation::{CacheKey, CacheStore, CachedText, Failure, Outcome, Request, Route, Translator};

/// The translator, as the jobs see it.
pub struct Engines {
    /// Who translates.
    pub translator: Translator,
    /// Who is told of the pairs that are needed.
    pub needed: Option<Needed>,
}

impl Engines {
    /// Whether what these answers lack is being downloaded.
    async fn is_coming(&self, request: &Request, answers: &[Result<Outcome, Failure>]) -> bool {
        let lacks_engine = |answer: &Result<Outcome, Failure>| matches!(answer, Ok(Outcome::Unavailable { reason }) if reason.code == ReasonCode::NoEngine);
        match &self.needed {
            // It may have been downloaded since.
            Some(needed) if answers.iter().any(lacks_engine) => {
                needed.is_coming(request.pair).await || self.translator.route_for(request).is_some()
            }
            _ => false,
        }
    }
}

/// Why there is no translation yet.
fn downloading() -> Reason {
    let text = "a model for these languages is being downloaded; the translation follows";
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
                Ok(Outcome::Done { text, engine, score }) => Answer::Done { text, engine, score },
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

    fn pairs(&self) -> Vec<Speed> {
        let speed = |route: Route| {
            let pair = route.pair()?;
            Some(Speed { from: pair.from, to: pair.to, cost_ms: route.cost_ms })
        };
        self.translator.routes().into_iter().filter_map(speed).collect()
    }

    async fn evidence(&self, text: &str) -> Evidence {
        evidence(text).await
    }
}

/// What a text says of its language: found out beside the threads that serve people.
async fn evidence(text: &str) -> Evidence {
    let text = text.to_owned();
    tokio::task::spawn_blocking(move || Evidence::of(&text)).await.unwrap_or_else(|error| {
        tracing::error!(%error, "The language of a text could not be found out");
        Evidence::default()
    })
}

/// Where other processes translate.
pub struct Elsewhere;

#[async_trait]
impl Translate for Elsewhere {
    async fn translate(&self, _: &Request, texts: &[String]) -> Vec<Answer> {
        let reason = "no translator is running, or none that translates between these languages";
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

/// What the engines have answered, kept in the database behind their cache in memory.
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
                tracing::warn!(%error, "Earlier translations could not be read; translating anew");
                Vec::new()
            });
        keys.iter()
            .map(|key| {
                let key = key.to_string();
                let cached = found.iter().find(|cached| cached.key == key)?;
                Some(CachedText {
                    text: cached.content.clone(),
                    engine: cached.engine.clone(),
                    #[expect(
                        clippy::cast_possible_truncation,
                        reason = "a score was an f32 before it was kept"
                    )]
                    score: cached.score.map(|score| score as f32),
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
            })
            .collect();
        if let Err(error) = self.store.write(move |tx| translation_cache::put(tx, &entries, now)).await {
            tracing::warn!(%error, "Translations could not be kept for the next time");
        }
    }
}
