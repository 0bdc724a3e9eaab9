//! The OpenAPI 3.1 document of the routes.

use crate::api::Route;
use crate::api::access::Credentials;
use crate::api::describe::{JSON, Operation, Place};
use meeshy_wire::{ErrorBody, ErrorCode, Schemas};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The document of these routes, with their schemas in `schemas`.
pub fn document(routes: &[Route], mut schemas: Schemas) -> Value {
    let error = schemas.answer::<ErrorBody>();
    // What events carry is described here as well, so that clients have one set of types.
    meeshy_wire::client_events(&mut schemas);
    meeshy_wire::server_events(&mut schemas);
    let (mut paths, mut responses) = (Map::new(), Map::new());
    for route in routes {
        let operations = paths.entry(template(&route.path)).or_insert_with(|| json!({}));
        operations[route.method.as_str().to_lowercase()] = operation(route, &error, &mut responses);
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Meeshy", "version": env!("CARGO_PKG_VERSION"), "license": { "name": "MIT", "identifier": "MIT" } },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": schemas.into_definitions(),
            "responses": responses,
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
                "session": { "type": "apiKey", "in": "header", "name": "X-Session-Token" },
                "operator": { "type": "http", "scheme": "bearer" },
            },
        },
    })
}

/// A path in OpenAPI's form, which has no notation for a parameter that includes slashes.
fn template(path: &str) -> String {
    path.replace("{*", "{")
}

fn operation(route: &Route, error: &Value, responses: &mut Map<String, Value>) -> Value {
    let Operation { parameters, body, answers, errors, .. } = &route.operation;
    let mut by_status: BTreeMap<String, Value> = BTreeMap::new();
    for (status, forms) in answers {
        let content: Map<String, Value> =
            forms.iter().map(|(form, schema)| ((*form).to_owned(), json!({ "schema": schema }))).collect();
        let mut answer = json!({ "description": describe_status(*status) });
        if !content.is_empty() {
            answer["content"] = content.into();
        }
        by_status.insert(status.to_string(), answer);
    }
    let mut codes: BTreeMap<u16, Vec<ErrorCode>> = BTreeMap::new();
    for (status, code) in errors {
        codes.entry(*status).or_default().push(*code);
    }
    for (status, codes) in codes {
        let names: Vec<&str> = codes.iter().map(|code| code.name()).collect();
        let name = format!("{status}.{}", names.join("."));
        responses.entry(&name).or_insert_with(|| refusal(&codes, error));
        let reference = json!({ "$ref": format!("#/components/responses/{name}") });
        by_status.entry(status.to_string()).or_insert(reference);
    }
    let mut operation = json!({
        "summary": route.summary,
        "description": format!("For {}.", route.access.describe()),
        "responses": by_status,
    });
    match route.access.credentials() {
        Credentials::None => {}
        Credentials::Person => operation["security"] = json!([{ "token": [] }, { "session": [] }]),
        Credentials::Operator => operation["security"] = json!([{ "operator": [] }]),
    }
    if let Some(body) = body {
        let forms = body.forms.iter().map(|form| ((*form).to_owned(), json!({ "schema": body.schema })));
        operation["requestBody"] = json!({ "required": true, "content": forms.collect::<Map<_, _>>() });
    }
    if !parameters.is_empty() {
        let parameters = parameters.iter().map(|parameter| {
            let place = match parameter.place {
                Place::Path => "path",
                Place::Query => "query",
                Place::Header => "header",
            };
            let mut schema = parameter.schema.clone();
            let mut shown = json!({ "name": parameter.name, "in": place, "required": parameter.is_required });
            if let Some(description) = schema.as_object_mut().and_then(|schema| schema.remove("description"))
            {
                shown["description"] = description;
            }
            shown["schema"] = schema;
            shown
        });
        operation["parameters"] = parameters.collect::<Vec<_>>().into();
    }
    operation
}

fn describe_status(status: u16) -> &'static str {
    match status {
        200 => "Success.",
        201 => "Created.",
        204 => "Success, without a body.",
        206 => "The requested range.",
        304 => "Not modified.",
        416 => "The range is not satisfiable.",
        503 => "The server is not ready.",
        _ => "The response.",
    }
}

/// An error response with one of these codes.
fn refusal(codes: &[ErrorCode], error: &Value) -> Value {
    let lines: Vec<String> =
        codes.iter().map(|code| format!("- `{}`: {}", code.name(), code.meaning())).collect();
    let schema =
        json!({ "allOf": [error, { "type": "object", "properties": { "code": { "enum": codes } } }] });
    json!({ "description": lines.join("\n"), "content": { (JSON): { "schema": schema } } })
}
