//! Translations on request.

use super::{Access, Api};
use crate::App;
use crate::auth::User;
use crate::error::ApiError;
use crate::extract::{Body, PathParam, TwoPathParams, answer};
use crate::views;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use meeshy_chat::{Progress, Requested, TextRequest, TextTranslation, Tier};
use meeshy_domain::{UserId, limits};
use meeshy_store::translations::{Count, State as Ended};
use meeshy_wire::{DetectLanguage, ModelType, Translate, TranslateText, TranslateTexts, TranslatedText};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

pub fn routes(api: Api) -> Api {
    let user = Access::User;
    let of_message = "/api/v1/messages/{messageId}/translate/{language}";
    api.post(user, "/api/v1/translate", "Ask for a message in a language, or translate a text", translate)
        .body("Translate")
        .post(user, "/api/v1/translate-blocking", "The same, and wait for it", translate_blocking)
        .body("Translate")
        .post(user, "/api/v1/translate/batch", "Translate up to ten texts", translate_batch)
        .body("TranslateTexts")
        .get(user, "/api/v1/translate/jobs/{jobId}", "Where a translation has come to", job)
        .delete(user, "/api/v1/translate/jobs/{jobId}", "Give up a translation that nobody reads", cancel_job)
        .get(user, "/api/v1/status/{messageId}/{language}", "Where a translation has come to", status)
        .get(user, &format!("{of_message}/status"), "Where a translation has come to", message_status)
        .delete(user, of_message, "Give up a translation that nobody reads", cancel)
        .get(user, "/api/v1/messages/{messageId}/translations", "A message and its translations", list)
        .post(user, "/api/v1/detect-language", "What language a text is in", detect)
        .body("DetectLanguage")
        .get(user, "/api/v1/models", "Which engines translate which languages", models)
        .get(user, "/api/v1/translations/stats", "How many translations there are", statistics)
}

/// Counts texts that may cost an engine's time.
fn admit(app: &App, user: UserId, texts: usize) -> Result<(), ApiError> {
    Ok(app.limiter.count_translations(user, texts)?)
}

async fn translate(
    State(app): State<App>,
    User(caller): User,
    Body(body): Body<Translate>,
) -> Result<impl IntoResponse, ApiError> {
    let user = caller.user.id;
    admit(&app, user, 1)?;
    let answered = match &body.message_id {
        Some(message) => {
            let requested = app.chat.request_translation(user, message, &body.target_language).await;
            requested.map(|requested| json!(views::progress(&requested))).map_err(ApiError::from)
        }
        None => {
            let conversation_id = body.conversation_id.clone();
            translate_one(&app, body).await.map(|text| {
                json!({
                    "message": "The text is translated", "conversationId": conversation_id,
                    "targetLanguage": text.target_language, "status": "completed", "translation": text,
                })
            })
        }
    };
    answered.map(answer).map_err(ApiError::with_error_code)
}

async fn translate_blocking(
    State(app): State<App>,
    User(caller): User,
    Body(body): Body<Translate>,
) -> Result<impl IntoResponse, ApiError> {
    let user = caller.user.id;
    admit(&app, user, 1)?;
    let Some(message) = &body.message_id else {
        return translate_one(&app, body).await.map(answer).map_err(ApiError::with_error_code);
    };
    let began = Instant::now();
    let requested =
        app.chat.await_translation(user, message, &body.target_language, limits::TRANSLATION_TIMEOUT).await;
    let translated =
        requested.map_err(ApiError::from).and_then(|requested| of_message(&app, requested, began));
    translated.map(answer).map_err(ApiError::with_error_code)
}

