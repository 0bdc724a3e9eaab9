//! A translation engine with predictable results.

use async_trait::async_trait;
use meeshy_chat::{Answer, Speed, Translate};
use meeshy_domain::{Language, Reason, ReasonCode};
use meeshy_translation::detect::Evidence;
use meeshy_translation::{
    self as translation, EngineError, Offer, Pair, Request, Translated, Translator, Urgency,
};
use meeshy_translation_api::{TranslationApi, TranslationApiConfig};
use std::sync::Arc;

/// Translates `text` into `fr: text`, returns `ok` unchanged, never finishes `endless`, has no model yet for
/// `soon`, and does not know Japanese.
pub struct Engine;

#[async_trait]
impl Translate for Engine {
    async fn translate(&self, request: &Request, texts: &[String]) -> Vec<Answer> {
        let Pair { to, .. } = request.pair;
        let Some(engine) = self.engine(request) else {
            return texts
                .iter()
                .map(|_| Answer::Unavailable {
                    reason: Reason::new(ReasonCode::NoEngine, format!("nobody speaks {to}")),
                })
                .collect();
        };
        if texts.iter().any(|text| text == "endless") {
            std::future::pending::<()>().await;
        }
        let answer = |text: &String| match text.as_str() {
            "ok" => Answer::Identical,
            "soon" => Answer::Unavailable {
                reason: Reason::new(ReasonCode::ModelDownloading, "a model is being downloaded"),
            },
            text => Answer::Done { text: format!("{to}: {text}"), engine: engine.clone(), score: Some(0.5) },
        };
        texts.iter().map(answer).collect()
    }

    fn engine(&self, request: &Request) -> Option<String> {
        let mut names = ["test", "another"].into_iter().map(str::to_owned);
        (request.pair.to.code() != "ja").then(|| names.find(|name| !request.avoid.contains(name))).flatten()
    }

    fn pairs(&self) -> Vec<Speed> {
        let language = |code| Language::parse(code).unwrap();
        let pairs = ["en", "es", "fr", "de"].map(language).into_iter().flat_map(|from| {
            ["en", "es", "fr", "de"].map(language).into_iter().map(move |to| Speed { from, to, cost_ms: 1.0 })
        });
        pairs.filter(|pair| self.serves(pair.from, pair.to)).collect()
    }

    async fn evidence(&self, text: &str) -> Evidence {
        Evidence::of(text)
    }
}

/// The same engine behind LibreTranslate's API, for English and Spanish into French.
pub fn translation_api() -> TranslationApi {
    let engines: Vec<Arc<dyn translation::Engine>> = vec![Arc::new(Engine)];
    TranslationApi::new(Translator::with_engines(engines, 1 << 20, None), TranslationApiConfig::default())
}

#[async_trait]
impl translation::Engine for Engine {
    fn name(&self) -> &'static str {
        "test"
    }

    fn offers(&self) -> Vec<Offer> {
        let offer =
            |pair: &str| Offer { pair: pair.parse().unwrap(), version: "1".into(), lost: 1.0, cost_ms: 1.0 };
        ["en-fr", "es-fr"].map(offer).to_vec()
    }

    async fn translate(
        &self,
        pair: Pair,
        segments: &[String],
        _: Urgency,
    ) -> Result<Vec<Translated>, EngineError> {
        let translated = |text: &String| Translated { text: format!("{}: {text}", pair.to), score: None };
        Ok(segments.iter().map(translated).collect())
    }

    async fn rest(&self) {}
}
