//! Segments on their way over one route: from the cache, from whoever is at them already, else over its steps.

use crate::EngineError;
use crate::ask::{Checked, Fault, Question};
use crate::breaker::{Consequence, Unit};
use crate::cache::{CacheKey, CachedText};
use crate::engine::{Engine, Translated};
use crate::request::Urgency;
use crate::resolver::{Answer, Resolver};
use crate::route::{Route, Step};
use crate::single_flight::{Follow, Lead, Seat};
use crate::translator::least;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::time::Instant;

/// What became of segments on a route.
#[derive(Default)]
pub(crate) struct Arrivals<'a> {
    /// By segment.
    pub(crate) given: HashMap<String, Answer>,
    /// Each stands for segments that are missing.
    pub(crate) faults: Vec<(&'a Step, EngineError)>,
}

/// A segment under way.
struct Way<'a> {
    segment: &'a String,
    key: CacheKey,
    text: String,
    score: Option<f32>,
    lead: Lead,
}

impl Arrivals<'_> {
    fn add(&mut self, segment: &str, engine: &Arc<str>, translated: Translated) {
        self.given.insert(segment.to_owned(), Answer { translated, engine: Arc::clone(engine) });
    }
}

impl<'a> Arrivals<'a> {
    /// Notes what did not work, once for each step: a failure touches many segments.
    fn blame(&mut self, step: &'a Step, error: EngineError) {
        if !self.faults.iter().any(|(known, _)| *known == step) {
            self.faults.push((step, error));
        }
    }
}

