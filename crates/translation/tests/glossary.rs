//! Glossary terms with good and bad engines.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use async_trait::async_trait;
use meeshy_translation::{
    Engine, EngineError, Glossary, Offer, Outcome, Pair, Request, Term, Translated, Translator, Urgency,
    is_mark,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use support::language;

/// Puts everything in capitals; keeps marks or not.
struct Shouting {
    keeps_marks: bool,
    asked: AtomicUsize,
}

#[async_trait]
impl Engine for Shouting {
    fn name(&self) -> &str {
        "shouting"
    }

    fn offers(&self) -> Vec<Offer> {
        let offer = |pair: &str| Offer {
            pair: pair.parse().unwrap(),
            model: None,
            version: "1".into(),
            lost: 1.0,
            cost_ms: 1.0,
        };
        ["en-fr", "fr-de"].map(offer).to_vec()
    }

    async fn translate(
        &self,
        _: Pair,
        segments: &[String],
        _: Urgency,
    ) -> Result<Vec<Translated>, EngineError> {
        self.asked.fetch_add(segments.len(), Ordering::Relaxed);
        let text = |segment: &String| {
            let kept = |&c: &char| self.keeps_marks || !is_mark(c);
            segment.to_uppercase().chars().filter(kept).collect()
        };
        Ok(segments.iter().map(|segment| Translated::new(text(segment))).collect())
    }

    async fn rest(&self) {}
}

fn term(text: &str, to: Option<&str>, translation: Option<&str>) -> Term {
    Term { text: text.into(), language: to.map(language), translation: translation.map(str::to_owned) }
}

async fn translate(translator: &Translator, to: &str, terms: &[Term], text: &str) -> Outcome {
    let glossary = Arc::new(Glossary::new(terms.to_vec()));
    let request = Request { glossary, ..Request::new(language("en"), language(to)) };
    translator.answer(&request, &[text.to_owned()]).await.remove(0).unwrap()
}

fn done(outcome: Outcome) -> (String, String) {
    match outcome {
        Outcome::Done { text, engine, .. } => (text, engine),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_engine_respects_the_glossary_also_via_pivots() {
    for keeps_marks in [true, false] {
        let engine = Arc::new(Shouting { keeps_marks, asked: AtomicUsize::new(0) });
        let translator = Translator::with_engines(vec![engine], 1 << 20, None);
        let terms = [
            term("Meeshy", None, None),
            term("sprint", Some("fr"), Some("itération")),
            term("sprint review", Some("fr"), Some("revue")),
            term("sprint", Some("de"), Some("Etappe")),
        ];
        let text = "- Sprint on Meeshy: the sprint review, not `sprint`!\n";
        let (french, _) = done(translate(&translator, "fr", &terms, text).await);
        assert_eq!(french, "- Itération ON Meeshy: THE revue, NOT `sprint`!\n", "marks kept: {keeps_marks}");
        let (german, engine) = done(translate(&translator, "de", &terms, text).await);
        assert_eq!(german, "- Etappe ON Meeshy: THE Etappe REVIEW, NOT `sprint`!\n");
        assert_eq!(engine, "shouting via fr");
    }
}

#[tokio::test]
async fn a_changed_glossary_takes_effect_despite_the_cache() {
    let engine = Arc::new(Shouting { keeps_marks: true, asked: AtomicUsize::new(0) });
    let translator = Translator::with_engines(vec![engine.clone()], 1 << 20, None);
    let text = "the sprint is over";
    let with = |translation: &str| [term("sprint", None, Some(translation))];
    assert_eq!(done(translate(&translator, "fr", &[], text).await).0, "THE SPRINT IS OVER");
    assert_eq!(done(translate(&translator, "fr", &with("étape"), text).await).0, "THE étape IS OVER");
    assert_eq!(done(translate(&translator, "fr", &with("course"), text).await).0, "THE course IS OVER");
    assert_eq!(done(translate(&translator, "fr", &[], text).await).0, "THE SPRINT IS OVER");
    assert_eq!(engine.asked.load(Ordering::Relaxed), 2, "with the term and without");
}

#[tokio::test]
async fn a_text_of_only_terms_needs_no_engine() {
    let engine = Arc::new(Shouting { keeps_marks: true, asked: AtomicUsize::new(0) });
    let translator = Translator::with_engines(vec![engine.clone()], 1 << 20, None);
    let terms = [term("Meeshy", None, None), term("sprint", None, Some("étape"))];
    let outcome = translate(&translator, "fr", &terms, "sprint 😀").await;
    assert_eq!(done(outcome), ("étape 😀".to_owned(), "glossary".to_owned()));
    assert_eq!(translate(&translator, "fr", &terms, "Meeshy!").await, Outcome::Identical { engine: None });
    assert_eq!(engine.asked.load(Ordering::Relaxed), 0);
}
