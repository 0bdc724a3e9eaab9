//! The interface, described for programs (`/docs/openapi.json`) and for people (`/docs`), from the declarations of the routes.

mod openapi;

use crate::api::access::Access;
use crate::api::describe::{Describe, JSON, Output, Place};
use crate::api::{Api, Route};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use meeshy_domain::limits;
use meeshy_wire::{ErrorCode, MessageText};
use schemars::JsonSchema;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A route as it was declared, for tests.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The method.
    pub method: Method,
    /// The path, with `{id}` for path parameters.
    pub path: String,
    /// Who may call it.
    pub access: Access,
    /// An example of its body, if that is JSON.
    pub body: Option<Value>,
    /// The names of the variable parts of its path, as its handler takes them.
    pub segments: Vec<String>,
    /// The names of its query parameters.
    pub query: Vec<String>,
    /// What it may fail with.
    pub errors: BTreeSet<ErrorCode>,
    /// Whether its handler asks who calls.
    pub takes_caller: bool,
}

/// Adds the routes of the descriptions, which describe the others.
pub fn routes(api: Api) -> Api {
    let page: Arc<str> = page(&api.routes).into();
    let document: Arc<str> = format!("{:#}", openapi(super::declare(api.app().clone()))).into();
    api.get(Access::Anyone, "/docs", "API documentation for people", async move || Html(page.to_string()))
        .get(Access::Anyone, "/docs/openapi.json", "API documentation for programs", async move || {
            Document(document.to_string())
        })
}

/// The document of OpenAPI, as text.
struct Document(String);

impl IntoResponse for Document {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, JSON)], self.0).into_response()
    }
}

impl Output for Document {
    fn describe(to: &mut Describe<'_>) {
        to.answers(StatusCode::OK, JSON, json!({ "type": "object" }));
    }
}

/// The document of these routes. The limit of a message's length is that of this server.
pub fn openapi(api: Api) -> Value {
    let message_chars = api.app().chat.messages().max_chars();
    let mut document = openapi::document(&api.routes, api.schemas);
    if message_chars != limits::MESSAGE_CHARS {
        document["components"]["schemas"][&*MessageText::schema_name()]["maxLength"] = message_chars.into();
    }
    document
}

/// The routes as they were declared.
pub fn endpoints(Api { routes, schemas, .. }: Api) -> Vec<Endpoint> {
    let schemas = schemas.into_definitions();
    let example = |schema: &Value| {
        let name = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
        let schema = name.and_then(|name| schemas.get(name)).unwrap_or(schema);
        schema["examples"][0].clone()
    };
    let endpoint = |Route { method, path, access, operation, .. }: Route| {
        let named = |place| {
            let there = operation.parameters.iter().filter(|parameter| parameter.place == place);
            there.map(|parameter| parameter.name.clone()).collect()
        };
        Endpoint {
            access,
            body: operation
                .body
                .as_ref()
                .filter(|body| body.forms.contains(&JSON))
                .map(|body| example(&body.schema)),
            segments: named(Place::Path),
            query: named(Place::Query),
            errors: operation.errors.iter().map(|(_, code)| *code).collect(),
            takes_caller: operation.takes_caller,
            method,
            path,
        }
    };
    routes.into_iter().map(endpoint).collect()
}

fn page(routes: &[Route]) -> String {
    let rows: String = routes
        .iter()
        .map(|route| {
            format!(
                "<tr><td><code>{}</code></td><td><code>{}</code></td><td>{}</td><td>{}</td></tr>",
                route.method,
                route.path,
                route.summary,
                route.access.describe()
            )
        })
        .collect();
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'><title>Meeshy: API</title>\
         <style>body{{font:16px/1.5 system-ui;margin:2rem auto;max-width:60rem;padding:0 1rem;color-scheme:light dark}}\
         td,th{{padding:.25rem .75rem;text-align:left;vertical-align:top}}</style>\
         <h1>Meeshy: API</h1><p>For programs: <a href=/docs/openapi.json>OpenAPI 3.1</a>. Events go over Socket.IO at \
         <code>/socket.io/</code>.</p><table><thead><tr><th>Method<th>Path<th>What it does<th>Who may call</thead>{rows}</table></html>"
    )
}
