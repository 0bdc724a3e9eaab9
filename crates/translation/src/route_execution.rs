//! Translates segments over a route: from the cache, from another request in flight, otherwise over its
//! steps.

use crate::EngineError;
use crate::ask::{Checked, Fault, Question};
use crate::breaker::{Consequence, Unit};
use crate::cache::{CacheKey, CachedText};
use crate::engine::{Engine, least};
use crate::grade::{Evidence, Graded, are_related};
use crate::request::Urgency;
use crate::resolver::{Answer, Resolver};
use crate::route::{Route, Step};
use crate::single_flight::{Follow, Lead, Role};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::time::Instant;

/// The results of segments on a route.
#[derive(Default)]
pub(crate) struct Arrivals<'a> {
    /// By segment.
    pub(crate) given: HashMap<String, Answer>,
    /// The failures that caused segments to be missing.
    pub(crate) faults: Vec<(&'a Step, EngineError)>,
}

/// A segment in progress.
struct Item<'a> {
    segment: &'a String,
    key: CacheKey,
    text: String,
    score: Option<f32>,
    /// The most that the engine of a step did not know: the next one does not know them either.
    unknown_words: usize,
    lead: Lead,
}

impl Item<'_> {
    fn evidence<'a>(&'a self, route: &Route) -> Evidence<'a> {
        Evidence {
            loss: route.loss,
            score: self.score,
            unknown_words: self.unknown_words,
            is_related: route.pair().is_some_and(are_related),
            source: self.segment,
            translation: &self.text,
        }
    }
}

impl Arrivals<'_> {
    fn add(&mut self, segment: &str, engine: &Arc<str>, translated: Graded) {
        self.given.insert(segment.to_owned(), Answer { translated, engine: Arc::clone(engine) });
    }
}

impl<'a> Arrivals<'a> {
    /// Records a failure, once for each step: it affects many segments.
    fn record_failure(&mut self, step: &'a Step, error: EngineError) {
        if !self.faults.iter().any(|(known, _)| *known == step) {
            self.faults.push((step, error));
        }
    }
}

