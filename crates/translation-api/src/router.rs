//! Both HTTP interfaces on one port.

use crate::classic::{self, Detail};
use crate::libretranslate::{self, Call};
use crate::{Refusal, TranslationApi};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::CorsLayer;

/// A character takes up to six bytes as a JSON escape, and twelve outside the Basic Multilingual Plane; twice
/// that per character leaves room for markup.
const MAX_BYTES_PER_CHAR: usize = 12;

/// LibreTranslate's API and the old translator's, at the root.
///
/// They share `/translate`: a request with a field `text` and without `q` is the old translator's, any other
/// LibreTranslate's. They also share `/health`, whose response has `ok` for the one and more for the other.
/// If API keys are configured, `POST` requests need one: in the field `api_key`, or as `Authorization:
/// Bearer`.
pub fn router(api: TranslationApi) -> Router {
    let body_bytes = api.config().chars.saturating_mul(MAX_BYTES_PER_CHAR);
    Router::new()
        .route("/translate", post(translate))
        .route("/translate/batch", post(batch))
        .route("/detect", post(detect))
        .route(
            "/languages",
            get(async |State(api): State<TranslationApi>| Json(libretranslate::languages(&api))),
        )
        .route("/frontend/settings", get(settings))
        .route("/spec", get(spec))
        .route("/models", get(async |State(api): State<TranslationApi>| Json(classic::models(&api))))
        .route("/health", get(async |State(api): State<TranslationApi>| Json(classic::health(&api))))
        .route("/ready", get(async |State(api): State<TranslationApi>| classic::ready(&api)))
        .route("/live", get(async || Json(json!({ "status": "alive" }))))
        .method_not_allowed_fallback(async || refused(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed"))
        .fallback(async || refused(StatusCode::NOT_FOUND, "Not found"))
        .layer(DefaultBodyLimit::max(body_bytes))
        .layer(CorsLayer::permissive())
        .layer(CatchPanicLayer::custom(|_| {
            refused(StatusCode::INTERNAL_SERVER_ERROR, "internal server error")
        }))
        .with_state(api)
}

fn refused(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({ "error": error }))).into_response()
}

type Body = Result<Bytes, BytesRejection>;

/// The fields of an authenticated request.
struct Authenticated(Call);

impl FromRequest<TranslationApi> for Authenticated {
    type Rejection = Refusal;

    async fn from_request(request: Request, api: &TranslationApi) -> Result<Self, Refusal> {
        let (headers, query) = (request.headers().clone(), request.uri().query().map(str::to_owned));
        let body = bytes(Bytes::from_request(request, api).await)?;
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let call = Call::read(content_type, query.as_deref(), body).await?;
        api.admit(call.api_key().or_else(|| bearer(&headers)))?;
        Ok(Self(call))
    }
}

fn bytes(body: Body) -> Result<Bytes, Refusal> {
    body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge,
        _ => Refusal::Invalid("failed to read the request".to_owned()),
    })
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

async fn translate(
    State(api): State<TranslationApi>,
    Authenticated(call): Authenticated,
) -> Result<Response, Refusal> {
    if call.has("text") && !call.has("q") {
        let answer = classic::translate(&api, call.into_value()).await;
        return Ok(answer
            .map_or_else(|refusal| Detail(refusal).into_response(), |known| Json(known).into_response()));
    }
    Ok(Json(libretranslate::translate(&api, &call).await?).into_response())
}

async fn batch(
    State(api): State<TranslationApi>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Detail> {
    api.admit(bearer(&headers)).map_err(Detail)?;
    let results = classic::batch(&api, &bytes(body).map_err(Detail)?).await.map_err(Detail)?;
    Ok(Json(json!({ "results": results })).into_response())
}

async fn detect(
    State(api): State<TranslationApi>,
    Authenticated(call): Authenticated,
) -> Result<Response, Refusal> {
    Ok(Json(libretranslate::detect(&api, &call).await?).into_response())
}

async fn settings(State(api): State<TranslationApi>) -> Response {
    Json(libretranslate::settings(&api, key_required(&api))).into_response()
}

async fn spec(State(api): State<TranslationApi>) -> Response {
    Json(libretranslate::spec(&api, "", key_required(&api))).into_response()
}

fn key_required(api: &TranslationApi) -> bool {
    !api.config().api_keys.is_empty()
}
