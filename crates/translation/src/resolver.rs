//! Segments through the routes: over the best one, and where something fails, over the next.

use crate::EngineError;
use crate::breaker::{Breakers, Unit};
use crate::cache::Cache;
use crate::engine::{Engine, Offer, Pair, Translated};
use crate::quality::Figures;
use crate::queue::Queues;
use crate::request::Request;
use crate::route::{Route, Routes, Step};
use crate::single_flight::Flights;
use meeshy_domain::{Reason, ReasonCode};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;
use tokio::time::Instant;

/// A request goes over so many routes at most.
const MAX_ROUTES: usize = 8;

/// That an engine fails at a pair is logged this often.
const FAULT_LOG_INTERVAL: Duration = Duration::from_secs(10);

/// So many sets of avoided engines have their routes kept.
const MAX_KEPT_ROUTES: usize = 32;

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
    /// When it was logged last that an engine failed at a pair; at most all there are.
    faults_logged: Mutex<HashMap<Unit, Instant>>,
}

/// The routes over what worked at a certain time.
#[derive(Default, Clone)]
struct View {
    routes: Arc<Routes>,
    /// What each engine offered then.
    offers: Arc<Vec<Vec<Offer>>>,
    /// The routes without the engines that requests avoid, by which they are.
    without: HashMap<Vec<bool>, Arc<Routes>>,
    /// The revisions of the engines then.
    revisions: Vec<u64>,
    /// When something that is left alone may be tried again.
    until: Option<Instant>,
}

impl Resolver {
    pub(crate) fn new(engines: Vec<Arc<dyn Engine>>, figures: Figures, cache: Cache) -> Self {
        let (flights, queues) = (Flights::default(), Queues::default());
        let (breakers, view, told) = (Breakers::default(), RwLock::default(), Mutex::default());
        let faults_logged = Mutex::default();
        let resolver = Self { engines, figures, cache, flights, queues, breakers, view, told, faults_logged };
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
        let (due, routes) = {
            let view = self.view();
            let due = view.until.is_some_and(|until| until <= Instant::now());
            (due || view.revisions != self.revisions(), Arc::clone(&view.routes))
        };
        if due { self.look() } else { routes }
    }

    fn revisions(&self) -> Vec<u64> {
        self.engines.iter().map(|engine| engine.revision()).collect()
    }

    /// Finds out what works now.
    pub(crate) fn look(&self) -> Arc<Routes> {
        let now = Instant::now();
        // Taken before the offers: a change in between is seen at the next look.
        let revisions = self.revisions();
        let offers: Arc<Vec<Vec<Offer>>> =
            Arc::new(self.engines.iter().map(|engine| engine.offers()).collect());
        let none: Vec<bool> = vec![false; self.engines.len()];
        let routes = Arc::new(self.find(&offers, &none, |unit| self.breakers.takes_requests(unit, now)));
        let looks = self.engines.iter().filter_map(|engine| engine.look_again_at());
        let until = looks.chain(self.breakers.next_trial(now)).min();
        let view = View { routes: Arc::clone(&routes), offers, without: HashMap::new(), revisions, until };
        *self.view.write().unwrap_or_else(PoisonError::into_inner) = view;
        routes
    }

    /// The routes that a request can be served from: where it avoids an engine, those of the others.
    pub(crate) fn routes_for(&self, request: &Request) -> Arc<Routes> {
        let all = self.routes();
        let avoided = self.avoided(request);
        if !avoided.contains(&true) {
            return all;
        }
        if let Some(known) = self.view().without.get(&avoided) {
            return Arc::clone(known);
        }
        let now = Instant::now();
        let offers = Arc::clone(&self.view().offers);
        let usable = |unit: &Unit| self.breakers.takes_requests(unit, now);
        let routes = Arc::new(self.find(&offers, &avoided, usable));
        let mut view = self.view.write().unwrap_or_else(PoisonError::into_inner);
        // Somebody may have looked again meanwhile.
        if Arc::ptr_eq(&view.offers, &offers) {
            if view.without.len() >= MAX_KEPT_ROUTES {
                view.without.clear();
            }
            view.without.insert(avoided, Arc::clone(&routes));
        }
        routes
    }

    fn view(&self) -> RwLockReadGuard<'_, View> {
        self.view.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// For each engine, whether a request avoids it.
    fn avoided(&self, request: &Request) -> Vec<bool> {
        self.engines.iter().map(|engine| request.avoids_engine(engine.name())).collect()
    }

    /// The routes for a request over what is `usable` of what the engines offered at the last look.
    fn find_for(&self, request: &Request, usable: impl Fn(&Unit) -> bool) -> Routes {
        let offers = Arc::clone(&self.view().offers);
        self.find(&offers, &self.avoided(request), usable)
    }

    /// The routes over what is `usable` of the engines that are not `avoided`.
    ///
    /// The engines of this machine compete for a pair by quality and cost; a server is only asked for what nothing before
    /// it serves directly, so that no text leaves this machine that need not.
    fn find(&self, offers: &[Vec<Offer>], avoided: &[bool], usable: impl Fn(&Unit) -> bool) -> Routes {
        let engines = self.engines.iter().zip(offers).zip(avoided);
        let engines: Vec<(&Arc<dyn Engine>, &Vec<Offer>)> =
            engines.filter(|(_, avoided)| !**avoided).map(|(engine, _)| engine).collect();
        let mut found: Vec<(&str, &Offer)> = Vec::new();
        for group in engines.chunk_by(|(one, _), (other, _)| !one.is_remote() && !other.is_remote()) {
            let before: HashSet<Pair> = found.iter().map(|(_, offer)| offer.pair).collect();
            for (engine, offers) in group {
                let usable = |offer: &&Offer| {
                    !before.contains(&offer.pair) && usable(&Unit::of(engine.as_ref(), offer.pair))
                };
                found.extend(offers.iter().filter(usable).map(|offer| (engine.name(), offer)));
            }
        }
        Routes::find(found, &self.figures)
    }

    /// Translates over the best route; what does not work there, over the next best, until there is none.
    pub(crate) async fn resolve(&self, request: &Request, segments: &[String]) -> Answers {
        let mut answers = Answers::default();
        let mut left = segments.to_vec();
        let mut spent = HashSet::new();
        let mut failure = None;
        for _ in 0..MAX_ROUTES {
            if left.is_empty() {
                return answers;
            }
            let Some(route) = self.route(request, &spent).await else { break };
            let arrivals = self.follow(&route, request.urgency, &left).await;
            left.retain(|segment| !arrivals.given.contains_key(segment));
            answers.given.extend(arrivals.given);
            for (step, error) in arrivals.faults {
                self.log_fault(step, &error);
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

    /// Logs that an engine failed at a pair: once in a while, for the next request may fail for the same reason.
    fn log_fault(&self, step: &Step, error: &EngineError) {
        let Some(unit) = self.unit(step) else { return };
        let mut logged = self.faults_logged.lock().unwrap_or_else(PoisonError::into_inner);
        if logged.get(&unit).is_some_and(|at| at.elapsed() < FAULT_LOG_INTERVAL) {
            return;
        }
        logged.insert(unit, Instant::now());
        tracing::warn!(engine = step.engine, pair = %step.pair, %error, "An engine did not do its work; the next best route takes over");
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
