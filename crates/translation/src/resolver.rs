//! Segments through the routes: over the best one, and where something fails, over the next.

use crate::EngineError;
use crate::breaker::{Breakers, Unit};
use crate::cache::Cache;
use crate::engine::{Engine, Offer, Pair, Translated};
use crate::flight::Flights;
use crate::quality::Figures;
use crate::queue::Queues;
use crate::request::Request;
use crate::route::{Route, Routes, Step};
use meeshy_domain::{Reason, ReasonCode};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tokio::time::Instant;

/// A request goes over so many routes at most.
const MOST_ROUTES: usize = 8;

/// What became of the segments of a request.
#[derive(Default)]
pub(crate) struct Answers {
    /// By segment.
    pub(crate) given: HashMap<String, Answer>,
    /// Why some are not translated.
    pub(crate) missing: Option<Missing>,
}

/// A translated segment.
pub(crate) struct Answer {
    pub(crate) translated: Translated,
    /// The route that it came over, as [`Route::label`] says it.
    pub(crate) engine: Arc<str>,
}

/// Why a segment has no translation.
pub(crate) enum Missing {
    /// No engine translates it, now or later.
    Unavailable(Reason),
    /// It did not work this time.
    Failed(String),
}

/// The engines, and what is known of them.
pub(crate) struct Resolver {
    /// The preferred one first.
    engines: Vec<Arc<dyn Engine>>,
    figures: Figures,
    pub(crate) cache: Cache,
    pub(crate) flights: Flights,
    pub(crate) queues: Queues,
    pub(crate) breakers: Breakers,
    view: RwLock<View>,
    /// The pairs that the operator was told of since the last look at what is installed; at most all there are.
    told: Mutex<HashSet<Pair>>,
}

/// The routes over what worked at a certain time.
#[derive(Default, Clone)]
struct View {
    routes: Arc<Routes>,
    /// The revisions of the engines then.
    revisions: Vec<u64>,
    /// When something that is left alone may be tried again.
    until: Option<Instant>,
}

impl Resolver {
    pub(crate) fn new(engines: Vec<Arc<dyn Engine>>, figures: Figures, cache: Cache) -> Self {
        let (flights, queues) = (Flights::default(), Queues::default());
        let (breakers, view, told) = (Breakers::default(), RwLock::default(), Mutex::default());
        let resolver = Self { engines, figures, cache, flights, queues, breakers, view, told };
        resolver.look();
        resolver
    }

    /// Looks again at what is there, as if nothing had failed before.
    pub(crate) fn rescan(&self) {
        self.breakers.clear();
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.look();
    }

    pub(crate) async fn rest(&self) {
        for engine in &self.engines {
            engine.rest().await;
        }
    }

    /// The routes over what works now.
    pub(crate) fn routes(&self) -> Arc<Routes> {
        let view = self.view.read().unwrap_or_else(PoisonError::into_inner).clone();
        let due = view.until.is_some_and(|until| until <= Instant::now());
        if due || view.revisions != self.revisions() { self.look() } else { view.routes }
    }

    fn revisions(&self) -> Vec<u64> {
        self.engines.iter().map(|engine| engine.revision()).collect()
    }

    /// Finds out what works now.
    pub(crate) fn look(&self) -> Arc<Routes> {
        let now = Instant::now();
        // Taken before the offers: a change in between is seen at the next look.
        let (revisions, until) = (self.revisions(), self.breakers.next_trial(now));
        let routes = Arc::new(self.find(|unit| self.breakers.takes_requests(unit, now)));
        let view = View { routes: Arc::clone(&routes), revisions, until };
        *self.view.write().unwrap_or_else(PoisonError::into_inner) = view;
        routes
    }

    /// The routes that a request can be served from: where it avoids an engine, those of the others.
    pub(crate) fn routes_for(&self, request: &Request) -> Arc<Routes> {
        if request.avoid.is_empty() {
            return self.routes();
        }
        let now = Instant::now();
        let usable = |unit: &Unit| self.breakers.takes_requests(unit, now);
        Arc::new(self.find_for(request, usable))
    }

    /// The routes over what is `usable`.
    fn find(&self, usable: impl Fn(&Unit) -> bool) -> Routes {
        self.find_among(&self.engines.iter().collect::<Vec<_>>(), usable)
    }

    /// The same without the engines that a request avoids.
    fn find_for(&self, request: &Request, usable: impl Fn(&Unit) -> bool) -> Routes {
        let engines = self.engines.iter().filter(|engine| !request.avoids_engine(engine.name()));
        self.find_among(&engines.collect::<Vec<_>>(), usable)
    }

    /// The engines of this machine compete for a pair by quality and cost; a server is only asked for what nothing before
    /// it serves directly, so that no text leaves this machine that need not.
    fn find_among(&self, engines: &[&Arc<dyn Engine>], usable: impl Fn(&Unit) -> bool) -> Routes {
        let mut offers: Vec<(&str, Offer)> = Vec::new();
        for group in engines.chunk_by(|one, other| !one.is_remote() && !other.is_remote()) {
            let before: HashSet<Pair> = offers.iter().map(|(_, offer)| offer.pair).collect();
            for engine in group {
                let usable = |offer: &Offer| {
                    !before.contains(&offer.pair) && usable(&Unit::of(engine.as_ref(), offer.pair))
                };
                offers.extend(engine.offers().into_iter().filter(usable).map(|offer| (engine.name(), offer)));
            }
        }
        Routes::find(offers.iter().map(|(engine, offer)| (*engine, offer)), &self.figures)
    }

