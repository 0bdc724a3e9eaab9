//! Translates whole messages.

use crate::apertium::Apertium;
use crate::cache::{Cache, CacheStore};
use crate::ct2::CTranslate2;
use crate::engine::{Engine, least};
use crate::firefox::Firefox;
use crate::grade;
use crate::pair::Pair;
use crate::quality::Figures;
use crate::remote;
use crate::request::{Request, Urgency};
use crate::resolver::{Answers, Missing, Resolver};
use crate::route::Route;
use crate::text::{Document, is_composed_of};
use crate::{Failure, TranslationConfig, TranslationError};
use meeshy_domain::{Grade, Language, Reason};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A text longer than this, in bytes, yields to live messages: it takes a while anyway.
const LONG_TEXT: usize = 2_000;

/// The result of translating a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// There is a translation.
    Done {
        /// The translated message.
        text: String,
        /// The engines, and the pivots: `firefox`, `apertium via ca`.
        engine: String,
        /// The engines' score, 0 to 1, if reported: that of the least certain sentence.
        score: Option<f32>,
        /// How good it is expected to be; `None` if it comes from a glossary alone.
        grade: Option<Grade>,
    },
    /// The message is the same in both languages.
    Identical {
        /// The engines that returned it unchanged; `None` for a message of only emoji, links and numbers.
        engine: Option<String>,
    },
    /// No engine can translate between these languages.
    Unavailable {
        /// Why, and what an operator can do about it.
        reason: Reason,
    },
}

/// Translates messages with whatever is installed. Cheap to clone.
#[derive(Clone)]
pub struct Translator {
    resolver: Arc<Resolver>,
}

