//! Neural engines get quantities as they are; what they change is translated again with marks.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use async_trait::async_trait;
use meeshy_translation::{
    Engine, EngineError, Offer, Outcome, Pair, Translated, Translator, Urgency, is_mark,
};
use proptest::prelude::*;
use rstest::rstest;
use std::sync::{Arc, Mutex};
use support::{language, translate_one};

/// An engine that writes quantities by a function.
struct Scripted {
    keeps_quantities: bool,
    answer: fn(&str) -> String,
    requests: Mutex<Vec<Vec<String>>>,
}

impl Scripted {
    fn new(keeps_quantities: bool, answer: fn(&str) -> String) -> Arc<Self> {
        Arc::new(Self { keeps_quantities, answer, requests: Mutex::default() })
    }

    /// The requests, with ◆ for each mark.
    fn requests(&self) -> Vec<Vec<String>> {
        let requests = self.requests.lock().unwrap();
        requests.iter().map(|texts| texts.iter().map(|text| text.replace(is_mark, "◆")).collect()).collect()
    }
}

#[async_trait]
impl Engine for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }

    fn keeps_quantities(&self) -> bool {
        self.keeps_quantities
    }

    fn offers(&self) -> Vec<Offer> {
        vec![Offer {
            pair: "en-pt".parse().unwrap(),
            model: None,
            version: String::new(),
            lost: 1.0,
            cost_ms: 1.0,
        }]
    }

    async fn translate(
        &self,
        _: Pair,
        segments: &[String],
        _: Urgency,
    ) -> Result<Vec<Translated>, EngineError> {
        self.requests.lock().unwrap().push(segments.to_vec());
        let answer = |segment: &String| Translated::new((self.answer)(segment));
        Ok(segments.iter().map(answer).collect())
    }

    async fn rest(&self) {}
}

fn over(engine: &Arc<Scripted>) -> Translator {
    Translator::with_engines(vec![Arc::clone(engine) as Arc<dyn Engine>], 1 << 20, None)
}

async fn translated(engine: &Arc<Scripted>, text: &str) -> String {
    match translate_one(&over(engine), "en", "pt", text).await {
        Outcome::Done { text, .. } => text,
        other => panic!("{other:?}"),
    }
}

fn localise(text: &str) -> String {
    text.to_uppercase().replace("1,234.5", "1.234,5").replace("3 P.M.", "15H")
}

/// Changes every 1 into a 7.
fn corrupt(text: &str) -> String {
    text.to_uppercase().replace('1', "7")
}

fn drop_all(text: &str) -> String {
    text.chars().filter(|&c| !c.is_numeric()).flat_map(char::to_uppercase).collect()
}

fn drop_all_and_marks(text: &str) -> String {
    drop_all(text).replace(is_mark, "")
}

#[rstest]
#[case("we meet at 3 p.m. today", "WE MEET AT 15H TODAY")]
#[case("it is 1,234.5 in all", "IT IS 1.234,5 IN ALL")]
#[case("at 11:20 with @marie", "AT 11:20 WITH @marie")]
#[tokio::test]
async fn a_neural_engine_writes_quantities_in_its_own_way(#[case] source: &str, #[case] expected: &str) {
    let engine = Scripted::new(true, localise);
    assert_eq!(translated(&engine, source).await, expected);
    assert_eq!(engine.requests().len(), 1);
}

#[rstest]
#[case::a_number("there are 15 of us", "THERE ARE 15 OF US")]
#[case::a_time("we meet at 11:20, ok?", "WE MEET AT 11:20, OK?")]
#[case::a_date("on 2026-11-21, I think", "ON 2026-11-21, I THINK")]
#[case::an_amount("it is €1,234.5 each", "IT IS €1,234.5 EACH")]
#[case::a_unit("walk 51 km with @ana1 now", "WALK 51 km WITH @ana1 NOW")]
#[case::several("15 at 11:20 for €21, ok", "15 AT 11:20 FOR €21, OK")]
#[tokio::test]
async fn a_changed_quantity_is_corrected(#[case] source: &str, #[case] expected: &str) {
    for change in [corrupt, drop_all, drop_all_and_marks] {
        let engine = Scripted::new(true, change);
        assert_eq!(translated(&engine, source).await, expected);
    }
}

#[tokio::test]
async fn only_the_changed_sentences_are_translated_again_in_one_batch() {
    let engine = Scripted::new(true, corrupt);
    let sentences = ["we are 15 here", "we are 20 here", "they left at 10:10", "see you there"];
    let texts = sentences.map(str::to_owned);
    let outcomes = over(&engine).translate(language("en"), language("pt"), &texts).await;
    let expected = ["WE ARE 15 HERE", "WE ARE 20 HERE", "THEY LEFT AT 10:10", "SEE YOU THERE"];
    for (outcome, expected) in outcomes.into_iter().zip(expected) {
        assert!(matches!(outcome.unwrap(), Outcome::Done { text, .. } if text == expected));
    }
    let mut requests = engine.requests();
    assert_eq!(requests.len(), 2);
    requests[1].sort();
    assert_eq!(requests[1], ["they left at ◆", "we are ◆ here"]);
}

/// What was cached for one time must not be used for another.
#[tokio::test]
async fn a_sentence_is_cached_with_its_quantities() {
    let engine = Scripted::new(true, corrupt);
    let translator = over(&engine);
    for (source, expected) in [
        ("we leave at 11:20 today", "WE LEAVE AT 11:20 TODAY"),
        ("we leave at 11:30 today", "WE LEAVE AT 11:30 TODAY"),
        ("we leave at 11:20 today", "WE LEAVE AT 11:20 TODAY"),
    ] {
        let outcome = translate_one(&translator, "en", "pt", source).await;
        assert!(matches!(&outcome, Outcome::Done { text, .. } if text == expected), "{outcome:?}");
    }
    assert_eq!(engine.requests().len(), 4, "two sentences, each twice");
}

#[tokio::test]
async fn another_engine_gets_marks_at_once() {
    let engine = Scripted::new(false, corrupt);
    let text = translated(&engine, "we 15 leave at 11:20 with 5 km to go").await;
    assert_eq!(text, "WE 75 LEAVE AT 11:20 WITH 5 km TO GO");
    assert_eq!(engine.requests(), [["we 15 leave at ◆ with ◆ to go"]]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever an engine does to quantities, links and mentions, all of them are in the translation.
    #[test]
    fn nothing_is_lost(
        words in prop::collection::vec("[a-z]{2,8}", 1..6),
        pieces in prop::collection::vec(prop::sample::select(vec![
            "11:20", "1,234.5", "€15", "51 km", "2026-11-21", "13", "@ana1", "https://example.org/1", "+33 6 12 34 56 78",
        ]), 1..6),
        change in prop::sample::select(vec![corrupt as fn(&str) -> String, drop_all, drop_all_and_marks]),
    ) {
        let text = pieces.iter().zip(words.iter().cycle()).map(|(piece, word)| format!("{word} {piece} and"))
            .collect::<Vec<_>>().join(" ");
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let result = runtime.block_on(translated(&Scripted::new(true, change), &text));
        for piece in &pieces {
            prop_assert_eq!(result.matches(piece).count(), text.matches(piece).count(), "{} {}", piece, result);
        }
    }
}
