//! The generated documents in the repository are up to date.

use crate::server::{Server, unlimited};
use meeshy_gateway::routes::Access;
use serde_json::Value;
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
    let server = Server::start(unlimited()).await;
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
    let server = Server::start(unlimited()).await;
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
    let server = Server::start(unlimited()).await;
    let described = server.get("/docs/openapi.json").await.body;
    let mut found = BTreeSet::new();
    references(&described, &mut found);
    for reference in &found {
        assert!(described.pointer(reference.trim_start_matches('#')).is_some(), "{reference} leads nowhere");
    }
    for name in described["components"]["schemas"].as_object().unwrap().keys() {
        assert!(found.contains(&format!("#/components/schemas/{name}")), "nothing uses {name}");
        // A second type of the same name gets a number.
        assert!(!name.ends_with(|last: char| last.is_ascii_digit()), "{name} is the second of its name");
    }
}
