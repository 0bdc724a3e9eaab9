//! An engine that does as it is told.

use async_trait::async_trait;
use meeshy_chat::{Answer, Speed, Translate};
use meeshy_domain::Language;

/// Translates `text` into `fr: text`, keeps `ok` as it is, and knows no Japanese.
pub struct Engine;

#[async_trait]
impl Translate for Engine {
    async fn translate(&self, from: Language, to: Language, texts: &[String]) -> Vec<Answer> {
        let answer = |text: &String| match text.as_str() {
            _ if !self.serves(from, to) => Answer::Unavailable { reason: format!("nobody speaks {to}") },
            "ok" => Answer::Identical,
            text => Answer::Done { text: format!("{to}: {text}"), engine: "test".into(), score: Some(0.5) },
        };
        texts.iter().map(answer).collect()
    }

    fn engine(&self, _: Language, to: Language) -> Option<String> {
        (to.code() != "ja").then(|| "test".into())
    }

    fn pairs(&self) -> Vec<Speed> {
        let language = |code| Language::parse(code).unwrap();
        let pairs = ["en", "es", "fr", "de"].map(language).into_iter().flat_map(|from| {
            ["en", "es", "fr", "de"].map(language).into_iter().map(move |to| Speed { from, to, cost_ms: 1.0 })
        });
        pairs.filter(|pair| self.serves(pair.from, pair.to)).collect()
    }
}
