//! LibreTranslate's interface, for people with an account here: programs that ask for a server and a key take
//! `https://…/libretranslate` and a token.

use super::{Access, Api};
use crate::App;
use crate::error::ApiError;
use crate::extract::read;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use meeshy_translation_api::TranslationApi;
use meeshy_translation_api::libretranslate::{self, Call};

pub fn routes(api: Api) -> Api {
    let Some(translation_api) = api.app.translation_api.clone() else { return api };
    let with = |answer: fn(&TranslationApi) -> Response| {
        let translation_api = translation_api.clone();
        async move || answer(&translation_api)
    };
    api.post(Access::Key, "/libretranslate/translate", "LibreTranslate: translate", {
        let translation_api = translation_api.clone();
        async move |Extension(call): Extension<Call>| translate(&translation_api, &call).await
    })
    .body("LibreTranslateTranslate")
    .post(Access::Key, "/libretranslate/detect", "LibreTranslate: what language a text is in", {
        let translation_api = translation_api.clone();
        async move |Extension(call): Extension<Call>| detect(&translation_api, &call).await
    })
    .body("LibreTranslateDetect")
    .get(
        Access::Anyone,
        "/libretranslate/languages",
        "LibreTranslate: which languages there are",
        with(|translation_api| Json(libretranslate::languages(translation_api)).into_response()),
    )
    .get(
        Access::Anyone,
        "/libretranslate/frontend/settings",
        "LibreTranslate: what a page may offer",
        with(|translation_api| Json(libretranslate::settings(translation_api, true)).into_response()),
    )
    .get(
        Access::Anyone,
        "/libretranslate/health",
        "LibreTranslate: whether it answers",
        with(|_| Json(libretranslate::health()).into_response()),
    )
    .get(
        Access::Anyone,
        "/libretranslate/spec",
        "LibreTranslate: this interface as OpenAPI",
        with(|translation_api| {
            Json(libretranslate::spec(translation_api, "/libretranslate", true)).into_response()
        }),
    )
}

/// Lets in who names a token, in the headers, in the body or, as programs made for LibreTranslate do, in the query; hands on
/// what was read.
pub async fn require_key(State(app): State<App>, request: Request, next: Next) -> Response {
    match admit(&app, request).await {
        Ok(request) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

async fn admit(app: &App, request: Request) -> Result<Request, ApiError> {
    let (mut parts, body) = request.into_parts();
    let content_type =
        parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let bytes = read(Request::new(body), app.config.body_bytes).await?;
    let call = Call::read(content_type.as_deref(), parts.uri.query(), bytes.into()).await;
    let key = call.as_ref().ok().and_then(Call::api_key);
    let caller = app.authenticate_by_key(&parts.headers, key).await?;
    app.limiter.count_translations(caller.user.id, call.as_ref().map_or(1, Call::count))?;
    parts.extensions.insert(call?);
    Ok(Request::from_parts(parts, axum::body::Body::empty()))
}

async fn translate(translation_api: &TranslationApi, call: &Call) -> Result<Response, ApiError> {
    Ok(Json(libretranslate::translate(translation_api, call).await?).into_response())
}

async fn detect(translation_api: &TranslationApi, call: &Call) -> Result<Response, ApiError> {
    Ok(Json(libretranslate::detect(translation_api, call).await?).into_response())
}
