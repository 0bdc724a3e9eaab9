//! The interface, described for programs (`/docs/openapi.json`) and for people (`/docs`), from the table of routes.

mod constraints;

use super::{Access, Api, Endpoint};
use axum::http::header::CONTENT_TYPE;
use axum::response::Html;
use meeshy_translation_api::TranslationApiConfig;
use meeshy_wire::{
    AddTerm, Code, CreateConversation, DetectLanguage, ErrorBody, Login, LoginCode, PatchMe, PostMessage,
    PutMessage, Refresh, Register, ReportTranslation, Translate, TranslateTexts,
};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use utoipa::{PartialSchema, ToSchema};

pub fn routes(api: Api) -> Api {
    let page: Arc<str> = page(&api.endpoints).into();
    let translation_api =
        api.app.translation_api.as_ref().map(meeshy_translation_api::TranslationApi::config);
    let schemas = schemas(api.app.chat.message_chars(), translation_api);
    let document: Arc<str> = format!("{:#}", openapi(&api.endpoints, schemas)).into();
    api.get(Access::Anyone, "/docs", "This interface, for people", async move || Html(page.to_string())).get(
        Access::Anyone,
        "/docs/openapi.json",
        "This interface, for programs",
        async move || ([(CONTENT_TYPE, "application/json")], document.to_string()),
    )
}

/// The OpenAPI 3.1 document of all routes.
fn openapi(endpoints: &[Endpoint], schemas: Value) -> Value {
    let mut paths = Map::new();
    for endpoint in endpoints {
        let operations = paths.entry(template(&endpoint.path)).or_insert_with(|| json!({}));
        operations[endpoint.method.as_str().to_lowercase()] = operation(endpoint);
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Meeshy", "version": env!("CARGO_PKG_VERSION"), "license": { "name": "MIT" } },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
                "session": { "type": "apiKey", "in": "header", "name": "X-Session-Token" },
                "operator": { "type": "http", "scheme": "bearer" },
            },
        },
    })
}

/// A path as OpenAPI writes it, which has no sign for a part that goes over slashes.
fn template(path: &str) -> String {
    path.replace("{*", "{")
}

fn operation(endpoint: &Endpoint) -> Value {
    let error = json!({ "description": "An error, in a sentence and a code",
        "content": { "application/json": { "schema": { "$ref": "#/components/schemas/ErrorBody" } } } });
    let mut operation = json!({
        "summary": endpoint.summary,
        "responses": { "2XX": { "description": "`{success, data, pagination?, meta?}`" }, "4XX": error, "5XX": error },
    });
    match endpoint.access {
        Access::Anyone | Access::Link => {}
        Access::User | Access::Key => operation["security"] = json!([{ "token": [] }, { "session": [] }]),
        Access::Operator => operation["security"] = json!([{ "operator": [] }]),
    }
    if let Some(schema) = endpoint.body {
        let body = json!({ "schema": { "$ref": format!("#/components/schemas/{schema}") } });
        let kinds = if LIBRETRANSLATE.contains(&schema) {
            &["application/json", FORM][..]
        } else {
            &["application/json"]
        };
        let content: Map<String, Value> =
            kinds.iter().map(|kind| ((*kind).to_owned(), body.clone())).collect();
        operation["requestBody"] = json!({ "required": true, "content": content });
    }
    let parameter = |place: &str, name: &str| json!({ "name": name, "in": place, "required": place == "path", "schema": { "type": "string" } });
    let path = template(&endpoint.path);
    let in_path = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameters: Vec<Value> = in_path
        .map(|name| parameter("path", name))
        .chain(endpoint.query.iter().map(|name| parameter("query", name)))
        .collect();
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    operation
}

/// The bodies that may also come as a form.
const LIBRETRANSLATE: [&str; 2] = ["LibreTranslateTranslate", "LibreTranslateDetect"];
const FORM: &str = "application/x-www-form-urlencoded";

