//! LibreTranslate's API for users of this server: programs that ask for a server and an API key take
//! `https://…/libretranslate` and a token.

use crate::api::Api;
use crate::api::access::Access;
use crate::api::describe::{Describe, Input, JSON, RequestBody};
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::key;
use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use meeshy_domain::limits;
use meeshy_translation_api::TranslationApi;
use meeshy_translation_api::libretranslate::{self, Call, Detected, Health, Listed, Settings, Translated};
use meeshy_wire::ErrorCode;
use serde_json::{Value, json};

pub fn routes(api: Api) -> Api {
    if api.app().translation_api.is_none() {
        return api;
    }
    api.post(Access::Key, "/libretranslate/translate", "LibreTranslate: translate", translate)
        .post(Access::Key, "/libretranslate/detect", "LibreTranslate: detect the language of a text", detect)
        .get(
            Access::Anyone,
            "/libretranslate/languages",
            "LibreTranslate: list languages",
            async |Served(api): Served| -> Json<Vec<Listed>> { Json(libretranslate::languages(&api)) },
        )
        .get(
            Access::Anyone,
            "/libretranslate/frontend/settings",
            "LibreTranslate: settings for front ends",
            async |Served(api): Served| -> Json<Settings> { Json(libretranslate::settings(&api, true)) },
        )
        .get(
            Access::Anyone,
            "/libretranslate/health",
            "LibreTranslate: health check",
            async || -> Json<Health> { Json(libretranslate::health()) },
        )
        .get(
            Access::Anyone,
            "/libretranslate/spec",
            "LibreTranslate: OpenAPI document",
            async |Served(api): Served| -> Json<Value> {
                Json(libretranslate::spec(&api, "/libretranslate", true))
            },
        )
}

/// Who serves these routes, which are there only where somebody does.
struct Served(TranslationApi);

impl FromRequestParts<App> for Served {
    type Rejection = ApiError;

    async fn from_request_parts(_: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let missing = || ApiError::new(ErrorCode::NotFound, "nothing is translated here");
        app.translation_api.clone().map(Self).ok_or_else(missing)
    }
}

impl Input for Served {
    fn describe(_: &mut Describe<'_>) {}
}

struct TranslateCall(Call);

impl FromRequestParts<App> for TranslateCall {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        key::called(&mut parts.extensions).map(Self)
    }
}

impl Input for TranslateCall {
    fn describe(to: &mut Describe<'_>) {
        let language = json!({ "type": "string", "minLength": 1, "maxLength": limits::LANGUAGE_TAG_CHARS });
        describe_call(
            to,
            json!({ "q": "hola", "source": "es", "target": "fr" }),
            json!({
                "source": language,
                "target": language,
                "format": { "enum": ["text", "html", "", null], "default": "text" },
                "alternatives": {
                    "type": ["integer", "null"], "minimum": 0, "default": 0, "description": "Ignored: no alternatives are generated.",
                },
            }),
        );
    }
}

struct DetectCall(Call);

impl FromRequestParts<App> for DetectCall {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        key::called(&mut parts.extensions).map(Self)
    }
}

impl Input for DetectCall {
    fn describe(to: &mut Describe<'_>) {
        describe_call(to, json!({ "q": "hola" }), json!({}));
    }
}

/// A body that is read field by field: those of the example have to be there.
fn describe_call(to: &mut Describe<'_>, example: Value, mut fields: Value) {
    let Some(config) = to.app.translation_api.as_ref().map(TranslationApi::config) else { return };
    fields["q"] = json!({ "description": "A text, or several to translate separately.", "oneOf": [
        { "type": "string", "minLength": 1, "maxLength": config.chars },
        { "type": "array", "minItems": 1, "maxItems": config.texts, "items": { "type": "string" } },
    ] });
    fields["api_key"] = json!({ "description": "A token, if no header contains one." });
    let required: Vec<&String> = example.as_object().into_iter().flat_map(|example| example.keys()).collect();
    to.operation.body = Some(RequestBody {
        schema: json!({ "type": "object", "required": required, "properties": fields, "examples": [example] }),
        forms: &[JSON, "application/x-www-form-urlencoded", "multipart/form-data"],
    });
    to.fails(&[ErrorCode::InvalidInput, ErrorCode::PayloadTooLarge, ErrorCode::TranslationError]);
    // LibreTranslate's own statuses.
    to.operation.errors.extend([
        (StatusCode::BAD_REQUEST.as_u16(), ErrorCode::TranslationUnavailable),
        (StatusCode::GATEWAY_TIMEOUT.as_u16(), ErrorCode::TranslationError),
    ]);
}

async fn translate(
    Served(api): Served,
    TranslateCall(call): TranslateCall,
) -> Result<Json<Translated>, ApiError> {
    Ok(Json(libretranslate::translate(&api, &call).await?))
}

async fn detect(Served(api): Served, DetectCall(call): DetectCall) -> Result<Json<Vec<Detected>>, ApiError> {
    Ok(Json(libretranslate::detect(&api, &call).await?))
}
