//! The translator with synthetic engines: its requests to them, and its handling of their answers.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use async_trait::async_trait;
use meeshy_domain::{Grade, Reason, ReasonCode};
use meeshy_translation::{
    CacheKey, CacheStore, CachedText, Engine, EngineError, Failure, Offer, Outcome, Pair, Request,
    Translated, Translator, Urgency, is_mark,
};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{language, translate_one};

/// Answers by a function, and records its requests.
struct Fake {
    name: &'static str,
    pairs: &'static [&'static str],
    answer: fn(&str) -> Result<String, EngineError>,
    score: Option<f32>,
    requests: Mutex<Vec<Vec<String>>>,
    /// Of which pairs, and after how many requests.
    prepared: Mutex<Vec<(String, usize)>>,
    version: AtomicUsize,
}

impl Fake {
    fn new(
        name: &'static str,
        pairs: &'static [&'static str],
        answer: fn(&str) -> Result<String, EngineError>,
    ) -> Arc<Self> {
        Arc::new(Self {
            name,
            pairs,
            answer,
            score: None,
            requests: Mutex::default(),
            prepared: Mutex::default(),
            version: AtomicUsize::new(1),
        })
    }

    fn requests(&self) -> Vec<Vec<String>> {
        self.requests.lock().unwrap().clone()
    }
}

#[async_trait]
impl Engine for Fake {
    fn name(&self) -> &str {
        self.name
    }

    fn offers(&self) -> Vec<Offer> {
        let version = self.version.load(Ordering::Relaxed).to_string();
        let offer = |pair: &&str| Offer {
            pair: pair.parse().unwrap(),
            model: None,
            version: version.clone(),
            lost: 1.0,
            cost_ms: 1.0,
        };
        self.pairs.iter().map(offer).collect()
    }

    fn prepare(&self, pair: Pair) {
        let requests = self.requests.lock().unwrap().len();
        self.prepared.lock().unwrap().push((pair.to_string(), requests));
    }

    async fn translate(
        &self,
        _: Pair,
        segments: &[String],
        _: Urgency,
    ) -> Result<Vec<Translated>, EngineError> {
        self.requests.lock().unwrap().push(segments.to_vec());
        let answer = |segment: &String| {
            Ok(Translated { score: self.score, ..Translated::new((self.answer)(segment)?) })
        };
        segments.iter().map(answer).collect()
    }

    async fn rest(&self) {}
}

#[expect(clippy::unnecessary_wraps, reason = "it is one of several answers")]
fn shout(segment: &str) -> Result<String, EngineError> {
    Ok(segment.to_uppercase())
}

#[expect(clippy::unnecessary_wraps, reason = "it is one of several answers")]
fn forget_marks(segment: &str) -> Result<String, EngineError> {
    Ok(segment.replace(is_mark, "").to_uppercase())
}

fn over(engines: Vec<Arc<dyn Engine>>, store: Option<Arc<dyn CacheStore>>) -> Translator {
    Translator::with_engines(engines, 1 << 20, store)
}

