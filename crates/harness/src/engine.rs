//! A translation engine with predictable results.

use async_trait::async_trait;
use meeshy_chat::{Answer, Speed, Translate};
use meeshy_domain::{Grade, Language, Reason, ReasonCode};
use meeshy_translation::detect::Evidence;
use meeshy_translation::{Glossary, Pair, Request};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Translates `text` into `fr: text`, returns `ok` unchanged, never finishes `endless`, and has no model yet
/// for `soon`. Everything else that may happen is set by the test.
pub struct Engine {
    /// The languages that it does not translate into; Japanese by default.
    pub unknown: Mutex<HashSet<Language>>,
    /// Whether models for unknown languages are being downloaded.
    pub downloads: AtomicBool,
    /// `test` if not set. It also has an engine called `another`.
    pub name: Mutex<Option<String>>,
    /// How many of the next calls fail.
    pub failures: AtomicU64,
    /// The calls so far: source, target, and number of texts.
    pub asked: Mutex<Vec<(Language, Language, usize)>>,
    /// The glossaries of the calls so far.
    pub glossaries: Mutex<Vec<Arc<Glossary>>>,
    /// The pairs it was told to load.
    pub warmed_up: Mutex<BTreeSet<Pair>>,
}

impl Default for Engine {
    fn default() -> Self {
        Self {
            unknown: Mutex::new(Language::parse("ja").into_iter().collect()),
            downloads: AtomicBool::default(),
            name: Mutex::default(),
            failures: AtomicU64::default(),
            asked: Mutex::default(),
            glossaries: Mutex::default(),
            warmed_up: Mutex::default(),
        }
    }
}

/// Why there is no translation into an unknown language.
#[must_use]
pub fn nobody_speaks(language: Language) -> Reason {
    Reason::new(ReasonCode::NoEngine, format!("nobody speaks {language}"))
}

/// Why there is no translation yet.
#[must_use]
pub fn downloading() -> Reason {
    Reason::new(ReasonCode::ModelDownloading, "a model is being downloaded")
}

#[async_trait]
impl Translate for Engine {
    async fn translate(&self, request: &Request, texts: &[String]) -> Vec<Answer> {
        let Pair { from, to } = request.pair;
        locked(&self.asked).push((from, to, texts.len()));
        locked(&self.glossaries).push(Arc::clone(&request.glossary));
        let Some(engine) = self.engine(request) else {
            let reason =
                if self.downloads.load(Ordering::SeqCst) { downloading() } else { nobody_speaks(to) };
            return texts.iter().map(|_| Answer::Unavailable { reason: reason.clone() }).collect();
        };
        if texts.iter().any(|text| text == "endless") {
            std::future::pending::<()>().await;
        }
        let fails = self
            .failures
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
            .is_ok();
        let answer = |text: &String| match text.as_str() {
            _ if fails => {
                Answer::Failed { reason: Reason::new(ReasonCode::EngineFailed, "the engine is out of order") }
            }
            "ok" => Answer::Identical,
            "soon" => Answer::Unavailable { reason: downloading() },
            text => Answer::Done {
                text: format!("{to}: {text}"),
                engine: engine.clone(),
                score: Some(0.5),
                grade: Some(Grade::Fair),
            },
        };
        texts.iter().map(answer).collect()
    }

    fn engine(&self, request: &Request) -> Option<String> {
        let is_known = !locked(&self.unknown).contains(&request.pair.to);
        let first = locked(&self.name).clone().unwrap_or_else(|| "test".into());
        let mut names = [first, "another".to_owned()].into_iter();
        is_known.then(|| names.find(|name| !request.avoid.contains(name))).flatten()
    }

    fn warm_up(&self, pair: Pair) {
        locked(&self.warmed_up).insert(pair);
    }

    fn grades(&self) -> BTreeMap<Pair, Grade> {
        let pairs = self.pairs().into_iter().map(|pair| Pair { from: pair.from, to: pair.to });
        pairs.map(|pair| (pair, Grade::Fair)).collect()
    }

    fn pairs(&self) -> Vec<Speed> {
        let languages: Vec<Language> =
            ["en", "es", "fr", "de"].into_iter().filter_map(|code| Language::parse(code).ok()).collect();
        let pairs = languages.iter().flat_map(|from| languages.iter().map(move |to| (*from, *to)));
        let served = pairs.filter(|(from, to)| self.serves(*from, *to));
        served.map(|(from, to)| Speed { from, to, cost_ms: 1.0 }).collect()
    }

    async fn evidence(&self, text: &str) -> Evidence {
        Evidence::of(text)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