impl Resolver {
    /// Translates segments over a route.
    pub(crate) async fn execute<'a>(
        &self,
        route: &'a Route,
        urgency: Urgency,
        segments: &[String],
    ) -> Arrivals<'a> {
        let engine: Arc<str> = route.label().into();
        let mut arrivals = Arrivals::default();
        let mut left: Vec<(&String, CacheKey)> =
            segments.iter().map(|segment| (segment, CacheKey::new(route, segment))).collect();
        while !left.is_empty() {
            let keys: Vec<CacheKey> = left.iter().map(|(_, key)| *key).collect();
            let mut cached = self.cache.get(&keys).await;
            let (mut items, mut follows) = (Vec::new(), Vec::new());
            for (segment, key) in left {
                let known = cached.remove(&key);
                match known.map_or_else(|| self.join(key, urgency), Ok) {
                    Ok(translated) => arrivals.add(segment, &engine, translated),
                    Err(Role::Follow(follow)) => follows.push((segment, key, follow)),
                    Err(Role::Lead(lead)) => {
                        let text = segment.clone();
                        items.push(Item { segment, key, text, score: None, unknown_words: 0, lead });
                    }
                }
            }
            // Ours first, because two requests that wait for each other would deadlock.
            self.translate_over(route, urgency, items, &engine, &mut arrivals).await;
            left = await_others(route, follows, &engine, &mut arrivals).await;
        }
        arrivals
    }

    /// The lead or a follower's place; or the translation, if it has reached the cache since the first check.
    fn join(&self, key: CacheKey, urgency: Urgency) -> Result<Graded, Role> {
        match self.flights.join(key, urgency) {
            Role::Lead(lead) => match self.cache.remembered(&key) {
                Some(translated) => {
                    lead.complete(Ok(translated.clone()));
                    Ok(translated)
                }
                None => Err(Role::Lead(lead)),
            },
            follow @ Role::Follow(_) => Err(follow),
        }
    }

    /// Translates segments that nobody else is translating, over the steps of a route.
    async fn translate_over<'a>(
        &self,
        route: &'a Route,
        urgency: Urgency,
        mut items: Vec<Item<'_>>,
        engine: &Arc<str>,
        arrivals: &mut Arrivals<'a>,
    ) {
        // While the first step runs, the others can load.
        for step in route.steps.iter().skip(1).filter(|_| !items.is_empty()) {
            if let Some(engine) = self.engine(step) {
                engine.prepare(step.pair);
            }
        }
        // Segments of similar length batch well.
        items.sort_by_key(|item| item.text.len());
        for (at, step) in route.steps.iter().enumerate() {
            if !items.is_empty() {
                items = self.translate_step(at, step, urgency, items, arrivals).await;
            }
        }
        let entry = |item: &Item<'_>| {
            let (text, engine) = (item.text.clone(), engine.to_string());
            let grade = item.evidence(route).grade();
            (item.key, CachedText { text, engine, score: item.score, grade })
        };
        let entries: Vec<(CacheKey, CachedText)> = items.iter().map(entry).collect();
        self.cache.remember(&entries);
        for (Item { segment, lead, .. }, (_, entry)) in items.into_iter().zip(&entries) {
            lead.complete(Ok(entry.graded()));
            arrivals.add(segment, engine, entry.graded());
        }
        self.cache.keep(&entries).await;
    }

    /// Translates all over one step; failed segments are removed, and the failure is recorded.
    async fn translate_step<'s, 'r>(
        &self,
        at: usize,
        step: &'r Step,
        urgency: Urgency,
        items: Vec<Item<'s>>,
        arrivals: &mut Arrivals<'r>,
    ) -> Vec<Item<'s>> {
        let texts: Vec<String> = items.iter().map(|item| item.text.clone()).collect();
        let translated = match self.step(step, urgency, &texts).await {
            Ok(translated) => translated,
            Err(error) => texts.iter().map(|_| Err(Fault::Engine(error.clone()))).collect(),
        };
        let mut arrived = Vec::with_capacity(items.len());
        for (mut item, translated) in items.into_iter().zip(translated) {
            match translated {
                Ok(translated) => {
                    item.text = translated.text;
                    item.score = least(item.score, translated.score);
                    item.unknown_words = item.unknown_words.max(translated.unknown_words);
                    arrived.push(item);
                }
                Err(fault) => {
                    let error = match fault {
                        Fault::Engine(error) => error,
                        Fault::Flaw(flaw) => EngineError::Unusable(format!(
                            "{} returned an invalid translation: {flaw}",
                            step.engine
                        )),
                    };
                    item.lead.complete(Err((at, error.clone())));
                    arrivals.record_failure(step, error);
                }
            }
        }
        arrived
    }

    /// Calls the engine of a step, unless its circuit is open, and records the outcome.
    async fn step(
        &self,
        step: &Step,
        urgency: Urgency,
        texts: &[String],
    ) -> Result<Vec<Checked>, EngineError> {
        let Some(engine) = self.engine(step) else {
            return Err(EngineError::Broken(format!("no engine `{}`", step.engine)));
        };
        let (unit, asked_at) = (Unit::of(engine.as_ref(), step.pair), Instant::now());
        if !self.breakers.admit(&unit, asked_at) {
            let reason = self.breakers.resting(&unit).unwrap_or_default();
            return Err(EngineError::Interrupted(reason));
        }
        if self.breakers.resting(&unit).is_some() {
            // This request is the trial; meanwhile, others take another route.
            self.refresh();
        }
        let question = Question { queues: &self.queues, engine, pair: step.pair, urgency };
        let answers = question.translate(texts).await;
        match failure(engine.as_ref(), &answers) {
            Some(error) => self.note_failure(step, &unit, &error, asked_at),
            None => self.note_success(step, &unit),
        }
        Ok(answers)
    }

    fn note_success(&self, step: &Step, unit: &Unit) {
        if self.breakers.succeeded(unit) {
            tracing::info!(engine = step.engine, pair = %step.pair, "An engine has recovered");
            self.refresh();
        }
    }

    fn note_failure(&self, step: &Step, unit: &Unit, error: &EngineError, asked_at: Instant) {
        match self.breakers.failed(unit, error, asked_at, Instant::now()) {
            Consequence::None => return,
            Consequence::Rest(rest) => {
                tracing::warn!(engine = step.engine, pair = %step.pair, seconds = rest.as_secs(), %error, "An engine keeps failing; backing off");
            }
            Consequence::StillOut => {
                tracing::debug!(engine = step.engine, pair = %step.pair, %error, "An engine still needs repair");
            }
            Consequence::Out => {
                tracing::error!(engine = step.engine, pair = %step.pair, %error, "An engine needs repair and is disabled until then");
            }
        }
        self.refresh();
    }
}

/// Waits for the results of other requests; what they gave up stays missing.
async fn await_others<'r, 's>(
    route: &'r Route,
    follows: Vec<(&'s String, CacheKey, Follow)>,
    engine: &Arc<str>,
    arrivals: &mut Arrivals<'r>,
) -> Vec<(&'s String, CacheKey)> {
    let mut left = Vec::new();
    for (segment, key, follow) in follows {
        match follow.wait().await {
            Some(Ok(translated)) => arrivals.add(segment, engine, translated),
            // The same key means the same route.
            Some(Err((at, error))) => arrivals.record_failure(&route.steps[at], error),
            None => left.push((segment, key)),
        }
    }
    left
}

/// The failure of an engine, judging by its answers.
fn failure(engine: &dyn Engine, answers: &[Checked]) -> Option<EngineError> {
    let faults = answers.iter().filter_map(|answer| answer.as_ref().err());
    let error = faults.clone().find_map(|fault| match fault {
        Fault::Engine(error) => Some(error.clone()),
        Fault::Flaw(_) => None,
    });
    // A text that other engines cannot translate either is no evidence against a server that could.
    let nonsense = faults.clone().find_map(|fault| match fault {
        Fault::Flaw(flaw) if engine.is_remote() && faults.clone().count() == answers.len() => {
            Some(EngineError::Unusable((*flaw).to_owned()))
        }
        _ => None,
    });
    error.or(nonsense)
}
