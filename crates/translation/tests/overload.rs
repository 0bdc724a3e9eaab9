//! When an engine is overloaded, and what takes over.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use async_trait::async_trait;
use meeshy_translation::{
    Engine, EngineError, Offer, Outcome, Pair, Request, Translated, Translator, Urgency,
};
use std::sync::Arc;
use std::time::Duration;
use support::log::Log;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// Translates into capitals when it gets a ticket.
struct Scripted {
    name: &'static str,
    pairs: Vec<Pair>,
    lost: f32,
    max_wait: Option<Duration>,
    tickets: Semaphore,
}

#[async_trait]
impl Engine for Scripted {
    fn name(&self) -> &str {
        self.name
    }

    fn offers(&self) -> Vec<Offer> {
        let offer =
            |&pair| Offer { pair, model: None, version: "1".to_owned(), lost: self.lost, cost_ms: 1.0 };
        self.pairs.iter().map(offer).collect()
    }

    fn max_wait(&self) -> Option<Duration> {
        self.max_wait
    }

    async fn translate(
        &self,
        _: Pair,
        segments: &[String],
        _: Urgency,
    ) -> Result<Vec<Translated>, EngineError> {
        self.tickets.acquire().await.unwrap().forget();
        Ok(segments.iter().map(|text| Translated::new(text.to_uppercase())).collect())
    }

    async fn rest(&self) {}
}

/// An engine: its name, its pairs, its limit in milliseconds (0: none). The first of a case is the best one.
type Described = (&'static str, &'static str, u64);

/// Lets everything proceed that can.
async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

fn engines(described: &[Described]) -> Vec<Arc<Scripted>> {
    let engine = |(place, &(name, pairs, limit)): (usize, &Described)| {
        let pairs = pairs.split(' ').map(|pair| pair.parse().unwrap()).collect();
        let max_wait = (limit > 0).then(|| Duration::from_millis(limit));
        let lost = if place == 0 { 10.0 } else { 30.0 };
        Arc::new(Scripted { name, pairs, lost, max_wait, tickets: Semaphore::new(0) })
    };
    described.iter().enumerate().map(engine).collect()
}

/// `en-fr`, with the settings of a request: `later`, `long`, `not=` an engine, `path=` a path.
fn request(text: &str) -> (Request, String) {
    let mut words = text.split(' ');
    let pair: Pair = words.next().unwrap().parse().unwrap();
    let (mut request, mut message) = (Request::new(pair.from, pair.to), "what about this one?".to_owned());
    for word in words {
        match word.split_once('=').unwrap_or((word, "")) {
            ("later", _) => request.urgency = Urgency::Later,
            ("long", _) => message = "what about this long one? ".repeat(100),
            ("not", engine) => request.avoid.push(engine.to_owned()),
            ("path", path) => request.path = Some(path.to_owned()),
            other => panic!("{other:?}"),
        }
    }
    (request, message)
}

fn ask(translator: &Translator, request: &Request, text: &str) -> JoinHandle<Outcome> {
    let (translator, request, text) = (translator.clone(), request.clone(), text.to_owned());
    tokio::spawn(async move { translator.answer(&request, &[text]).await.remove(0).unwrap() })
}

const ONE: &[Described] = &[("neural", "en-fr", 2_000)];
const TWO: &[Described] = &[("neural", "en-fr en-pt pt-en", 2_000), ("light", "en-fr en-pt", 0)];
const PATIENT: &[Described] = &[("neural", "en-fr", 0), ("light", "en-fr", 0)];
const HASTY: &[Described] = &[("neural", "en-fr", 100), ("light", "en-fr", 0)];
const BOTH: &[Described] = &[("neural", "en-fr", 2_000), ("light", "en-fr", 2_000)];
const MIXED: &[Described] = &[("neural", "en-fr pt-fr", 2_000), ("light", "en-pt", 0)];
const PIVOT: &[Described] = &[("neural", "en-fr", 2_000), ("light", "en-es es-fr", 0)];
const VIA: &[Described] = &[("neural", "en-pt pt-fr", 2_000), ("light", "en-fr", 0)];
const THREE: &[Described] = &[("neural", "en-fr", 2_000), ("middle", "en-fr", 2_000), ("light", "en-fr", 0)];

