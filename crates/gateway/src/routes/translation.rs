//! Translations on request.

use crate::api::Api;
use crate::api::access::Access;
use crate::app::App;
use crate::http::answer::Answer;
use crate::http::auth::User;
use crate::http::error::ApiError;
use crate::http::extract::{Body, JobRef, LanguageTag, MessageRef, PathParam, TwoPathParams};
use crate::views;
use axum::Json;
use axum::extract::State;
use meeshy_chat::model::{TranslationCount as Count, TranslationState as Ended};
use meeshy_chat::{Progress, Requested, TextRequest, TextTranslation, Tier};
use meeshy_domain::{Grade, MemberRole, UserId, limits};
use meeshy_wire::{
    Cancelled, DetectLanguage, DetectedLanguage, ErrorCode, JobCancelled, MessageTranslations, Model,
    ModelType, Models, ProgressBeside, ProgressStatus, Success, TextOutcome, TextTranslated, Translate,
    TranslateAnswer, TranslateMessage, TranslateText, TranslateTexts, TranslatedText, TranslatedTexts,
    TranslationProgress, TranslationStatistics, TranslationsBeside,
};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

pub fn routes(api: Api) -> Api {
    let (user, member) = (Access::User, Access::Member(MemberRole::Member));
    let of_message = "/api/v1/messages/{messageId}/translate/{language}";
    let one = &[ErrorCode::MessageNotFound, ErrorCode::InvalidOperation];
    let none = &[ErrorCode::NotFound, ErrorCode::InvalidOperation];
    let of_text = &[ErrorCode::TranslationUnavailable, ErrorCode::TranslationError];
    api.post(user, "/api/v1/translate", "Request a translation of a message, or translate a text", translate)
        .fails(one)
        .fails(of_text)
        .post(user, "/api/v1/translate-blocking", "The same, but wait for the result", translate_blocking)
        .fails(one)
        .fails(of_text)
        .fails(&[ErrorCode::TranslationPending])
        .post(user, "/api/v1/translate/batch", "Translate up to ten texts", translate_batch)
        .get(member, "/api/v1/translate/jobs/{jobId}", "The progress of a translation", job)
        .fails(none)
        .delete(
            member,
            "/api/v1/translate/jobs/{jobId}",
            "Cancel a translation that nobody reads",
            cancel_job,
        )
        .fails(none)
        .get(member, "/api/v1/status/{messageId}/{language}", "The progress of a translation", status)
        .fails(none)
        .get(member, &format!("{of_message}/status"), "The progress of a translation", message_status)
        .fails(none)
        .delete(member, of_message, "Cancel a translation that nobody reads", cancel)
        .fails(none)
        .post(
            member,
            "/api/v1/messages/{messageId}/translate",
            "Request a translation of a message",
            translate_message,
        )
        .fails(one)
        .get(member, "/api/v1/messages/{messageId}/translations", "A message and its translations", list)
        .post(user, "/api/v1/detect-language", "Detect the language of a text", detect)
        .get(user, "/api/v1/models", "Engines by language pair", models)
        .get(user, "/api/v1/translations/stats", "Translation statistics", statistics)
}

/// Counts texts that may need an engine.
fn admit(app: &App, user: UserId, texts: usize) -> Result<(), ApiError> {
    Ok(app.limiter.count_translations(user, texts)?)
}

async fn translate(
    State(app): State<App>,
    User(caller): User,
    Body(body): Body<Translate>,
) -> Result<Answer<TranslateAnswer>, ApiError> {
    let user = caller.user.id;
    admit(&app, user, 1)?;
    let answered = match &body.message_id {
        Some(message) => {
            let requested = app.chat.translations().request(user, message, &body.target_language).await;
            requested
                .map(|requested| TranslateAnswer::Message(Box::new(views::progress(&requested))))
                .map_err(ApiError::from)
        }
        None => {
            let conversation_id = body.conversation_id.clone();
            translate_one(&app, body).await.map(|text| {
                TranslateAnswer::Text(Box::new(TextTranslated {
                    message: "The text was translated",
                    conversation_id,
                    target_language: text.target_language,
                    status: ProgressStatus::Completed,
                    translation: text,
                }))
            })
        }
    };
    answered.map(Answer).map_err(ApiError::with_error_code)
}

async fn translate_message(
    State(app): State<App>,
    User(caller): User,
    PathParam(MessageRef(message)): PathParam<MessageRef>,
    Body(TranslateMessage { target_language }): Body<TranslateMessage>,
) -> Result<Answer<TranslationProgress>, ApiError> {
    let user = caller.user.id;
    admit(&app, user, 1)?;
    let requested = app.chat.translations().request(user, &message, &target_language).await?;
    Ok(Answer(views::progress(&requested)))
}