async fn translate_batch(
    State(app): State<App>,
    User(caller): User,
    Body(TranslateTexts(texts)): Body<TranslateTexts>,
) -> Result<impl IntoResponse, ApiError> {
    admit(&app, caller.user.id, texts.len())?;
    let began = Instant::now();
    let originals: Vec<String> = texts.iter().map(|text| text.text.clone()).collect();
    let translated = app.chat.translate_texts(texts.into_iter().map(request).collect()).await?;
    let shown = translated.into_iter().zip(originals).map(|(text, original)| {
        let text = text.map_err(ApiError::from).and_then(|text| of_text(&app, text, began));
        text.map_or_else(
            |error| json!({ "error": error.body.error, "code": error.body.code, "original_text": original }),
            |text| json!(text),
        )
    });
    Ok(answer(json!({ "results": shown.collect::<Vec<Value>>() })))
}

fn request(text: TranslateText) -> TextRequest {
    let tier = tier(text.model_type);
    TextRequest { text: text.text, source: text.source_language, target: text.target_language, tier }
}

fn tier(wanted: Option<ModelType>) -> Tier {
    match wanted {
        Some(ModelType::Basic) => Tier::Basic,
        Some(ModelType::Premium) => Tier::Premium,
        Some(ModelType::Medium) | None => Tier::Medium,
    }
}

async fn translate_one(app: &App, body: Translate) -> Result<TranslatedText, ApiError> {
    let began = Instant::now();
    let text = body.text.ok_or_else(|| ApiError::invalid("text", "expected `text` or `message_id`"))?;
    let tier = tier(body.model_type);
    let request = TextRequest { text, source: body.source_language, target: body.target_language, tier };
    match app.chat.translate_texts(vec![request]).await?.pop() {
        Some(text) => of_text(app, text?, began),
        None => Err(ApiError::invalid("text", "there is no text")),
    }
}

fn of_text(app: &App, text: TextTranslation, began: Instant) -> Result<TranslatedText, ApiError> {
    let (translated_text, model, confidence) = of_state(text.state)?;
    Ok(TranslatedText {
        message_id: None,
        translated_text,
        original_text: text.original,
        source_language: text.source,
        target_language: text.target,
        confidence,
        processing_time: began.elapsed().as_secs_f64(),
        model,
        timestamp: app.chat.now().into(),
    })
}

fn of_message(app: &App, requested: Requested, began: Instant) -> Result<TranslatedText, ApiError> {
    let Progress::Ended(known) = requested.progress else {
        let message = "the translation is still under way; it arrives as `message:translation`";
        return Err(ApiError::new(StatusCode::GATEWAY_TIMEOUT, "TRANSLATION_PENDING", message));
    };
    let (translated_text, model, confidence) = of_state(known.state)?;
    Ok(TranslatedText {
        message_id: Some(requested.message.id),
        translated_text,
        original_text: requested.message.content,
        source_language: Some(requested.message.original_language),
        target_language: requested.target,
        confidence,
        processing_time: began.elapsed().as_secs_f64(),
        model,
        timestamp: app.chat.now().into(),
    })
}

/// The text, which engine made it, and how sure that one is.
fn of_state(state: Ended) -> Result<(String, String, Option<f64>), ApiError> {
    match state {
        Ended::Done { content, engine, score } => Ok((content, engine, score)),
        Ended::Identical { content } => Ok((content, "none".to_owned(), None)),
        Ended::Unavailable { reason } => {
            let error =
                ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "TRANSLATION_UNAVAILABLE", reason.text);
            Err(error.with_reason(reason.code))
        }
        Ended::Failed { reason } => {
            let error = ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "TRANSLATION_ERROR", reason.text);
            Err(error.with_reason(reason.code))
        }
    }
}

async fn status(
    State(app): State<App>,
    User(caller): User,
    TwoPathParams(message, language): TwoPathParams,
) -> Result<impl IntoResponse, ApiError> {
    let requested = app.chat.translation_progress(caller.user.id, &message, &language).await?;
    Ok(answer(views::progress(&requested)))
}

/// A job has no id of its own: it is named by its message and its language, as its translation is.
fn named(job: &str) -> (&str, &str) {
    job.split_once('-').unwrap_or((job, ""))
}

