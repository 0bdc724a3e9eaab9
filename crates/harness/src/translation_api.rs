//! LibreTranslate's API with an engine that has predictable results.

use async_trait::async_trait;
use meeshy_translation::{Engine, EngineError, Offer, Pair, Translated, Translator, Urgency};
use meeshy_translation_api::{TranslationApi, TranslationApiConfig};
use std::sync::Arc;

/// The API for English and Spanish into French.
pub(crate) fn translation_api() -> TranslationApi {
    let engines: Vec<Arc<dyn Engine>> = vec![Arc::new(Predictable)];
    TranslationApi::new(Translator::with_engines(engines, 1 << 20, None), TranslationApiConfig::default())
}

/// Translates `text` into `fr: text`.
struct Predictable;

#[async_trait]
impl Engine for Predictable {
    fn name(&self) -> &'static str {
        "test"
    }

    fn offers(&self) -> Vec<Offer> {
        let pairs = ["en-fr", "es-fr"].into_iter().filter_map(|pair| pair.parse().ok());
        pairs.map(|pair| Offer { pair, model: None, version: "1".into(), lost: 1.0, cost_ms: 1.0 }).collect()
    }

    async fn translate(
        &self,
        pair: Pair,
        segments: &[String],
        _: Urgency,
    ) -> Result<Vec<Translated>, EngineError> {
        let translated = |text: &String| Translated::new(format!("{}: {text}", pair.to));
        Ok(segments.iter().map(translated).collect())
    }

    async fn rest(&self) {}
}
