//! Concurrent requests: coalescing, portions, priorities.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use async_trait::async_trait;
use meeshy_translation::{
    Engine, EngineError, Failure, Offer, Outcome, Pair, Portion, Translated, Translator, Urgency,
};
use std::sync::{Arc, Mutex};
use support::language;

fn done(outcome: Outcome) -> String {
    match outcome {
        Outcome::Done { text, .. } => text,
        other => panic!("{other:?}"),
    }
}

/// Answers slowly, in capitals; crashes at `stop`. Records its requests.
struct Slow {
    portion: usize,
    requests: Mutex<Vec<Vec<String>>>,
    tickets: tokio::sync::Semaphore,
}

impl Slow {
    fn new(portion: usize) -> Arc<Self> {
        Arc::new(Self { portion, requests: Mutex::default(), tickets: tokio::sync::Semaphore::new(0) })
    }

    fn requests(&self) -> Vec<Vec<String>> {
        self.requests.lock().unwrap().clone()
    }
}

#[async_trait]
impl Engine for Slow {
    fn name(&self) -> &str {
        "slow"
    }

    fn offers(&self) -> Vec<Offer> {
        vec![Offer {
            pair: "en-fr".parse().unwrap(),
            model: None,
            version: "1".to_owned(),
            lost: 1.0,
            cost_ms: 1.0,
        }]
    }

    fn portion(&self, _: Urgency) -> Portion {
        Portion { bytes: self.portion, at_once: 1 }
    }

    async fn translate(
        &self,
        _: Pair,
        segments: &[String],
        _: Urgency,
    ) -> Result<Vec<Translated>, EngineError> {
        self.requests.lock().unwrap().push(segments.to_vec());
        self.tickets.acquire().await.unwrap().forget();
        if segments.iter().any(|segment| segment.contains("stop")) {
            return Err(EngineError::Interrupted("it has stopped".to_owned()));
        }
        Ok(segments.iter().map(|text| Translated::new(text.to_uppercase())).collect())
    }

    async fn rest(&self) {}
}

/// Lets everything proceed that can.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

fn ask(translator: &Translator, text: &str) -> tokio::task::JoinHandle<Result<Outcome, Failure>> {
    let (translator, text) = (translator.clone(), text.to_owned());
    tokio::spawn(async move { translator.translate(language("en"), language("fr"), &[text]).await.remove(0) })
}

#[tokio::test]
async fn concurrent_requests_for_the_same_text_share_a_result() {
    let engine = Slow::new(1000);
    let translator = Translator::with_engines(vec![engine.clone()], 1 << 20, None);
    let calls: Vec<_> = (0..50).map(|_| ask(&translator, "Hi there.")).collect();
    settle().await;
    engine.tickets.add_permits(1);
    for call in calls {
        assert_eq!(done(call.await.unwrap().unwrap()), "HI THERE.");
    }
    assert_eq!(engine.requests(), [["Hi there."]]);
    let failing: Vec<_> = (0..50).map(|_| ask(&translator, "stop")).collect();
    settle().await;
    engine.tickets.add_permits(1);
    for call in failing {
        assert_eq!(call.await.unwrap(), Err(Failure("it has stopped".to_owned())));
    }
    assert_eq!(engine.requests().len(), 2, "a failure is shared too, and counts once");
}

#[tokio::test]
async fn a_follower_takes_over_from_a_cancelled_leader() {
    let engine = Slow::new(1000);
    let translator = Translator::with_engines(vec![engine.clone()], 1 << 20, None);
    let first = ask(&translator, "Hi.");
    settle().await;
    let second = ask(&translator, "Hi.");
    settle().await;
    first.abort();
    settle().await;
    engine.tickets.add_permits(2);
    assert_eq!(done(second.await.unwrap().unwrap()), "HI.");
}

#[tokio::test]
async fn queued_texts_form_one_portion_and_a_crashing_text_affects_only_itself() {
    let engine = Slow::new(16);
    let translator = Translator::with_engines(vec![engine.clone()], 1 << 20, None);
    let first = ask(&translator, "first");
    settle().await;
    let others = ["one", "stop", "three", "four", "five"].map(|text| ask(&translator, text));
    settle().await;
    engine.tickets.add_permits(100);
    let calls = std::iter::once(first).chain(others);
    for (call, text) in calls.zip(["FIRST", "ONE", "", "THREE", "FOUR", "FIVE"]) {
        match call.await.unwrap() {
            Ok(outcome) => assert_eq!(done(outcome), text),
            Err(failure) => assert_eq!((failure.0.as_str(), text), ("it has stopped", "")),
        }
    }
    let portions = engine.requests();
    assert_eq!(
        portions[..2],
        [vec!["first".to_owned()], ["one", "stop", "three", "four"].map(str::to_owned).to_vec()]
    );
    assert_eq!(portions[2..], [["one"], ["stop"], ["three"], ["four"], ["five"]]);
}

/// A long text is split into portions, and a short one waits at most for the portion that is with the engine.
#[tokio::test]
async fn a_long_text_yields_to_short_ones() {
    let engine = Slow::new(100);
    let translator = Translator::with_engines(vec![engine.clone()], 1 << 20, None);
    let paste: String =
        (0..2_000).map(|number| format!("This is the line number {number} of a paste.\n")).collect();
    let pasted = ask(&translator, &paste);
    settle().await;
    let short = ask(&translator, "Hi.");
    settle().await;
    engine.tickets.add_permits(2);
    assert_eq!(done(short.await.unwrap().unwrap()), "HI.");
    let requests = engine.requests();
    assert!(requests.len() <= 4 && requests.contains(&vec!["Hi.".to_owned()]), "{requests:?}");
    assert!(requests.iter().all(|portion| portion.concat().len() <= 100), "{requests:?}");
    engine.tickets.add_permits(100_000);
    assert_eq!(done(pasted.await.unwrap().unwrap()), paste.to_uppercase());
}
