//! From whole messages in one language to whole messages in another.

use crate::apertium::Apertium;
use crate::cache::{Cache, CacheKey, CacheStore, CachedText};
use crate::engine::{Engine, Offer, Pair, Translated, same_marks};
use crate::firefox::Firefox;
use crate::route::{Route, Routes, Step};
use crate::text::{Document, splice};
use crate::{EngineError, Failure, TranslationConfig, TranslationError};
use meeshy_domain::Language;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// What came of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// There is a translation.
    Done {
        /// The translated message.
        text: String,
        /// Which engines made it, over which pivots: `firefox`, `apertium via ca`.
        engine: String,
        /// How sure they are, 0 to 1, if they say: that of the least sure sentence.
        score: Option<f32>,
    },
    /// The message is the same in both languages.
    Identical {
        /// Which engines said so; none were asked about a message of emoji, links and numbers only.
        engine: Option<String>,
    },
    /// No engine here can translate between these languages.
    Unavailable {
        /// Why, and what an operator can do about it.
        reason: String,
    },
}

/// Translates messages with whatever is installed. Cheap to clone.
#[derive(Clone)]
pub struct Translator {
    inner: Arc<Inner>,
}

struct Inner {
    /// The preferred one first.
    engines: Vec<Arc<dyn Engine>>,
    cache: Cache,
    routes: RwLock<Arc<Routes>>,
    /// What turned out to be unusable since the last [`Translator::rescan`], and why.
    broken: Mutex<HashMap<(&'static str, Pair), String>>,
}

impl Translator {
    /// Looks at what is installed. Loads no model and starts no process.
    ///
    /// # Errors
    /// When a folder of the configuration exists but cannot be read.
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
        let engines: Vec<Arc<dyn Engine>> =
            vec![Arc::new(Firefox::new(config)), Arc::new(Apertium::new(config))];
        Ok(Self::with_engines(engines, config.cache_bytes, store))
    }

    /// A translator over these engines, the preferred one first.
    pub fn with_engines(
        engines: Vec<Arc<dyn Engine>>,
        cache_bytes: u64,
        store: Option<Arc<dyn CacheStore>>,
    ) -> Self {
        let translator = Self {
            inner: Arc::new(Inner {
                engines,
                cache: Cache::new(cache_bytes, store),
                routes: RwLock::default(),
                broken: Mutex::default(),
            }),
        };
        translator.rescan();
        translator
    }

    /// Looks again at what is installed: after a model was pulled, or a package installed or repaired.
    pub fn rescan(&self) {
        self.inner.broken.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.inner.find_routes();
    }

    /// How this pair of languages is served, if it is.
    pub fn route(&self, from: Language, to: Language) -> Option<Route> {
        self.inner.routes().get(Pair { from, to }).cloned()
    }

    /// Every pair that is served, in order.
    pub fn routes(&self) -> Vec<Route> {
        self.inner.routes().iter().map(|(_, route)| route.clone()).collect()
    }

    /// One answer for each message, in order.
    ///
    /// Messages are whole: layout, links, mentions, code and the like are kept here. Sentences that are the same are
    /// translated once.
    pub async fn translate(
        &self,
        from: Language,
        to: Language,
        texts: &[String],
    ) -> Vec<Result<Outcome, Failure>> {
        let documents: Vec<Document> = texts.iter().map(|text| Document::cut(text)).collect();
        let pair = Pair { from, to };
        if from == to {
            return texts.iter().map(|_| Ok(Outcome::Identical { engine: None })).collect();
        }
        let segments: BTreeSet<&str> = documents.iter().flat_map(Document::segments).collect();
        let segments: Vec<String> = segments.into_iter().map(str::to_owned).collect();
        let answers = self.inner.resolve(pair, &segments).await;
        documents.iter().zip(texts).map(|(document, text)| answers.conclude(document, text)).collect()
    }

