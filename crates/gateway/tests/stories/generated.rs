//! The generated documents in the repository are up to date.

use meeshy_gateway::routes::Access;
use meeshy_harness::{TestServer, unlimited};
use meeshy_wire::{Audience, EventEntry, Schemas, Sender};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Compares a file of the repository with its generated content; with `UPDATE_GENERATED` set, writes it.
fn check(path: &str, fresh: &str) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::write(file, fresh).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(file).unwrap_or_default();
    assert!(kept == fresh, "{path} is stale: run `make generate`, look at what has changed, and commit it");
}

#[tokio::test]
async fn the_description_of_the_interface_is_fresh() {
    let server = TestServer::start(unlimited()).await;
    let described = server.get("/docs/openapi.json").await.body;
    check("docs/openapi.json", &format!("{described:#}\n"));
    let page = server.request(reqwest::Method::GET, "/docs").send().await.unwrap().text().await.unwrap();
    for endpoint in server.endpoints.iter().filter(|endpoint| !endpoint.path.starts_with("/docs")) {
        let operation =
            &described["paths"][endpoint.path.replace("{*", "{")][&endpoint.method.as_str().to_lowercase()];
        let good = operation["responses"].as_object().unwrap().keys().any(|status| status.starts_with('2'));
        assert!(good, "{endpoint:?}");
        assert!(page.contains(&endpoint.path), "{endpoint:?}");
    }
}

#[tokio::test]
async fn every_route_is_declared_as_its_handler_reads_it() {
    let server = TestServer::start(unlimited()).await;
    for endpoint in &server.endpoints {
        let variable =
            |part: &str| Some(part.strip_prefix('{')?.strip_suffix('}')?.trim_start_matches('*').to_owned());
        let in_path: Vec<String> = endpoint.path.split('/').filter_map(variable).collect();
        assert_eq!(in_path, endpoint.segments, "{endpoint:?}");
        let asks = !matches!(endpoint.access, Access::Anyone | Access::Link | Access::Key | Access::Operator);
        assert!(asks || !endpoint.takes_caller, "{endpoint:?}");
        assert_ne!(endpoint.body, Some(Value::Null), "an example is missing: {endpoint:?}");
    }
}

/// Every reference in a document is resolved, and nothing is unused or duplicated.
#[tokio::test]
async fn the_description_is_complete() {
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let server = TestServer::start(unlimited()).await;
    let described = server.get("/docs/openapi.json").await.body;
    let mut found = BTreeSet::new();
    references(&described, &mut found);
    let mut schemas = Schemas::default();
    let events =
        [meeshy_wire::client_events(&mut schemas), meeshy_wire::server_events(&mut schemas)].concat();
    for EventEntry { payload, answer, .. } in &events {
        references(payload, &mut found);
        answer.iter().for_each(|answer| references(answer, &mut found));
    }
    for reference in &found {
        assert!(described.pointer(reference.trim_start_matches('#')).is_some(), "{reference} leads nowhere");
    }
    for name in described["components"]["schemas"].as_object().unwrap().keys() {
        assert!(found.contains(&format!("#/components/schemas/{name}")), "nothing uses {name}");
        // A second type of the same name gets a number.
        assert!(!name.ends_with(|last: char| last.is_ascii_digit()), "{name} is the second of its name");
    }
}

/// The schema of a document that a reference leads to, and its name.
fn named<'s>(schema: &'s Value, schemas: &'s Map<String, Value>) -> Option<(&'s str, &'s Value)> {
    let name = schema["$ref"].as_str()?.rsplit('/').next()?;
    Some((name, schemas.get(name)?))
}

/// The type of a field, in words.
fn type_of(schema: &Value) -> String {
    if let Some(path) = schema["$ref"].as_str() {
        let name = path.rsplit('/').next().unwrap_or_default();
        return format!("[{name}](#{})", name.to_lowercase());
    }
    let choices = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array());
    if let Some(choices) = choices {
        return choices.iter().map(type_of).collect::<Vec<_>>().join(" or ");
    }
    if let Some(constant) = schema.get("const") {
        return format!("`{constant}`");
    }
    if let Some(values) = schema["enum"].as_array() {
        return values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(" or ");
    }
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        Value::String(kind) => kind.clone(),
        _ => "any".to_owned(),
    };
    match kinds.as_str() {
        "array" => format!("list of {}", type_of(&schema["items"])),
        "object" if schema["additionalProperties"].is_object() => {
            format!("map to {}", type_of(&schema["additionalProperties"]))
        }
        _ => kinds,
    }
}

fn in_a_line(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}