async fn translate_blocking(
    State(app): State<App>,
    User(caller): User,
    Body(body): Body<Translate>,
) -> Result<Answer<TranslatedText>, ApiError> {
    let user = caller.user.id;
    admit(&app, user, 1)?;
    let Some(message) = &body.message_id else {
        return translate_one(&app, body).await.map(Answer).map_err(ApiError::with_error_code);
    };
    let began = Instant::now();
    let requested = app
        .chat
        .translations()
        .request_and_wait(user, message, &body.target_language, limits::TRANSLATION_TIMEOUT)
        .await;
    let translated =
        requested.map_err(ApiError::from).and_then(|requested| of_message(&app, requested, began));
    translated.map(Answer).map_err(ApiError::with_error_code)
}

async fn translate_batch(
    State(app): State<App>,
    User(caller): User,
    Body(TranslateTexts(texts)): Body<TranslateTexts>,
) -> Result<Answer<TranslatedTexts>, ApiError> {
    admit(&app, caller.user.id, texts.len())?;
    let began = Instant::now();
    let originals: Vec<String> = texts.iter().map(|text| text.text.clone()).collect();
    let translated = app.chat.texts().translate(texts.into_iter().map(request).collect()).await?;
    let results = translated.into_iter().zip(originals).map(|(text, original_text)| {
        match text.map_err(ApiError::from).and_then(|text| of_text(&app, text, began)) {
            Ok(text) => TextOutcome::Translated(Box::new(text)),
            Err(ApiError { body, .. }) => {
                TextOutcome::Refused { error: body.error, code: body.code, original_text }
            }
        }
    });
    Ok(Answer(TranslatedTexts { results: results.collect() }))
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
    match app.chat.texts().translate(vec![request]).await?.pop() {
        Some(text) => of_text(app, text?, began),
        None => Err(ApiError::invalid("text", "there is no text")),
    }
}

fn of_text(app: &App, text: TextTranslation, began: Instant) -> Result<TranslatedText, ApiError> {
    let Rendered { text: translated_text, engine: model, score: confidence, grade: quality } =
        rendered(text.state)?;
    Ok(TranslatedText {
        message_id: None,
        translated_text,
        original_text: text.original,
        source_language: text.source,
        target_language: text.target,
        confidence,
        quality,
        processing_time: began.elapsed().as_secs_f64(),
        model,
        timestamp: app.chat.now().into(),
    })
}

fn of_message(app: &App, requested: Requested, began: Instant) -> Result<TranslatedText, ApiError> {
    let Progress::Ended(known) = requested.progress else {
        let message = "the translation is still pending; it will arrive as `message:translation`";
        return Err(ApiError::new(ErrorCode::TranslationPending, message));
    };
    let Rendered { text: translated_text, engine: model, score: confidence, grade: quality } =
        rendered(known.state)?;
    Ok(TranslatedText {
        message_id: Some(requested.message.id),
        translated_text,
        original_text: requested.message.content,
        source_language: Some(requested.message.original_language),
        target_language: requested.target,
        confidence,
        quality,
        processing_time: began.elapsed().as_secs_f64(),
        model,
        timestamp: app.chat.now().into(),
    })
}

/// A translation with a text.
struct Rendered {
    text: String,
    engine: String,
    score: Option<f64>,
    grade: Option<Grade>,
}

/// The translation, or why there is none.
fn rendered(state: Ended) -> Result<Rendered, ApiError> {
    match state {
        Ended::Done { content, engine, score, grade } => Ok(Rendered { text: content, engine, score, grade }),
        Ended::Identical { content } => {
            Ok(Rendered { text: content, engine: "none".to_owned(), score: None, grade: None })
        }
        Ended::Unavailable { reason } => {
            let error = ApiError::new(ErrorCode::TranslationUnavailable, reason.text);
            Err(error.with_reason(reason.code))
        }
        Ended::Failed { reason } => {
            let error = ApiError::new(ErrorCode::TranslationError, reason.text);
            Err(error.with_reason(reason.code))
        }
    }
}

async fn status(
    State(app): State<App>,
    User(caller): User,
    TwoPathParams(MessageRef(message), LanguageTag(language)): TwoPathParams<MessageRef, LanguageTag>,
) -> Result<Answer<TranslationProgress>, ApiError> {
    let requested = app.chat.translations().progress(caller.user.id, &message, &language).await?;
    Ok(Answer(views::progress(&requested)))
}