    /// Stops all processes and gives back the memory of the models. The translator can still be used.
    pub async fn shutdown(&self) {
        for engine in &self.inner.engines {
            engine.rest().await;
        }
    }
}

/// What became of the segments of a call.
#[derive(Default)]
struct Answers {
    translated: HashMap<String, Translated>,
    engine: String,
    /// Why some are not translated.
    missing: Option<Missing>,
}

enum Missing {
    Unavailable(String),
    Failed(Failure),
}

impl Answers {
    fn conclude(&self, document: &Document, source: &str) -> Result<Outcome, Failure> {
        let mut segments = document.segments().peekable();
        if segments.peek().is_none() {
            return Ok(Outcome::Identical { engine: None });
        }
        let mut score: Option<f32> = None;
        for segment in segments {
            let Some(translated) = self.translated.get(segment) else {
                return self.why_missing();
            };
            score = least(score, translated.score);
        }
        let text = document.assemble(|segment| self.translated.get(segment).map_or("", |known| &known.text));
        if text == source {
            return Ok(Outcome::Identical { engine: Some(self.engine.clone()) });
        }
        Ok(Outcome::Done { text, engine: self.engine.clone(), score })
    }

    fn why_missing(&self) -> Result<Outcome, Failure> {
        match &self.missing {
            Some(Missing::Unavailable(reason)) => Ok(Outcome::Unavailable { reason: reason.clone() }),
            Some(Missing::Failed(failure)) => Err(failure.clone()),
            None => Err(Failure("an engine left out a part of the text".to_owned())),
        }
    }
}

fn least(one: Option<f32>, other: Option<f32>) -> Option<f32> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

