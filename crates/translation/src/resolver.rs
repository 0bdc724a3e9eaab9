//! Translates segments over the best route and, where something fails, over the next best.

use crate::EngineError;
use crate::breaker::{Breakers, Unit};
use crate::cache::Cache;
use crate::engine::{Engine, Offer};
use crate::grade::Graded;
use crate::pair::Pair;
use crate::quality::Figures;
use crate::queue::Queues;
use crate::request::{Request, Urgency};
use crate::route::{Route, Step};
use crate::routes::Routes;
use crate::single_flight::Flights;
use meeshy_domain::{Reason, ReasonCode};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;
use tokio::time::Instant;

/// Maximum number of routes to try for a request.
const MAX_ROUTES: usize = 8;

/// How often a failure or an overload of an engine at a pair is logged.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// Maximum number of sets of avoided engines whose routes are cached.
const MAX_CACHED_ROUTES: usize = 32;

/// The results of the segments of a request.
#[derive(Default)]
pub(crate) struct Answers {
    /// By segment.
    pub(crate) given: HashMap<String, Answer>,
    /// Why some are not translated.
    pub(crate) missing: Option<Missing>,
}

/// A translated segment.
pub(crate) struct Answer {
    pub(crate) translated: Graded,
    /// The route, as in [`Route::label`].
    pub(crate) engine: Arc<str>,
}

/// Why a segment has no translation.
pub(crate) enum Missing {
    /// No engine can translate it.
    Unavailable(Reason),
    /// The translation failed.
    Failed(String),
}

/// The engines and their state.
pub(crate) struct Resolver {
    /// In order of preference.
    engines: Vec<Arc<dyn Engine>>,
    figures: Figures,
    pub(crate) cache: Cache,
    pub(crate) flights: Flights,
    pub(crate) queues: Queues,
    pub(crate) breakers: Breakers,
    view: RwLock<View>,
    /// The pairs reported to the operator since the last rescan; bounded by the number of pairs.
    reported: Mutex<HashSet<Pair>>,
    /// When a failure or an overload of an engine at a pair was last logged; bounded by the number of pairs.
    logged: Mutex<HashMap<Unit, Instant>>,
}

/// The routes that worked at a certain time.
#[derive(Default, Clone)]
struct View {
    routes: Arc<Routes>,
    /// What each engine offered then.
    offers: Arc<Vec<Vec<Offer>>>,
    /// The routes without avoided engines, by the set of avoided engines.
    without: HashMap<Vec<bool>, Arc<Routes>>,
    /// The revisions of the engines then.
    revisions: Vec<u64>,
    /// When a failed engine may be retried.
    until: Option<Instant>,
}

impl Resolver {
    pub(crate) fn new(engines: Vec<Arc<dyn Engine>>, figures: Figures, cache: Cache) -> Self {
        let (flights, queues) = (Flights::default(), Queues::default());
        let (breakers, view, reported) = (Breakers::default(), RwLock::default(), Mutex::default());
        let logged = Mutex::default();
        let resolver = Self { engines, figures, cache, flights, queues, breakers, view, reported, logged };
        resolver.refresh();
        resolver
    }

    /// Reads again what is installed, and resets all failures.
    pub(crate) fn rescan(&self) {
        self.breakers.clear();
        self.reported.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.refresh();
    }

    /// Loads what the best route of a request needs.
    pub(crate) fn warm_up(&self, request: &Request) {
        let Some(route) = self.routes_for(request).best(request) else { return };
        for step in &route.steps {
            if let Some(engine) = self.engine(step) {
                engine.warm_up(step.pair);
            }
        }
    }

    pub(crate) async fn rest(&self) {
        for engine in &self.engines {
            engine.rest().await;
        }
    }

    /// The routes that work now.
    pub(crate) fn routes(&self) -> Arc<Routes> {
        let (due, routes) = {
            let view = self.view();
            let due = view.until.is_some_and(|until| until <= Instant::now());
            (due || view.revisions != self.revisions(), Arc::clone(&view.routes))
        };
        if due { self.refresh() } else { routes }
    }

    fn revisions(&self) -> Vec<u64> {
        self.engines.iter().map(|engine| engine.revision()).collect()
    }