impl Resolver {
    /// Takes segments over a route.
    pub(crate) async fn follow<'a>(
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
            let (mut ways, mut follows) = (Vec::new(), Vec::new());
            for (segment, key) in left {
                let known = cached.remove(&key);
                match known.map_or_else(|| self.board(key, urgency), Ok) {
                    Ok(translated) => arrivals.add(segment, &engine, translated),
                    Err(Seat::Follow(follow)) => follows.push((segment, key, follow)),
                    Err(Seat::Lead(lead)) => {
                        ways.push(Way { segment, key, text: segment.clone(), score: None, lead });
                    }
                }
            }
            // Ours first: two that wait for each other would wait forever.
            self.travel(route, urgency, ways, &engine, &mut arrivals).await;
            left = await_others(route, follows, &engine, &mut arrivals).await;
        }
        arrivals
    }

    /// A seat, or the translation, if it has come into the cache since we looked.
    fn board(&self, key: CacheKey, urgency: Urgency) -> Result<Translated, Seat> {
        match self.flights.board(key, urgency) {
            Seat::Lead(lead) => match self.cache.remembered(&key) {
                Some(translated) => {
                    lead.land(Ok(translated.clone()));
                    Ok(translated)
                }
                None => Err(Seat::Lead(lead)),
            },
            follow @ Seat::Follow(_) => Err(follow),
        }
    }

    /// Takes what nobody knows over the steps of a route.
    async fn travel<'a>(
        &self,
        route: &'a Route,
        urgency: Urgency,
        mut ways: Vec<Way<'_>>,
        engine: &Arc<str>,
        arrivals: &mut Arrivals<'a>,
    ) {
        // While the first step works, the others can load.
        for step in route.steps.iter().skip(1).filter(|_| !ways.is_empty()) {
            if let Some(engine) = self.engine(step) {
                engine.prepare(step.pair);
            }
        }
        // Segments of a length go well together.
        ways.sort_by_key(|way| way.text.len());
        for (at, step) in route.steps.iter().enumerate() {
            if !ways.is_empty() {
                ways = self.go(at, step, urgency, ways, arrivals).await;
            }
        }
        let entry = |way: &Way<'_>| {
            let (text, engine) = (way.text.clone(), engine.to_string());
            (way.key, CachedText { text, engine, score: way.score })
        };
        let entries: Vec<(CacheKey, CachedText)> = ways.iter().map(entry).collect();
        self.cache.remember(&entries);
        for Way { segment, text, score, lead, .. } in ways {
            let translated = Translated { text, score };
            lead.land(Ok(translated.clone()));
            arrivals.add(segment, engine, translated);
        }
        self.cache.keep(&entries).await;
    }

    /// Takes all over one step; those that do not get over it are left out, and the fault is noted.
    async fn go<'s, 'r>(
        &self,
        at: usize,
        step: &'r Step,
        urgency: Urgency,
        ways: Vec<Way<'s>>,
        arrivals: &mut Arrivals<'r>,
    ) -> Vec<Way<'s>> {
        let texts: Vec<String> = ways.iter().map(|way| way.text.clone()).collect();
        let translated = match self.step(step, urgency, &texts).await {
            Ok(translated) => translated,
            Err(error) => texts.iter().map(|_| Err(Fault::Engine(error.clone()))).collect(),
        };
        let mut arrived = Vec::with_capacity(ways.len());
        for (mut way, translated) in ways.into_iter().zip(translated) {
            match translated {
                Ok(translated) => {
                    way.text = translated.text;
                    way.score = least(way.score, translated.score);
                    arrived.push(way);
                }
                Err(fault) => {
                    let error = match fault {
                        Fault::Engine(error) => error,
                        Fault::Flaw(flaw) => EngineError::Unusable(format!(
                            "{} answered with no translation: {flaw}",
                            step.engine
                        )),
                    };
                    way.lead.land(Err((at, error.clone())));
                    arrivals.blame(step, error);
                }
            }
        }
        arrived
    }

    /// Asks the engine of a step, unless it is to be left alone, and takes note of how it went.
    async fn step(
        &self,
        step: &Step,
        urgency: Urgency,
        texts: &[String],
    ) -> Result<Vec<Checked>, EngineError> {
        let Some(engine) = self.engine(step) else {
            return Err(EngineError::Broken(format!("there is no engine `{}`", step.engine)));
        };
        let (unit, asked_at) = (Unit::of(engine.as_ref(), step.pair), Instant::now());
        if !self.breakers.admit(&unit, asked_at) {
            let reason = self.breakers.resting(&unit).unwrap_or_default();
            return Err(EngineError::Interrupted(reason));
        }
        if self.breakers.resting(&unit).is_some() {
            // This request is the trial; the others take another route meanwhile.
            self.look();
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
            tracing::info!(engine = step.engine, pair = %step.pair, "An engine works again");
            self.look();
        }
    }

    fn note_failure(&self, step: &Step, unit: &Unit, error: &EngineError, asked_at: Instant) {
        match self.breakers.failed(unit, error, asked_at, Instant::now()) {
            Consequence::None => return,
            Consequence::Rest(rest) => {
                tracing::warn!(engine = step.engine, pair = %step.pair, seconds = rest.as_secs(), %error, "An engine keeps failing and is left alone for a while");
            }
            Consequence::StillOut => {
                tracing::debug!(engine = step.engine, pair = %step.pair, %error, "An engine has not been repaired yet");
            }
            Consequence::Out => {
                tracing::error!(engine = step.engine, pair = %step.pair, %error, "An engine cannot be used until it is repaired");
            }
        }
        self.look();
    }
}

/// Takes what others have found; what they gave up is left.
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
            // The same key is the same route.
            Some(Err((at, error))) => arrivals.blame(&route.steps[at], error),
            None => left.push((segment, key)),
        }
    }
    left
}

/// What speaks against an engine in its answers.
fn failure(engine: &dyn Engine, answers: &[Checked]) -> Option<EngineError> {
    let faults = answers.iter().filter_map(|answer| answer.as_ref().err());
    let error = faults.clone().find_map(|fault| match fault {
        Fault::Engine(error) => Some(error.clone()),
        Fault::Flaw(_) => None,
    });
    // A text that other engines cannot translate either says nothing about a server that could.
    let nonsense = faults.clone().find_map(|fault| match fault {
        Fault::Flaw(flaw) if engine.is_remote() && faults.clone().count() == answers.len() => {
            Some(EngineError::Unusable((*flaw).to_owned()))
        }
        _ => None,
    });
    error.or(nonsense)
}