impl Inner {
    fn routes(&self) -> Arc<Routes> {
        Arc::clone(&self.routes.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn find_routes(&self) {
        let offers: Vec<(&'static str, Offer)> = self
            .engines
            .iter()
            .flat_map(|engine| engine.offers().into_iter().map(|offer| (engine.name(), offer)))
            .collect();
        let broken: HashSet<(&'static str, Pair)> =
            self.broken.lock().unwrap_or_else(PoisonError::into_inner).keys().copied().collect();
        let routes = Routes::find(offers.iter().map(|(engine, offer)| (*engine, offer)), &broken);
        *self.routes.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(routes);
    }

    /// Translates over the best route; over the next best when something on it turns out to be broken.
    async fn resolve(&self, pair: Pair, segments: &[String]) -> Answers {
        if segments.is_empty() {
            return Answers::default();
        }
        loop {
            let Some(route) = self.routes().get(pair).cloned() else {
                let missing = Some(Missing::Unavailable(self.why_unavailable(pair)));
                return Answers { missing, ..Answers::default() };
            };
            let mut answers = Answers { engine: route.label(), ..Answers::default() };
            match self.follow(&route, segments, &mut answers.translated).await {
                Ok(()) => return answers,
                Err((_, EngineError::Interrupted(message))) => {
                    answers.missing = Some(Missing::Failed(Failure(message)));
                    return answers;
                }
                Err((step, EngineError::Broken(message))) => {
                    tracing::error!(engine = step.engine, pair = %step.pair, error = message, "An engine cannot be used; the next best route takes over");
                    let mut broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
                    broken.insert((step.engine, step.pair), message);
                    drop(broken);
                    self.find_routes();
                }
            }
        }
    }

    /// Fills `known` from the cache, and what is not there from the engines of the route.
    async fn follow<'a>(
        &self,
        route: &'a Route,
        segments: &[String],
        known: &mut HashMap<String, Translated>,
    ) -> Result<(), (&'a Step, EngineError)> {
        let keys: Vec<CacheKey> = segments.iter().map(|segment| CacheKey::new(route, segment)).collect();
        let mut cached = self.cache.get(&keys).await;
        let mut missing = Vec::new();
        for (segment, key) in segments.iter().zip(keys) {
            match cached.remove(&key) {
                Some(translated) => {
                    known.insert(segment.clone(), translated);
                }
                None => missing.push((segment, key)),
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        let mut texts: Vec<String> = missing.iter().map(|(segment, _)| (*segment).clone()).collect();
        let mut scores = vec![None; texts.len()];
        // While the first step works, the others can load.
        for step in route.steps.iter().skip(1) {
            if let Some(engine) = self.engine(step) {
                engine.prepare(step.pair);
            }
        }
        for step in &route.steps {
            let translated = self.step(step, &texts).await.map_err(|error| (step, error))?;
            for ((text, score), new) in texts.iter_mut().zip(&mut scores).zip(translated) {
                *text = new.text;
                *score = least(*score, new.score);
            }
        }
        let engine = route.label();
        let mut entries = Vec::with_capacity(texts.len());
        for (((segment, key), text), score) in missing.into_iter().zip(texts).zip(scores) {
            entries.push((key, CachedText { text: text.clone(), engine: engine.clone(), score }));
            known.insert(segment.clone(), Translated { text, score });
        }
        self.cache.put(entries).await;
        Ok(())
    }

    fn engine(&self, step: &Step) -> Option<&Arc<dyn Engine>> {
        self.engines.iter().find(|engine| engine.name() == step.engine)
    }

    /// One step, with every mark where it can be.
    async fn step(&self, step: &Step, texts: &[String]) -> Result<Vec<Translated>, EngineError> {
        let Some(engine) = self.engine(step) else {
            return Err(EngineError::Broken(format!("there is no engine `{}`", step.engine)));
        };
        let mut answers = ask(engine.as_ref(), step.pair, texts).await?;
        let lost: Vec<usize> =
            (0..texts.len()).filter(|&at| !same_marks(&texts[at], &answers[at].text)).collect();
        if lost.is_empty() {
            return Ok(answers);
        }
        let mut pieces = Vec::new();
        for &at in &lost {
            splice(&texts[at], |piece| {
                pieces.push(piece.to_owned());
                String::new()
            });
        }
        let mut translated = ask(engine.as_ref(), step.pair, &pieces).await?.into_iter().zip(&pieces);
        for at in lost {
            answers[at].text = splice(&texts[at], |piece| match translated.next() {
                Some((answer, _)) if same_marks(piece, &answer.text) => answer.text,
                _ => piece.to_owned(),
            });
        }
        Ok(answers)
    }

    fn why_unavailable(&self, pair: Pair) -> String {
        let broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        let touching = broken.iter().filter(|((_, edge), _)| edge.from == pair.from || edge.to == pair.to);
        if let Some(message) = touching.map(|(_, message)| message).min() {
            return message.clone();
        }
        let (from, to) = (pair.from, pair.to);
        let models = match (from.code(), to.code()) {
            ("en", _) | (_, "en") => pair.to_string(),
            (from, to) => format!("{from}-en en-{to}"),
        };
        format!(
            "no engine here translates {} to {}; pull models with `meeshy models pull {models}` or install Apertium pairs",
            from.english_name(),
            to.english_name()
        )
    }
}

/// Asks an engine, and holds it to its contract: as many answers as questions, none empty, no control characters.
async fn ask(engine: &dyn Engine, pair: Pair, texts: &[String]) -> Result<Vec<Translated>, EngineError> {
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let mut answers = engine.translate(pair, texts).await?;
    if answers.len() != texts.len() {
        let (asked, came) = (texts.len(), answers.len());
        return Err(EngineError::Interrupted(format!(
            "{} answered {came} of {asked} segments",
            engine.name()
        )));
    }
    for (answer, text) in answers.iter_mut().zip(texts) {
        if answer.text.contains(char::is_control) {
            answer.text = answer.text.replace(char::is_control, " ");
        }
        if answer.text.trim().is_empty() {
            answer.text.clone_from(text);
        }
    }
    Ok(answers)
}