fn done(outcome: Outcome) -> String {
    match outcome {
        Outcome::Done { text, .. } => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn equal_sentences_are_translated_once_and_then_cached() {
    let fake = Fake::new("fake", &["en-fr"], shout);
    let translator = over(vec![fake.clone()], None);
    let texts = ["Hi. Hi. You".to_owned(), "- You\n- Hi.".to_owned()];
    let outcomes = translator.translate(language("en"), language("fr"), &texts).await;
    let texts: Vec<String> = outcomes.into_iter().map(|outcome| done(outcome.unwrap())).collect();
    assert_eq!(texts, ["HI. HI. YOU", "- YOU\n- HI."]);
    assert_eq!(fake.requests(), [["Hi.", "You"]]);
    assert_eq!(done(translate_one(&translator, "en", "fr", "You? Hi.").await), "YOU? HI.");
    assert_eq!(fake.requests()[1..], [["You?"]]);
}

#[tokio::test]
async fn the_second_step_of_a_route_loads_while_the_first_works() {
    let fake = Fake::new("fake", &["en-ca", "ca-fr"], shout);
    let translator = over(vec![fake.clone()], None);
    assert_eq!(done(translate_one(&translator, "en", "fr", "Hi.").await), "HI.");
    assert_eq!(*fake.prepared.lock().unwrap(), [("ca-fr".to_owned(), 0)]);
}

#[tokio::test]
async fn words_around_lost_marks_are_translated_separately() {
    let fake = Fake::new("fake", &["en-fr"], forget_marks);
    let translator = over(vec![fake.clone()], None);
    let text = done(translate_one(&translator, "en", "fr", "ask @ana about `x`, or not").await);
    assert_eq!(text, "ASK @ana ABOUT `x`, OR NOT");
    assert_eq!(fake.requests().len(), 2);
}

#[tokio::test]
async fn each_step_of_a_route_is_checked_and_the_lowest_score_counts() {
    let mut first = Fake::new("sure", &["en-ca"], shout);
    Arc::get_mut(&mut first).unwrap().score = Some(0.9);
    let mut second = Fake::new("unsure", &["ca-fr"], forget_marks);
    Arc::get_mut(&mut second).unwrap().score = Some(0.4);
    let translator = over(vec![first, second], None);
    let outcome = translate_one(&translator, "en", "fr", "ask @ana now").await;
    let engine = "sure, unsure via ca".to_owned();
    let grade = Some(Grade::Fair);
    assert_eq!(outcome, Outcome::Done { text: "ASK @ana NOW".to_owned(), engine, score: Some(0.4), grade });
}

#[tokio::test]
async fn an_interruption_fails_the_texts_that_no_other_engine_translates() {
    let fake = Fake::new("fake", &["en-fr"], |segment| match segment {
        "bad" => Err(EngineError::Interrupted("it fell over".to_owned())),
        other => Ok(other.to_uppercase()),
    });
    let translator = over(vec![fake], None);
    assert_eq!(done(translate_one(&translator, "en", "fr", "good").await), "GOOD");
    let texts = ["good", "bad", "😀"].map(str::to_owned);
    let outcomes = translator.translate(language("en"), language("fr"), &texts).await;
    assert!(matches!(outcomes[0], Ok(Outcome::Done { .. })), "{outcomes:?}");
    assert_eq!(outcomes[1].as_ref().unwrap_err().to_string(), "it fell over");
    assert_eq!(outcomes[2], Ok(Outcome::Identical { engine: None }));
}

#[tokio::test]
async fn the_next_engine_translates_what_the_first_cannot() {
    let picky = Fake::new("picky", &["en-fr"], |segment| match segment {
        "Empty." => Ok(" ".to_owned()),
        other => Ok(other.to_lowercase()),
    });
    let spare = Fake::new("spare", &["en-fr"], shout);
    let translator = over(vec![picky.clone(), spare.clone()], None);
    for _ in 0..2 {
        let outcome = translate_one(&translator, "en", "fr", "Hello. Empty.").await;
        let engine = "picky, spare".to_owned();
        let grade = Some(Grade::Fair);
        assert_eq!(outcome, Outcome::Done { text: "hello. EMPTY.".to_owned(), engine, score: None, grade });
    }
    assert_eq!(spare.requests(), [["Empty."]], "every translation is cached, whoever made it");
    assert_eq!(picky.requests().len(), 2, "and missing ones are not");
}

#[tokio::test(start_paused = true)]
async fn a_failing_engine_is_backed_off_from_and_retried_later() {
    static WORKS: AtomicBool = AtomicBool::new(false);
    let shaky = Fake::new("shaky", &["en-fr"], |segment| match WORKS.load(Ordering::Relaxed) {
        true => Ok(segment.to_lowercase()),
        false => Err(EngineError::Interrupted("it hangs".to_owned())),
    });
    let spare = Fake::new("spare", &["en-fr"], shout);
    let translator = over(vec![shaky.clone(), spare], None);
    for text in ["One", "Two", "Three", "Four", "Five"] {
        assert_eq!(done(translate_one(&translator, "en", "fr", text).await), text.to_uppercase());
    }
    assert_eq!(shaky.requests().len(), 3, "after three failures in a row, the circuit is open");
    assert_eq!(translator.route(language("en"), language("fr")).unwrap().label(), "spare");
    tokio::time::advance(Duration::from_secs(3)).await;
    assert_eq!(done(translate_one(&translator, "en", "fr", "Six").await), "SIX");
    assert_eq!(shaky.requests().len(), 4, "one trial");
    WORKS.store(true, Ordering::Relaxed);
    translate_one(&translator, "en", "fr", "Seven").await;
    assert_eq!(shaky.requests().len(), 4, "it failed, so the circuit is open again");
    tokio::time::advance(Duration::from_secs(5)).await;
    assert_eq!(done(translate_one(&translator, "en", "fr", "Eight").await), "eight");
    assert_eq!(done(translate_one(&translator, "en", "fr", "Nine").await), "nine");
}

#[tokio::test(start_paused = true)]
async fn a_pair_with_an_open_circuit_has_failed_and_is_not_unavailable() {
    let shaky =
        Fake::new("shaky", &["en-ca", "ca-fr"], |_| Err(EngineError::Interrupted("it hangs".to_owned())));
    let translator = over(vec![shaky.clone()], None);
    for _ in 0..5 {
        let outcomes = translator.translate(language("en"), language("fr"), &["hi".to_owned()]).await;
        assert_eq!(outcomes, [Err(Failure("it hangs".to_owned()))]);
    }
    assert_eq!(shaky.requests().len(), 3);
}

#[tokio::test]
async fn the_next_engine_takes_over_from_a_broken_one_until_it_is_repaired() {
    let broken =
        Fake::new("broken", &["en-fr"], |_| Err(EngineError::Broken("its file is damaged".to_owned())));
    let spare = Fake::new("spare", &["en-fr"], shout);
    let translator = over(vec![broken.clone(), spare], None);
    for _ in 0..2 {
        let outcome = translate_one(&translator, "en", "fr", "hi there").await;
        assert!(matches!(&outcome, Outcome::Done { engine, .. } if engine == "spare"), "{outcome:?}");
    }
    assert_eq!(broken.requests().len(), 1);
    translator.rescan();
    translate_one(&translator, "en", "fr", "hello").await;
    assert_eq!(broken.requests().len(), 2);
    let alone = over(vec![broken], None);
    let outcome = translate_one(&alone, "en", "fr", "hi there").await;
    assert_eq!(
        outcome,
        Outcome::Unavailable { reason: Reason::new(ReasonCode::EngineUnusable, "its file is damaged") }
    );
}

#[tokio::test]
async fn letters_are_composed_for_engines_and_readers() {
    let fake = Fake::new("fake", &["en-fr"], |segment| Ok(format!("{segment} e\u{301}te\u{301}")));
    let translator = over(vec![fake.clone()], None);
    let texts = ["a café".to_owned(), "a cafe\u{301}".to_owned()];
    let outcomes = translator.translate(language("en"), language("fr"), &texts).await;
    assert_eq!(fake.requests(), [["a café"]]);
    for outcome in outcomes {
        assert!(matches!(outcome.unwrap(), Outcome::Done { text, .. } if text == "a café été"));
    }
    // Unchanged text is identical, in either form.
    let echo = over(vec![Fake::new("echo", &["en-fr"], |segment| Ok(segment.to_owned()))], None);
    let outcome = translate_one(&echo, "en", "fr", "cafe\u{301}").await;
    assert_eq!(outcome, Outcome::Identical { engine: Some("echo".to_owned()) });
}

#[tokio::test]
async fn avoiding_an_engine_does_not_query_the_offers_again() {
    let [one, other] = ["one", "other"].map(|name| Fake::new(name, &["en-fr"], shout));
    let translator = over(vec![one.clone(), other], None);
    let request = Request { avoid: vec!["one".to_owned()], ..Request::new(language("en"), language("fr")) };
    let by = |route: Option<meeshy_translation::Route>| route.unwrap().label();
    assert_eq!(by(translator.route_for(&request)), "other");
    // Changed offers are seen by the next refresh, not before.
    one.version.store(7, Ordering::Relaxed);
    let version = |translator: &Translator| {
        translator.route(language("en"), language("fr")).unwrap().steps[0].version.clone()
    };
    assert_eq!((by(translator.route_for(&request)).as_str(), version(&translator).as_str()), ("other", "1"));
    translator.rescan();
    assert_eq!((by(translator.route_for(&request)).as_str(), version(&translator).as_str()), ("other", "7"));
}

#[tokio::test]
async fn invalid_translations_are_neither_shown_nor_cached() {
    let fake = Fake::new("fake", &["en-fr"], |segment| match segment {
        "empty" => Ok(" ".to_owned()),
        "marks only" => Ok("\u{E000}".to_owned()),
        "marks" => Ok("a\u{E000}b".to_owned()),
        "fewer" => Err(EngineError::Unusable("fake returned 0 of 1 segments".to_owned())),
        _ => Ok("one\ntwo\0three".to_owned()),
    });
    let translator = over(vec![fake.clone()], None);
    for (text, problem) in [("empty", "an empty text"), ("marks only", "an empty text"), ("fewer", "0 of 1")]
    {
        for _ in 0..2 {
            let outcomes = translator.translate(language("en"), language("fr"), &[text.to_owned()]).await;
            let failure = outcomes[0].as_ref().unwrap_err().to_string();
            assert!(failure.contains(problem), "{failure}");
        }
    }
    assert_eq!(fake.requests().iter().filter(|requests| **requests == ["empty"]).count(), 2);
    assert_eq!(done(translate_one(&translator, "en", "fr", "lines").await), "one two three");
    assert_eq!(done(translate_one(&translator, "en", "fr", "marks").await), "ab");
}

#[tokio::test]
async fn an_engine_that_returns_the_source_is_believed() {
    let fake = Fake::new("fake", &["en-fr"], |segment| Ok(segment.to_owned()));
    let outcome = translate_one(&over(vec![fake], None), "en", "fr", "OK, taxi!").await;
    assert_eq!(outcome, Outcome::Identical { engine: Some("fake".to_owned()) });
}

#[tokio::test]
async fn the_same_language_and_the_empty_text_are_identical() {
    let fake = Fake::new("fake", &["en-fr"], shout);
    let translator = over(vec![fake.clone()], None);
    let same = Outcome::Identical { engine: None };
    for (from, to, text) in
        [("en", "en", "hi"), ("en", "fr", ""), ("en", "fr", " \n "), ("de", "fr", "12 😀")]
    {
        assert_eq!(translate_one(&translator, from, to, text).await, same);
    }
    assert_eq!(fake.requests(), Vec::<Vec<String>>::new());
    assert!(translator.translate(language("en"), language("fr"), &[]).await.is_empty());
}

/// A database that stores everything, and counts reads.
#[derive(Default)]
struct Database {
    kept: Mutex<HashMap<CacheKey, CachedText>>,
    reads: AtomicUsize,
}

#[async_trait]
impl CacheStore for Database {
    async fn get(&self, keys: &[CacheKey]) -> Vec<Option<CachedText>> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let kept = self.kept.lock().unwrap();
        keys.iter().map(|key| kept.get(key).cloned()).collect()
    }

    async fn put(&self, entries: &[(CacheKey, CachedText)]) {
        self.kept.lock().unwrap().extend(entries.iter().cloned());
    }
}

#[tokio::test]
async fn texts_in_the_database_are_not_translated_again_unless_the_engine_changed() {
    let database = Arc::new(Database::default());
    let fake = Fake::new("fake", &["en-fr", "fr-en"], shout);
    let before = over(vec![fake.clone()], Some(database.clone()));
    assert_eq!(done(translate_one(&before, "en", "fr", "hi @ana you").await), "HI @ana YOU");
    // After a restart, with nothing in memory; for a different name.
    let after = over(vec![fake.clone()], Some(database.clone()));
    assert_eq!(done(translate_one(&after, "en", "fr", "hi @bob you").await), "HI @bob YOU");
    assert_eq!(fake.requests().len(), 1);
    let reads = database.reads.load(Ordering::Relaxed);
    translate_one(&after, "en", "fr", "hi @eve you").await;
    assert_eq!(database.reads.load(Ordering::Relaxed), reads);
    translate_one(&after, "fr", "en", "hi @ana you").await;
    assert_eq!(fake.requests().len(), 2);
    fake.version.store(2, Ordering::Relaxed);
    after.rescan();
    translate_one(&after, "en", "fr", "hi @ana you").await;
    assert_eq!(fake.requests().len(), 3);
}

#[tokio::test]
async fn another_engine_answers_a_reader_who_rejected_the_first() {
    let one = Fake::new("one", &["en-fr"], shout);
    let other = Fake::new("other", &["en-fr"], |segment| Ok(segment.to_lowercase()));
    let translator = over(vec![one, other], None);
    let avoiding = |names: &[&str]| Request {
        avoid: names.iter().map(ToString::to_string).collect(),
        ..Request::new(language("en"), language("fr"))
    };
    let texts = ["Hi You".to_owned()];
    for (avoid, expected) in [(vec![], "HI YOU"), (vec!["one"], "hi you")] {
        let outcome = translator.answer(&avoiding(&avoid), &texts).await.remove(0).unwrap();
        assert_eq!(done(outcome), expected);
    }
    let outcome = translator.answer(&avoiding(&["one", "other"]), &texts).await.remove(0).unwrap();
    assert_eq!(
        outcome,
        Outcome::Unavailable {
            reason: Reason::new(ReasonCode::NoOtherEngine, "no other route translates English to French")
        }
    );
}