/// LibreTranslate's bodies, which are read field by field, and so are no types.
fn libretranslate(schemas: &mut Map<String, Value>, translation_api: &TranslationApiConfig) {
    let text = json!({ "type": "string", "minLength": 1, "maxLength": translation_api.chars });
    let q = json!({ "description": "A text, or several, of which each is answered.",
        "oneOf": [text, { "type": "array", "minItems": 1, "maxItems": translation_api.texts, "items": { "type": "string" } }] });
    let api_key = json!({ "description": "A token, where no header has one." });
    let language =
        json!({ "type": "string", "minLength": 1, "maxLength": meeshy_domain::limits::LANGUAGE_TAG_CHARS });
    schemas.insert(LIBRETRANSLATE[0].to_owned(), json!({
        "type": "object",
        "required": ["q", "source", "target"],
        "properties": {
            "q": q,
            "source": language,
            "target": language,
            "format": { "type": "string", "enum": ["text", "html"], "default": "text" },
            "alternatives": { "type": "integer", "minimum": 0, "default": 0, "description": "None are made." },
            "api_key": api_key,
        },
    }));
    schemas.insert(
        LIBRETRANSLATE[1].to_owned(),
        json!({
            "type": "object", "required": ["q"], "properties": { "q": q, "api_key": api_key },
        }),
    );
}

/// Every schema; `message_chars` is the limit of this server.
fn schemas(message_chars: usize, translation_api: Option<&TranslationApiConfig>) -> Value {
    fn add<T: ToSchema + PartialSchema>(schemas: &mut Map<String, Value>) {
        schemas.insert(T::name().into_owned(), serde_json::to_value(T::schema()).unwrap_or_default());
        let mut used = Vec::new();
        T::schemas(&mut used);
        for (name, schema) in used {
            schemas.insert(name, serde_json::to_value(schema).unwrap_or_default());
        }
    }
    let mut schemas = Map::new();
    add::<Register>(&mut schemas);
    add::<Login>(&mut schemas);
    add::<LoginCode>(&mut schemas);
    add::<Code>(&mut schemas);
    add::<Refresh>(&mut schemas);
    add::<PatchMe>(&mut schemas);
    add::<CreateConversation>(&mut schemas);
    add::<PostMessage>(&mut schemas);
    add::<PutMessage>(&mut schemas);
    add::<AddTerm>(&mut schemas);
    add::<ReportTranslation>(&mut schemas);
    add::<Translate>(&mut schemas);
    add::<TranslateTexts>(&mut schemas);
    add::<DetectLanguage>(&mut schemas);
    add::<ErrorBody>(&mut schemas);
    constraints::add_to(&mut schemas, message_chars);
    if let Some(translation_api) = translation_api {
        libretranslate(&mut schemas, translation_api);
    }
    schemas.into()
}

fn page(endpoints: &[Endpoint]) -> String {
    let rows: String = endpoints
        .iter()
        .map(|endpoint| {
            let who = match endpoint.access {
                Access::Anyone => "anybody",
                Access::Link => "who follows a signed link, or may read the message",
                Access::User | Access::Key => "registered people",
                Access::Operator => "the operator's tools",
            };
            format!(
                "<tr><td><code>{}</code></td><td><code>{}</code></td><td>{}</td><td>{who}</td></tr>",
                endpoint.method, endpoint.path, endpoint.summary
            )
        })
        .collect();
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'><title>Meeshy: interface</title>\
         <style>body{{font:16px/1.5 system-ui;margin:2rem auto;max-width:60rem;padding:0 1rem;color-scheme:light dark}}\
         td,th{{padding:.25rem .75rem;text-align:left;vertical-align:top}}</style>\
         <h1>Meeshy: interface</h1><p>For programs: <a href=/docs/openapi.json>OpenAPI 3.1</a>. Events go over Socket.IO at \
         <code>/socket.io/</code>.</p><table><thead><tr><th>Method<th>Path<th>What it does<th>Who may call</thead>{rows}</table></html>"
    )
}
