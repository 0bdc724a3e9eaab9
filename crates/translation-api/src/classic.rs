//! The old translator's API, for programs that were written for it.
//!
//! Differences: `confidence_score` is the engine's own or `null`, and a text without translation is an error
//! instead of a marked copy. `model_type` is accepted and ignored: there is one route for each pair of
//! languages.

use crate::{Refusal, Source, TranslationApi};
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::future::join_all;
use meeshy_domain::{Grade, Language};
use meeshy_translation::Outcome;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// Maximum number of requests in a batch.
const MAX_BATCH: usize = 10;

/// The quality tiers that clients may request.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Tier {
    #[default]
    Basic,
    Medium,
    Premium,
}

#[derive(Debug, Deserialize)]
pub struct Request {
    text: String,
    #[serde(default)]
    source_language: Option<String>,
    target_language: String,
    #[serde(default, rename = "model_type")]
    _tier: Tier,
}

#[derive(Debug, Serialize)]
pub struct Answer {
    original_text: String,
    translated_text: String,
    source_language: Option<Language>,
    target_language: Language,
    /// The engines; `none` if there was nothing to do.
    model_used: String,
    confidence_score: Option<f32>,
    /// How good it is expected to be; not in the old API.
    #[serde(skip_serializing_if = "Option::is_none")]
    quality: Option<Grade>,
    processing_time_ms: u64,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum InBatch {
    Answer(Box<Answer>),
    Failed { error: String, original_text: String },
}

/// An error in the shape of the old translator's framework.
pub struct Detail(pub Refusal);

impl IntoResponse for Detail {
    fn into_response(self) -> Response {
        (self.0.status(), Json(json!({ "detail": self.0.to_string() }))).into_response()
    }
}

/// `POST /translate`.
pub async fn translate(api: &TranslationApi, body: Value) -> Result<Answer, Refusal> {
    let request = meeshy_wire::from_value(body).map_err(|error| Refusal::Invalid(error.to_string()))?;
    answer(api, request).await
}

async fn answer(api: &TranslationApi, request: Request) -> Result<Answer, Refusal> {
    let Request { text, source_language, target_language, .. } = request;
    let began = Instant::now();
    if text.is_empty() {
        return Err(Refusal::Missing("text"));
    }
    api.check(std::iter::once(text.as_str()))?;
    let to = Language::parse(&target_language)?;
    let source = api.sources(source_language.as_deref(), &[&text]).await?;
    let source = source.first().copied().unwrap_or(Source::Wordless);
    let outcome = api.translate(vec![(source, text.clone())], to).await?.pop();
    let (translated_text, model_used, confidence_score, quality) = match outcome {
        Some(Ok(Outcome::Done { text, engine, score, grade })) => (text, engine, score, grade),
        Some(Ok(Outcome::Identical { engine })) => {
            (text.clone(), engine.unwrap_or_else(|| "none".into()), None, None)
        }
        Some(Ok(Outcome::Unavailable { reason })) => return Err(Refusal::Unavailable(reason.text)),
        Some(Err(failure)) => return Err(Refusal::Failed(failure.to_string())),
        None => return Err(Refusal::Failed("no result".to_owned())),
    };
    Ok(Answer {
        original_text: text,
        translated_text,
        source_language: source.language(),
        target_language: to,
        model_used,
        confidence_score,
        quality,
        processing_time_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

/// `POST /translate/batch`: each request is independent; one that fails does not affect the others.
pub async fn batch(api: &TranslationApi, body: &[u8]) -> Result<Vec<InBatch>, Refusal> {
    let requests: Vec<Value> = serde_json::from_slice(body)
        .map_err(|error| Refusal::Invalid(format!("expected a JSON list of requests: {error}")))?;
    if requests.len() > MAX_BATCH {
        return Err(Refusal::TooMany { texts: requests.len(), limit: MAX_BATCH });
    }
    Ok(join_all(requests.into_iter().map(|request| in_batch(api, request))).await)
}

async fn in_batch(api: &TranslationApi, request: Value) -> InBatch {
    let original_text = request["text"].as_str().unwrap_or_default().to_owned();
    match translate(api, request).await {
        Ok(answer) => InBatch::Answer(Box::new(answer)),
        Err(refusal) => InBatch::Failed { error: refusal.to_string(), original_text },
    }
}

/// `GET /models`: the engines and the pairs that each of them translates directly.
pub fn models(api: &TranslationApi) -> Value {
    let routes = api.translator().routes();
    let mut engines: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for step in routes.iter().flat_map(|route| &route.steps) {
        engines.entry(&step.engine).or_default().insert(step.pair.to_string());
    }
    let models: Vec<Value> =
        engines.into_iter().map(|(name, pairs)| json!({ "name": name, "pairs": pairs })).collect();
    json!({ "models": models, "tiers": ["basic", "medium", "premium"] })
}

/// `GET /health`: always 200; `status` is LibreTranslate's `ok`, or describes what is missing.
pub fn health(api: &TranslationApi) -> Value {
    let routes = api.translator().routes();
    let engines: BTreeSet<&str> =
        routes.iter().flat_map(|route| &route.steps).map(|step| step.engine.as_str()).collect();
    json!({
        "status": if api.is_ready() { "ok" } else { "degraded" },
        "version": env!("CARGO_PKG_VERSION"),
        "uptime": api.uptime().as_secs(),
        "components": { "translation_models": api.is_ready() },
        "summary": { "languages": api.languages().len(), "pairs": routes.len(), "engines": engines },
    })
}

/// `GET /ready`: 503 until something can be translated.
pub fn ready(api: &TranslationApi) -> impl IntoResponse + use<> {
    if api.is_ready() {
        (StatusCode::OK, Json(json!({ "status": "ready" })))
    } else {
        let reason = "no engine is installed; download models with `meeshy models pull en-fr` or install Apertium pairs";
        (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "not ready", "reason": reason })))
    }
}