    /// Translates over the best route; what does not work there, over the next best, until there is none.
    pub(crate) async fn resolve(&self, request: &Request, segments: &[String]) -> Answers {
        let mut answers = Answers::default();
        let mut left = segments.to_vec();
        let mut spent = HashSet::new();
        let mut failure = None;
        for _ in 0..MOST_ROUTES {
            if left.is_empty() {
                return answers;
            }
            let Some(route) = self.route(request, &spent).await else { break };
            let arrivals = self.follow(&route, request.urgency, &left).await;
            left.retain(|segment| !arrivals.given.contains_key(segment));
            answers.given.extend(arrivals.given);
            for (step, error) in arrivals.faults {
                tracing::warn!(engine = step.engine, pair = %step.pair, %error, "An engine did not do its work; the next best route takes over");
                spent.extend(self.unit(step));
                if !matches!(error, EngineError::Broken(_)) {
                    failure = Some(error.to_string());
                }
            }
        }
        if !left.is_empty() {
            answers.missing = Some(self.why_missing(request, failure).await);
        }
        answers
    }

    /// The best route for a request without the steps that are spent.
    async fn route(&self, request: &Request, spent: &HashSet<Unit>) -> Option<Route> {
        if !spent.is_empty() {
            let now = Instant::now();
            let usable = |unit: &Unit| !spent.contains(unit) && self.breakers.takes_requests(unit, now);
            return self.find_for(request, usable).best(request);
        }
        let route = self.routes_for(request).best(request);
        if route.is_none() && self.settle(request.pair).await.is_none() {
            return self.routes_for(request).best(request);
        }
        route
    }

    /// Waits until all engines know whether they serve a pair; says why one cannot know it now.
    async fn settle(&self, pair: Pair) -> Option<String> {
        let mut unknown = None;
        for engine in &self.engines {
            unknown = unknown.or(engine.settle(pair).await.err());
        }
        unknown
    }

    pub(crate) fn engine(&self, step: &Step) -> Option<&Arc<dyn Engine>> {
        self.engines.iter().find(|engine| engine.name() == step.engine)
    }

    fn unit(&self, step: &Step) -> Option<Unit> {
        Some(Unit::of(self.engine(step)?.as_ref(), step.pair))
    }

    async fn why_missing(&self, request: &Request, failure: Option<String>) -> Missing {
        if let Some(reason) = failure {
            return Missing::Failed(reason);
        }
        if let Some(reason) = self.why_later(request) {
            return Missing::Failed(reason);
        }
        match self.settle(request.pair).await {
            Some(reason) => Missing::Failed(reason),
            None => {
                let reason = self.why_unavailable(request);
                self.tell_operator(request.pair, &reason);
                Missing::Unavailable(reason)
            }
        }
    }

    /// Logs what is missing for a pair of languages and what to do about it: once, not with each message.
    fn tell_operator(&self, pair: Pair, reason: &Reason) {
        // Another engine was asked for by a reader; nothing is missing.
        if reason.code == ReasonCode::NoOtherEngine {
            return;
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.insert(pair) {
            tracing::warn!(%pair, %reason, "messages in a pair of languages cannot be translated");
        }
    }

    /// Why what serves a pair is left alone for now, if that is all that is in the way: it comes back.
    fn why_later(&self, request: &Request) -> Option<String> {
        let now = Instant::now();
        self.breakers.next_trial(now)?;
        let sometime =
            |unit: &Unit| self.breakers.takes_requests(unit, now) || self.breakers.resting(unit).is_some();
        let route = self.find_for(request, sometime).best(request)?;
        route.steps.iter().find_map(|step| self.breakers.resting(&self.unit(step)?))
    }

    fn why_unavailable(&self, request: &Request) -> Reason {
        let pair = request.pair;
        let (from, to) = (pair.from.english_name(), pair.to.english_name());
        if !request.takes_any() && self.routes().best(&Request::new(pair.from, pair.to)).is_some() {
            let text = format!("no other route here translates {from} to {to}");
            return Reason::new(ReasonCode::NoOtherEngine, text);
        }
        let why_not = || self.engines.iter().find_map(|engine| engine.why_not(pair));
        if let Some(text) = self.breakers.broken(pair).or_else(why_not) {
            return Reason::new(ReasonCode::EngineUnusable, text);
        }
        let models = match (pair.from.code(), pair.to.code()) {
            ("en", _) | (_, "en") => pair.to_string(),
            (from, to) => format!("{from}-en en-{to}"),
        };
        let text = format!(
            "no engine here translates {from} to {to}; pull models with `meeshy models pull {models}` or install Apertium pairs"
        );
        Reason::new(ReasonCode::NoEngine, text)
    }
}