/// Engines; requests before, of which the first is with the engine and the others wait; for how long, in
/// milliseconds; the request, and the route that translates it.
type Case = (&'static [Described], &'static [&'static str], u64, &'static str, &'static str);

const CASES: &[Case] = &[
    (TWO, &[], 60_000, "en-fr", "neural"),
    // One text is with the engine, and nothing waits.
    (TWO, &["en-fr"], 60_000, "en-fr", "neural"),
    (TWO, &["en-fr", "en-fr"], 0, "en-fr", "neural"),
    (TWO, &["en-fr", "en-fr"], 1_999, "en-fr", "neural"),
    (TWO, &["en-fr", "en-fr"], 2_000, "en-fr", "neural"),
    (TWO, &["en-fr", "en-fr"], 2_001, "en-fr", "light"),
    (TWO, &["en-fr", "en-fr"], 3_600_000, "en-fr", "light"),
    (HASTY, &["en-fr", "en-fr"], 100, "en-fr", "neural"),
    (HASTY, &["en-fr", "en-fr"], 101, "en-fr", "light"),
    (PATIENT, &["en-fr", "en-fr"], 60_000, "en-fr", "neural"),
    // Nothing else translates this pair, or may.
    (ONE, &["en-fr", "en-fr"], 60_000, "en-fr", "neural"),
    (TWO, &["en-fr", "en-fr"], 60_000, "en-fr not=light", "neural"),
    (TWO, &["en-fr", "en-fr"], 60_000, "en-fr path=neural:en-fr", "neural"),
    (TWO, &["pt-en", "pt-en"], 60_000, "pt-en", "neural"),
    // What is not urgent waits.
    (TWO, &["en-fr", "en-fr"], 60_000, "en-fr later", "neural"),
    (TWO, &["en-fr", "en-fr"], 60_000, "en-fr long", "neural"),
    (TWO, &["en-fr later", "en-fr later"], 60_000, "en-fr", "neural"),
    // Each pair has its own queue.
    (TWO, &["en-fr", "en-fr"], 60_000, "en-pt", "neural"),
    (TWO, &["en-fr", "en-pt", "en-pt"], 60_000, "en-pt", "light"),
    // What would take over is overloaded too.
    (
        BOTH,
        &["en-fr not=light", "en-fr not=light", "en-fr not=neural", "en-fr not=neural"],
        60_000,
        "en-fr",
        "neural",
    ),
    (BOTH, &["en-fr not=light", "en-fr not=light", "en-fr not=neural"], 60_000, "en-fr", "light"),
    (THREE, &["en-fr", "en-fr"], 60_000, "en-fr", "middle"),
    // Other routes: not over the same engine, whose pairs share the processors.
    (MIXED, &["en-fr", "en-fr"], 60_000, "en-fr", "neural"),
    (PIVOT, &["en-fr", "en-fr"], 60_000, "en-fr", "light via es"),
    (VIA, &["en-pt", "en-pt"], 60_000, "en-fr not=light", "neural via pt"),
    (VIA, &["pt-fr", "pt-fr"], 60_000, "en-fr path=neural:en-pt>neural:pt-fr", "neural via pt"),
];

#[tokio::test(start_paused = true)]
async fn another_route_takes_over_while_live_texts_wait_too_long() {
    for (described, before, waited, asked, expected) in CASES {
        let engines = engines(described);
        let dynamic = engines.iter().map(|engine| Arc::clone(engine) as Arc<dyn Engine>).collect();
        let translator = Translator::with_engines(dynamic, 1 << 20, None);
        for (number, before) in before.iter().enumerate() {
            ask(&translator, &request(before).0, &format!("the text number {number}"));
            settle().await;
        }
        tokio::time::advance(Duration::from_millis(*waited)).await;
        let (request, message) = request(asked);
        let asking = ask(&translator, &request, &message);
        settle().await;
        for engine in &engines {
            engine.tickets.add_permits(1_000);
        }
        match asking.await.unwrap() {
            Outcome::Done { engine, .. } => {
                assert_eq!(engine, *expected, "{asked} after {before:?} and {waited} ms");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_overload_is_logged_once_per_interval_and_ends_with_the_queue() {
    let log = Log::begin();
    let engines = engines(TWO);
    let dynamic = engines.iter().map(|engine| Arc::clone(engine) as Arc<dyn Engine>).collect();
    let translator = Translator::with_engines(dynamic, 1 << 20, None);
    let request = request("en-fr").0;
    let at_the_engine = ask(&translator, &request, "one");
    settle().await;
    let waiting = ask(&translator, &request, "two");
    settle().await;
    tokio::time::advance(Duration::from_secs(3)).await;
    engines[1].tickets.add_permits(1_000);
    for number in 0..20 {
        let outcome = ask(&translator, &request, &format!("the text number {number}")).await.unwrap();
        assert!(matches!(outcome, Outcome::Done { engine, .. } if engine == "light"));
    }
    let said = "An engine is overloaded; using another route engine=\"neural\" pair=en-fr instead=\"light\"";
    assert_eq!(log.text().matches(said).count(), 1, "{}", log.text());
    engines[0].tickets.add_permits(1_000);
    for waiting in [at_the_engine, waiting] {
        let outcome = waiting.await.unwrap();
        assert!(matches!(outcome, Outcome::Done { engine, .. } if engine == "neural"), "it is not lost");
    }
    let outcome = ask(&translator, &request, "the last one").await.unwrap();
    assert!(matches!(outcome, Outcome::Done { engine, .. } if engine == "neural"));
}