/// A job has no id of its own: like its translation, it is identified by its message and language.
fn named(job: &str) -> (&str, &str) {
    job.split_once('-').unwrap_or((job, ""))
}

async fn job(
    State(app): State<App>,
    User(caller): User,
    PathParam(JobRef(job)): PathParam<JobRef>,
) -> Result<Answer<TranslationProgress>, ApiError> {
    let (message, language) = named(&job);
    let requested = app.chat.translations().progress(caller.user.id, message, language).await?;
    Ok(Answer(views::progress(&requested)))
}

async fn cancel_job(
    State(app): State<App>,
    User(caller): User,
    PathParam(JobRef(job_id)): PathParam<JobRef>,
) -> Result<Answer<JobCancelled>, ApiError> {
    let (message, language) = named(&job_id);
    let cancelled = app.chat.translations().cancel(caller.user.id, message, language).await?;
    Ok(Answer(JobCancelled { job_id, cancelled }))
}

async fn cancel(
    State(app): State<App>,
    User(caller): User,
    TwoPathParams(MessageRef(message), LanguageTag(language)): TwoPathParams<MessageRef, LanguageTag>,
) -> Result<Answer<Cancelled>, ApiError> {
    let cancelled = app.chat.translations().cancel(caller.user.id, &message, &language).await?;
    Ok(Answer(Cancelled { cancelled }))
}

async fn message_status(
    State(app): State<App>,
    User(caller): User,
    TwoPathParams(MessageRef(message), LanguageTag(language)): TwoPathParams<MessageRef, LanguageTag>,
) -> Result<Json<ProgressBeside>, ApiError> {
    let requested = app.chat.translations().progress(caller.user.id, &message, &language).await?;
    let shown = views::progress(&requested);
    Ok(Json(ProgressBeside {
        status: shown.status,
        progress: if requested.progress == Progress::Pending { 0 } else { 100 },
        translated_content: shown.translation.as_ref().map(|known| known.translated_text.clone()),
        error: shown.reason.clone(),
        reason_code: shown.reason_code,
        answer: Success::new(shown),
    }))
}

async fn list(
    State(app): State<App>,
    User(caller): User,
    PathParam(MessageRef(message)): PathParam<MessageRef>,
) -> Result<Json<TranslationsBeside>, ApiError> {
    let message = views::message(&app.chat.messages().get(caller.user.id, &message).await?);
    let answer = Success::new(MessageTranslations {
        message_id: message.id,
        original_content: message.content,
        original_language: message.original_language,
        translations: message.translations.clone(),
        translation_states: message.translation_states,
    });
    Ok(Json(TranslationsBeside { answer, translations: message.translations }))
}

async fn detect(
    State(app): State<App>,
    User(caller): User,
    Body(body): Body<DetectLanguage>,
) -> Result<Answer<DetectedLanguage>, ApiError> {
    admit(&app, caller.user.id, 1)?;
    let detected = app.chat.texts().detect_language(&body.text).await?;
    let (language, confidence) = detected.map(|known| (known.language, known.confidence)).unzip();
    Ok(Answer(DetectedLanguage { language, confidence, text: body.text }))
}

async fn models(State(app): State<App>) -> Answer<Models> {
    let mut models: BTreeMap<Option<String>, BTreeSet<String>> = BTreeMap::new();
    for served in app.chat.texts().served() {
        models.entry(served.engine).or_default().insert(format!("{}-{}", served.from, served.to));
    }
    Answer(Models {
        models: models.into_iter().map(|(name, pairs)| Model { name, pairs }).collect(),
        tiers: vec![ModelType::Basic, ModelType::Medium, ModelType::Premium],
    })
}

async fn statistics(State(app): State<App>) -> Result<Answer<TranslationStatistics>, ApiError> {
    let counts = app.chat.translations().counts().await?;
    let by = |name: fn(&Count) -> Option<String>| {
        let mut totals: BTreeMap<String, i64> = BTreeMap::new();
        for (name, count) in counts.ended.iter().filter_map(|count| Some((name(count)?, count))) {
            *totals.entry(name).or_default() += count.total;
        }
        totals
    };
    Ok(Answer(TranslationStatistics {
        total: counts.ended.iter().map(|count| count.total).sum(),
        waiting: counts.waiting,
        by_state: by(|count| Some(count.state.clone())),
        by_engine: by(|count| count.engine.clone()),
        by_languages: by(|count| Some(format!("{}-{}", count.from, count.to))),
    }))
}