    /// Determines what works now.
    pub(crate) fn refresh(&self) -> Arc<Routes> {
        let now = Instant::now();
        // Read before the offers, so that a change in between is seen by the next refresh.
        let revisions = self.revisions();
        let offers: Arc<Vec<Vec<Offer>>> =
            Arc::new(self.engines.iter().map(|engine| engine.offers()).collect());
        let none: Vec<bool> = vec![false; self.engines.len()];
        let routes = Arc::new(self.find(&offers, &none, |unit| self.breakers.takes_requests(unit, now)));
        let looks = self.engines.iter().filter_map(|engine| engine.retry_at());
        let until = looks.chain(self.breakers.next_trial(now)).min();
        let view = View { routes: Arc::clone(&routes), offers, without: HashMap::new(), revisions, until };
        *self.view.write().unwrap_or_else(PoisonError::into_inner) = view;
        routes
    }

    /// The routes for a request, without the engines that it avoids.
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
        // The view may have been refreshed in the meantime.
        if Arc::ptr_eq(&view.offers, &offers) {
            if view.without.len() >= MAX_CACHED_ROUTES {
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

    /// The routes for a request over the `usable` offers of the last refresh.
    fn find_for(&self, request: &Request, usable: impl Fn(&Unit) -> bool) -> Routes {
        let offers = Arc::clone(&self.view().offers);
        self.find(&offers, &self.avoided(request), usable)
    }

    /// The routes over the `usable` offers of the engines that are not `avoided`.
    ///
    /// Local engines compete by quality and cost; a server is only used for pairs that no engine before it
    /// serves directly, so that texts do not leave this machine unnecessarily.
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

    /// Translates over the best route, and retries failed segments over the next best until there is none.
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
            let arrivals = self.execute(&route, request.urgency, &left).await;
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

    /// The best route for a request without the failed steps.
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
        route.map(|route| self.relieved(request, route))
    }

    /// The route of a live request while an engine of `route` is overloaded: one without that engine, which uses the
    /// same processors for all its pairs. If there is none, texts wait.
    fn relieved(&self, request: &Request, route: Route) -> Route {
        if request.urgency != Urgency::Live {
            return route;
        }
        let Some(step) = route.steps.iter().find(|step| self.is_overloaded(step)) else { return route };
        let mut other = request.clone();
        other.avoid.push(step.engine.clone());
        let other = self.routes_for(&other).best(&other);
        match other.filter(|other| !other.steps.iter().any(|step| self.is_overloaded(step))) {
            Some(other) => {
                if self.may_log(step) {
                    tracing::warn!(engine = step.engine, pair = %step.pair, instead = other.label(), "An engine is overloaded; using another route");
                }
                metrics::counter!("meeshy_translation_overloads_total", "engine" => step.engine.clone())
                    .increment(1);
                other
            }
            None => route,
        }
    }

    fn is_overloaded(&self, step: &Step) -> bool {
        let limit = self.engine(step).and_then(|engine| engine.max_wait());
        limit.is_some_and(|limit| self.queues.waiting_time(&step.engine, step.pair) > limit)
    }

    /// Waits until all engines know whether they serve a pair; returns the reason if one cannot know now.
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
                self.report_to_operator(request.pair, &reason);
                Missing::Unavailable(reason)
            }
        }
    }

    /// Logs a failure of an engine at a pair, at most once per interval, because the next request may fail
    /// for the same reason.
    fn log_fault(&self, step: &Step, error: &EngineError) {
        if self.may_log(step) {
            tracing::warn!(engine = step.engine, pair = %step.pair, %error, "An engine failed; trying the next best route");
        }
    }

    fn may_log(&self, step: &Step) -> bool {
        let Some(unit) = self.unit(step) else { return false };
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = logged.get(&unit).is_none_or(|at| at.elapsed() >= LOG_INTERVAL);
        if is_due {
            logged.insert(unit, Instant::now());
        }
        is_due
    }

    /// Logs a missing language pair and what to do about it: once, not for each message.
    fn report_to_operator(&self, pair: Pair, reason: &Reason) {
        // A reader requested another engine; nothing is missing.
        if reason.code == ReasonCode::NoOtherEngine {
            return;
        }
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        if reported.insert(pair) {
            tracing::warn!(%pair, %reason, "Messages cannot be translated between these languages");
        }
    }

    /// Why a pair is temporarily not served, if its engines are expected to recover.
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
            let text = format!("no other route translates {from} to {to}");
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
            "no installed engine translates {from} to {to}; download models with `meeshy models pull {models}` or install Apertium pairs"
        );
        Reason::new(ReasonCode::NoEngine, text)
    }
}