async fn job(
    State(app): State<App>,
    User(caller): User,
    PathParam(job): PathParam,
) -> Result<impl IntoResponse, ApiError> {
    let (message, language) = named(&job);
    let requested = app.chat.translation_progress(caller.user.id, message, language).await?;
    Ok(answer(views::progress(&requested)))
}

async fn cancel_job(
    State(app): State<App>,
    User(caller): User,
    PathParam(job): PathParam,
) -> Result<impl IntoResponse, ApiError> {
    let (message, language) = named(&job);
    let cancelled = app.chat.cancel_translation(caller.user.id, message, language).await?;
    Ok(answer(json!({ "jobId": job, "cancelled": cancelled })))
}

async fn cancel(
    State(app): State<App>,
    User(caller): User,
    TwoPathParams(message, language): TwoPathParams,
) -> Result<impl IntoResponse, ApiError> {
    let cancelled = app.chat.cancel_translation(caller.user.id, &message, &language).await?;
    Ok(answer(json!({ "cancelled": cancelled })))
}

/// Beside `data`, where the web client looks for it.
async fn message_status(
    State(app): State<App>,
    User(caller): User,
    TwoPathParams(message, language): TwoPathParams,
) -> Result<impl IntoResponse, ApiError> {
    let requested = app.chat.translation_progress(caller.user.id, &message, &language).await?;
    let shown = views::progress(&requested);
    Ok(Json(json!({
        "success": true,
        "data": shown,
        "status": shown.status,
        "progress": if requested.progress == Progress::Pending { 0 } else { 100 },
        "translatedContent": shown.translation.as_ref().map(|known| &known.translated_text),
        "error": shown.reason,
        "reasonCode": shown.reason_code,
    })))
}

/// Beside `data`, where the web client looks for it.
async fn list(
    State(app): State<App>,
    User(caller): User,
    PathParam(message): PathParam,
) -> Result<impl IntoResponse, ApiError> {
    let message = views::message(&app.chat.message(caller.user.id, &message).await?);
    Ok(Json(json!({
        "success": true,
        "data": {
            "messageId": message.id,
            "originalContent": message.content,
            "originalLanguage": message.original_language,
            "translations": message.translations,
            "translationStates": message.translation_states,
        },
        "translations": message.translations,
    })))
}

async fn detect(
    State(app): State<App>,
    User(caller): User,
    Body(body): Body<DetectLanguage>,
) -> Result<impl IntoResponse, ApiError> {
    admit(&app, caller.user.id, 1)?;
    let detected = app.chat.detect_language(&body.text).await?;
    let (language, confidence) = detected.map(|known| (known.language, known.confidence)).unzip();
    Ok(answer(json!({ "language": language, "confidence": confidence, "text": body.text })))
}

/// The pairs that another process translates have no name here.
async fn models(State(app): State<App>) -> impl IntoResponse {
    let mut models: BTreeMap<Option<String>, BTreeSet<String>> = BTreeMap::new();
    for served in app.chat.served() {
        models.entry(served.engine).or_default().insert(format!("{}-{}", served.from, served.to));
    }
    let models: Vec<Value> =
        models.into_iter().map(|(name, pairs)| json!({ "name": name, "pairs": pairs })).collect();
    answer(json!({ "models": models, "tiers": ["basic", "medium", "premium"] }))
}

async fn statistics(State(app): State<App>) -> Result<impl IntoResponse, ApiError> {
    let counts = app.chat.translation_counts().await?;
    let by = |name: fn(&Count) -> Option<String>| {
        let mut totals: BTreeMap<String, i64> = BTreeMap::new();
        for (name, count) in counts.ended.iter().filter_map(|count| Some((name(count)?, count))) {
            *totals.entry(name).or_default() += count.total;
        }
        totals
    };
    Ok(answer(json!({
        "total": counts.ended.iter().map(|count| count.total).sum::<i64>(),
        "waiting": counts.waiting,
        "byState": by(|count| Some(count.state.clone())),
        "byEngine": by(|count| count.engine.clone()),
        "byLanguages": by(|count| Some(format!("{}-{}", count.from, count.to))),
    })))
}