impl Translator {
    /// Reads what is installed. Loads no model and starts no process.
    ///
    /// With remote engines, it must be called within a Tokio runtime, because their languages are requested
    /// in the background.
    ///
    /// # Errors
    /// If a configured folder exists but cannot be read, a remote engine is misconfigured, or the quality
    /// table is invalid.
    pub fn new(
        config: &TranslationConfig,
        store: Option<Arc<dyn CacheStore>>,
    ) -> Result<Self, TranslationError> {
        for path in [&config.models_dir, &config.apertium_modes_dir] {
            match std::fs::read_dir(path) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    return Err(TranslationError::Unreadable { path: path.clone(), source });
                }
                _ => {}
            }
        }
        let (mut engines, after) = remote::start(&config.remote)?;
        engines.push(Arc::new(Firefox::new(config)));
        engines.push(Arc::new(CTranslate2::new(config)));
        engines.push(Arc::new(Apertium::new(config)));
        engines.extend(after);
        let figures = Figures::load(&config.quality_file)?;
        let cache = Cache::new(config.cache_bytes, store);
        Ok(Self { resolver: Arc::new(Resolver::new(engines, figures, cache)) })
    }

    /// A translator with these engines, in order of preference, without measurements.
    pub fn with_engines(
        engines: Vec<Arc<dyn Engine>>,
        cache_bytes: u64,
        store: Option<Arc<dyn CacheStore>>,
    ) -> Self {
        let cache = Cache::new(cache_bytes, store);
        Self { resolver: Arc::new(Resolver::new(engines, Figures::default(), cache)) }
    }

    /// Reads again what is installed: after a model was downloaded, or a package installed or repaired.
    pub fn rescan(&self) {
        self.resolver.rescan();
    }

    /// The route for this language pair, if there is one.
    pub fn route(&self, from: Language, to: Language) -> Option<Route> {
        self.route_for(&Request::new(from, to))
    }

    /// The route for a request, if there is one.
    pub fn route_for(&self, request: &Request) -> Option<Route> {
        self.resolver.routes_for(request).best(request)
    }

    /// The route of every connected pair, sorted.
    pub fn routes(&self) -> Vec<Route> {
        self.resolver.routes().defaults().values().cloned().collect()
    }

    /// Loads what the best route of a pair needs, in the background, as far as memory allows.
    pub fn warm_up(&self, from: Language, to: Language) {
        self.resolver.warm_up(&Request::new(from, to));
    }

    /// How good the translations of every connected pair are expected to be.
    pub fn grades(&self) -> BTreeMap<Pair, Grade> {
        self.resolver.routes().defaults().iter().map(|(pair, route)| (*pair, route.grade())).collect()
    }

    /// Every useful route of a pair, the shortest first.
    pub fn alternatives(&self, pair: Pair) -> Vec<Route> {
        self.resolver.routes().alternatives(pair)
    }

    /// Translates messages, in order; see [`answer`](Self::answer).
    pub async fn translate(
        &self,
        from: Language,
        to: Language,
        texts: &[String],
    ) -> Vec<Result<Outcome, Failure>> {
        self.answer(&Request::new(from, to), texts).await
    }

    /// Translates messages, in order.
    ///
    /// Messages are whole: layout, links, mentions, code and the like are protected here. Equal sentences are
    /// translated once, here and in all concurrent requests. A long text yields to short ones.
    pub async fn answer(&self, request: &Request, texts: &[String]) -> Vec<Result<Outcome, Failure>> {
        if request.pair.from == request.pair.to {
            return texts.iter().map(|_| Ok(Outcome::Identical { engine: None })).collect();
        }
        let cut = |text: &String| Document::with_terms(text, &request.glossary, request.pair.to);
        let documents: Vec<Document> = texts.iter().map(cut).collect();
        let is_long = |text: &String| text.len() > LONG_TEXT;
        let segments = |long: bool| -> Vec<String> {
            let wanted = documents.iter().zip(texts).filter(|(_, text)| is_long(text) == long);
            let segments: BTreeSet<&str> = wanted.flat_map(|(document, _)| document.segments()).collect();
            segments.into_iter().map(str::to_owned).collect()
        };
        let later = Request { urgency: Urgency::Later, ..request.clone() };
        let (short, long) = (segments(false), segments(true));
        let (short, long) =
            tokio::join!(self.resolver.resolve(request, &short), self.resolver.resolve(&later, &long));
        let conclude = |(document, text): (&Document, &String)| {
            conclude(if is_long(text) { &long } else { &short }, document, text)
        };
        documents.iter().zip(texts).map(conclude).collect()
    }

    /// Stops all processes and unloads all models. The translator can still be used.
    pub async fn shutdown(&self) {
        self.resolver.rest().await;
    }
}

fn conclude(answers: &Answers, document: &Document, source: &str) -> Result<Outcome, Failure> {
    let mut engines: Vec<&str> = Vec::new();
    let mut score: Option<f32> = None;
    for segment in document.segments() {
        let Some(answer) = answers.given.get(segment) else {
            return why_missing(answers);
        };
        if !engines.contains(&answer.engine.as_ref()) {
            engines.push(&answer.engine);
        }
        score = least(score, answer.translated.score);
    }
    let text = document
        .assemble(|segment| answers.given.get(segment).map_or("", |answer| answer.translated.text.as_str()));
    let engine = (!engines.is_empty()).then(|| engines.join(", "));
    if is_composed_of(&text, source) {
        return Ok(Outcome::Identical { engine });
    }
    let grade = grade::of_message(document.segments().filter_map(|segment| {
        let answer = answers.given.get(segment)?;
        Some((answer.translated.grade, segment.chars().count()))
    }));
    // Only terms and text that needs no translation.
    let engine = engine.unwrap_or_else(|| "glossary".to_owned());
    Ok(Outcome::Done { text, engine, score, grade })
}

fn why_missing(answers: &Answers) -> Result<Outcome, Failure> {
    match &answers.missing {
        Some(Missing::Unavailable(reason)) => Ok(Outcome::Unavailable { reason: reason.clone() }),
        Some(Missing::Failed(reason)) => Err(Failure(reason.clone())),
        None => Err(Failure("an engine omitted a part of the text".to_owned())),
    }
}