/// A payload as a section of the page.
fn section(name: &str, schema: &Value) -> String {
    let about = in_a_line(schema["description"].as_str().unwrap_or_default());
    let Some(fields) = schema["properties"].as_object() else {
        return format!("### {name}\n\n{about} It is {}.\n\n", type_of(schema));
    };
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let rows = fields.iter().map(|(field, schema)| {
        let is_optional = !required.iter().any(|name| name == field);
        let about = in_a_line(schema["description"].as_str().unwrap_or_default());
        format!("| `{field}`{} | {} | {about} |\n", if is_optional { "?" } else { "" }, type_of(schema))
    });
    format!("### {name}\n\n{about}\n\n| field | type | |\n|---|---|---|\n{}\n", rows.collect::<String>())
}

/// Every schema that some schemas lead to.
fn reachable<'s>(from: &'s Value, schemas: &'s Map<String, Value>, found: &mut BTreeSet<&'s str>) {
    match from {
        Value::Object(fields) => {
            if let Some((name, schema)) = named(from, schemas)
                && found.insert(name)
            {
                reachable(schema, schemas, found);
            }
            fields.values().for_each(|value| reachable(value, schemas, found));
        }
        Value::Array(items) => items.iter().for_each(|value| reachable(value, schemas, found)),
        _ => {}
    }
}

#[test]
fn the_reference_of_the_events_is_fresh() {
    let mut all = Schemas::default();
    let (from_clients, from_server) =
        (meeshy_wire::client_events(&mut all), meeshy_wire::server_events(&mut all));
    let schemas = all.into_definitions();
    let mut page = "# Events\n\nEvery event of the Socket.IO interface, generated from `crates/wire/src/catalogue.rs`. How sockets \
                    connect and what the server promises is in [interface.md](interface.md#socketio).\n\n## From clients\n\n\
                    | event | payload | acknowledgement | senders | when |\n|---|---|---|---|---|\n"
        .to_owned();
    for EventEntry { name, summary, payload, answer, sender, .. } in &from_clients {
        let (answer, sender) =
            (answer.as_ref().map(type_of).unwrap_or_default(), sender.map_or("", Sender::describe));
        page += &format!("| `{name}` | {} | {answer} | {sender} | {summary} |\n", type_of(payload));
    }
    page += "\n## From the server\n\n| event | payload | receivers | when |\n|---|---|---|---|\n";
    for EventEntry { name, summary, payload, audience, .. } in &from_server {
        let audience = audience.map_or("", Audience::describe);
        page += &format!("| `{name}` | {} | {audience} | {summary} |\n", type_of(payload));
    }
    page += "\n## Payloads\n\nA `?` marks a field that may be missing.\n\n";
    let mut found = BTreeSet::new();
    for entry in from_clients.iter().chain(&from_server) {
        reachable(&entry.payload, &schemas, &mut found);
        entry.answer.iter().for_each(|answer| reachable(answer, &schemas, &mut found));
    }
    for name in found {
        page += &section(name, &schemas[name]);
    }
    check("docs/events.md", &format!("{}\n", page.trim_end()));
}

#[test]
fn the_types_of_the_events_are_fresh() {
    let mut all = Schemas::default();
    let (from_clients, from_server) =
        (meeshy_wire::client_events(&mut all), meeshy_wire::server_events(&mut all));
    let schemas = all.into_definitions();
    let name_of = |schema: &Value| named(schema, &schemas).map(|(name, _)| name.to_owned()).unwrap();
    let mut used = BTreeSet::new();
    let (mut client, mut server) = (String::new(), String::new());
    for EventEntry { name, summary, payload, answer, .. } in &from_clients {
        let payload = name_of(payload);
        let answer = answer.as_ref().map(&name_of);
        let taken =
            answer.as_ref().map(|answer| format!(", answer: (ack: {answer}) => void")).unwrap_or_default();
        client += &format!("  /** {summary} */\n  \"{name}\": (payload: {payload}{taken}) => void;\n");
        used.insert(payload);
        used.extend(answer);
    }
    for EventEntry { name, summary, payload, .. } in &from_server {
        let payload = name_of(payload);
        server += &format!("  /** {summary} */\n  \"{name}\": (payload: {payload}) => void;\n");
        used.insert(payload);
    }
    let names: String = used.iter().map(|name| format!("  {name},\n")).collect();
    let types = format!(
        "// Generated from crates/wire/src/catalogue.rs: run `make generate`.\n\nimport type {{\n{names}}} from \"./schema\";\n\n\
         /** Events that this client sends. */\nexport interface ClientEvents {{\n{client}}}\n\n\
         /** Events that the server sends. */\nexport interface ServerEvents {{\n{server}}}\n"
    );
    check("web/src/api/events.ts", &types);
}
