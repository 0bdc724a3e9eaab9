//! What browsers and the operator's tools are given.

use crate::server::{Server, answer, unlimited};
use meeshy_gateway::GatewayConfig;
use reqwest::Method;

#[tokio::test]
async fn the_interface_is_described_and_the_description_is_fresh() {
    let server = Server::start(unlimited()).await;
    let described = server.get("/docs/openapi.json").await.body;
    insta::assert_json_snapshot!("openapi", described);
    let page = server.request(Method::GET, "/docs").send().await.unwrap().text().await.unwrap();
    for endpoint in &server.endpoints {
        let method = endpoint.method.as_str().to_lowercase();
        let is_this_page = endpoint.path.starts_with("/docs");
        assert!(is_this_page || described["paths"][&endpoint.path][&method].is_object(), "{endpoint:?}");
        assert!(is_this_page || page.contains(&endpoint.path), "{endpoint:?}");
    }
}

#[tokio::test]
async fn operators_see_that_it_lives_and_how_it_does() {
    let server = Server::start(unlimited()).await;
    server.sign_up("lea", "fr").await;
    let mut health = server.get("/health").await.body;
    health["uptime"] = 0.into();
    health["version"] = "<version>".into();
    insta::assert_json_snapshot!("health", health);
    assert_eq!(server.get("/ready").await.status, 200);
    assert_eq!(server.get("/info").await.body["name"], "Meeshy");
    let metrics = server.request(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    let counted =
        "meeshy_http_requests_total{method=\"POST\",route=\"/api/v1/auth/register\",status=\"200\"}";
    assert!(metrics.contains(counted), "{metrics}");
    assert!(metrics.contains("meeshy_http_request_seconds_bucket"), "{metrics}");
    for secret in ["lea", "127.0.0.1", "example.org"] {
        assert!(!metrics.contains(secret), "{metrics}");
    }
}

#[tokio::test]
async fn unknown_paths_are_the_clients_page_or_a_404() {
    let server = Server::start(unlimited()).await;
    let get = |path: &str, accept: &str| server.request(Method::GET, path).header("accept", accept).send();
    for path in ["/", "/c/65a0c0ffee0123456789abcd", "/settings"] {
        let page = get(path, "text/html,*/*").await.unwrap();
        assert_eq!(page.status(), 200, "{path}");
        assert!(page.headers()["content-type"].to_str().unwrap().starts_with("text/html"), "{path}");
        assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'self'"));
        assert_eq!(page.headers()["x-content-type-options"], "nosniff");
        assert_eq!(page.headers()["x-frame-options"], "DENY");
    }
    for path in ["/api/v1/nowhere", "/assets/gone.js", "/api/"] {
        let missing = answer(server.request(Method::GET, path).header("accept", "text/html")).await;
        assert_eq!((missing.status, missing.code()), (404, "NOT_FOUND"), "{path}");
    }
    assert_eq!(answer(server.request(Method::GET, "/robots.txt")).await.status, 404);
}

#[tokio::test]
async fn other_sites_may_call_when_they_are_listed() {
    let allowed_origins = vec!["https://friends.example".to_owned()];
    let server = Server::start(GatewayConfig { allowed_origins, ..unlimited() }).await;
    let preflight = async |path: &str, origin: &str| {
        let request = server.request(Method::OPTIONS, path).header("origin", origin);
        let request = request
            .header("access-control-request-method", "PATCH")
            .header("access-control-request-headers", "authorization,content-type,x-session-token");
        let headers = request.send().await.unwrap().headers().clone();
        let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        (header("access-control-allow-origin"), header("access-control-allow-credentials"))
    };
    let listed = preflight("/api/v1/users/me", "https://friends.example").await;
    assert_eq!(listed, (Some("https://friends.example".into()), Some("true".into())));
    assert_eq!(preflight("/api/v1/users/me", "https://evil.example").await.0, None);
    // Sockets show their own credentials, so any page may open one.
    let socket = preflight("/socket.io/", "https://evil.example").await;
    assert_eq!(socket.0, Some("https://evil.example".into()));
}
