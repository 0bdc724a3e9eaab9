//! NUL characters, which no database can store, in every place of a request.

use crate::access::body;
use meeshy_gateway::routes::Endpoint;
use meeshy_harness::TestServer;
use meeshy_testkit::{Person, both_databases};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

const NUL: &str = "a%00b";

/// The path with `value` for each of its parameters.
fn path(endpoint: &Endpoint, value: &str) -> String {
    let part = |part: &str| if part.starts_with('{') { value.to_owned() } else { part.to_owned() };
    endpoint.path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// Copies of the body, each with one of its texts replaced by a NUL.
fn bodies(body: &Value) -> Vec<Value> {
    let Some(fields) = body.as_object() else { return vec![json!(["a\0b"])] };
    let texts = fields.iter().filter(|(_, value)| value.is_string());
    texts
        .map(|(name, _)| {
            let mut changed = body.clone();
            changed[name] = json!("a\0b");
            changed
        })
        .collect()
}

async fn is_no_failure(request: RequestBuilder, person: &Person, place: &str) {
    let answer = request.bearer_auth(&person.token).send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_client_error() || status.is_success(), "{place}: {status} {text}");
}

async fn try_everywhere(server: &TestServer, endpoint: &Endpoint, person: &Person, place: &str) {
    let request = |path: &str| server.request(endpoint.method.clone(), path);
    let body = body(endpoint, person);
    let with_body = |request: RequestBuilder| match endpoint.method {
        Method::GET => request,
        _ => request.json(&body),
    };
    if endpoint.path.contains('{') {
        is_no_failure(with_body(request(&path(endpoint, NUL))), person, place).await;
    }
    let plain = path(endpoint, "65a0c0ffee0123456789abcd");
    for name in &endpoint.query {
        is_no_failure(with_body(request(&format!("{plain}?{name}={NUL}"))), person, place).await;
    }
    if endpoint.method != Method::GET {
        for body in bodies(&body) {
            is_no_failure(request(&plain).json(&body), person, &format!("{place} with {body}")).await;
        }
    }
}

#[both_databases]
async fn a_nul_is_rejected_by_every_route(server: TestServer) {
    for (number, endpoint) in server.endpoints.iter().enumerate() {
        let person = server.sign_up(&format!("person{number}"), "fr").await;
        let place = format!("{} {}", endpoint.method, endpoint.path);
        try_everywhere(&server, endpoint, &person, &place).await;
    }
    let lea = server.sign_up("lea", "fr").await;
    let answer = lea.get("/api/v1/users/search?q=a%00b").await;
    assert_ne!(answer.status, 500, "{}", answer.body);
    let answer = server.get("/api/v1/auth/check-availability?username=a%00b").await;
    assert_ne!(answer.status, 500, "{}", answer.body);
}
