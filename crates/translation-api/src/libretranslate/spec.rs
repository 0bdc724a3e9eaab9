//! The response of `GET /spec`: the API as an OpenAPI document.

use crate::TranslationApi;
use serde_json::{Value, json};

/// The API as OpenAPI 3.0, for a server at `base`, which is a path or empty.
pub fn spec(api: &TranslationApi, base: &str, key_required: bool) -> Value {
    let text = json!({ "type": "string" });
    let q = json!({ "oneOf": [
        { "type": "string", "minLength": 1 },
        { "type": "array", "items": text, "minItems": 1, "maxItems": api.config().texts },
    ], "description": "The text or texts." });
    let key = json!({ "type": "string", "description": if key_required { "The API key." } else { "Not required here." } });
    let translate = json!({
        "type": "object",
        "required": ["q", "source", "target"],
        "properties": {
            "q": q,
            "source": { "type": "string", "description": "The code of the language of the text, or `auto`.", "example": "en" },
            "target": { "type": "string", "description": "The code of the language of the translation.", "example": "es" },
            "format": { "type": "string", "enum": ["text", "html"], "default": "text" },
            "alternatives": { "type": "integer", "minimum": 0, "default": 0, "description": "Accepted, but alternatives are never returned." },
            "api_key": key,
        },
    });
    let detect = json!({
        "type": "object",
        "required": ["q"],
        "properties": { "q": { "type": "string", "minLength": 1 }, "api_key": key },
    });
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": "Meeshy, LibreTranslate API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Bodies may be JSON or forms; parameters may also be in the query string.",
        },
        "servers": [{ "url": if base.is_empty() { "/" } else { base } }],
        "paths": {
            "/translate": { "post": operation_with_body("Translate a text", "translate", json!({
                "type": "object",
                "required": ["translatedText"],
                "properties": { "translatedText": q_of_answers(), "detectedLanguage": { "type": "object" } },
            })) },
            "/detect": { "post": operation_with_body("Detect the language of a text", "detect", json!({
                "type": "array",
                "items": { "type": "object", "properties": {
                    "confidence": { "type": "number", "minimum": 0, "maximum": 100 }, "language": text,
                } },
            })) },
            "/languages": { "get": operation("Source languages with their target languages", json!({
                "type": "array",
                "items": { "type": "object", "properties": {
                    "code": text, "name": text, "targets": { "type": "array", "items": text },
                } },
            })) },
            "/frontend/settings": { "get": operation("Settings for front ends", json!({ "type": "object" })) },
            "/health": { "get": operation("Health check", json!({
                "type": "object", "properties": { "status": text },
            })) },
            "/spec": { "get": operation("This", json!({ "type": "object" })) },
        },
        "components": { "schemas": { "translate": translate, "detect": detect } },
    })
}

fn q_of_answers() -> Value {
    json!({ "oneOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] })
}

/// An operation with a request body.
fn operation_with_body(summary: &str, schema: &str, answer: Value) -> Value {
    let schema = json!({ "schema": { "$ref": format!("#/components/schemas/{schema}") } });
    let mut operation = operation(summary, answer);
    operation["requestBody"] = json!({ "content": {
        "application/json": schema,
        "application/x-www-form-urlencoded": schema,
        "multipart/form-data": schema,
    } });
    for (status, why) in
        [("400", "Invalid request"), ("403", "API key required"), ("413", "Request too large")]
    {
        operation["responses"][status] = json!({ "description": why });
    }
    operation
}

fn operation(summary: &str, answer: Value) -> Value {
    json!({ "summary": summary, "responses": { "200": {
        "description": summary,
        "content": { "application/json": { "schema": answer } },
    } } })
}
