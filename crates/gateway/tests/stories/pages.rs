//! Pages for browsers and for operators.

use meeshy_gateway::{Forwarding, GatewayConfig};
use meeshy_harness::{TestServer, unlimited};
use meeshy_testkit::answer;
use reqwest::Method;

#[tokio::test]
async fn operators_see_that_it_lives_and_how_it_does() {
    let server = TestServer::single(unlimited()).await;
    server.sign_up("lea", "fr").await;
    let mut health = server.get("/health").await.body;
    health["uptime"] = 0.into();
    health["version"] = "<version>".into();
    insta::assert_json_snapshot!("health", health);
    assert_eq!(server.get("/ready").await.status, 200);
    assert_eq!(server.get("/info").await.body["name"], "Meeshy");
}

#[tokio::test]
async fn unknown_paths_are_the_clients_page_or_a_404() {
    let server = TestServer::start(unlimited()).await;
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
    let server = TestServer::start(GatewayConfig { allowed_origins, ..unlimited() }).await;
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
    assert_eq!(preflight("/socket.io/", "https://evil.example").await.0, None);
    let own = format!("http://{}", server.address);
    for (origin, status) in
        [("https://friends.example", 200), (own.as_str(), 200), ("https://evil.example", 403), ("null", 403)]
    {
        for path in ["/api/v1/languages", "/socket.io/?EIO=4&transport=polling"] {
            let answer = server.request(Method::GET, path).header("origin", origin).send().await.unwrap();
            assert_eq!(answer.status(), status, "{path} for {origin}");
        }
        let websocket = server.request(Method::GET, "/socket.io/?EIO=4&transport=websocket");
        let websocket = websocket.header("connection", "upgrade").header("upgrade", "websocket");
        let websocket = websocket
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        let answer = websocket.header("origin", origin).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), if status == 200 { 101 } else { 403 }, "a socket for {origin}");
    }
}

#[tokio::test]
async fn own_pages_may_call_behind_a_proxy_and_are_told_to_use_tls() {
    let forwarding = Forwarding { trusted_hops: 1, ..Forwarding::default() };
    let server = TestServer::start(GatewayConfig { forwarding, ..unlimited() }).await;
    let call = |proto: &str| {
        let request =
            server.request(Method::GET, "/api/v1/languages").header("origin", "https://chat.example");
        request.header("x-forwarded-host", "chat.example").header("x-forwarded-proto", proto)
    };
    let over_tls = answer(call("https")).await;
    assert_eq!((over_tls.status, over_tls.header("strict-transport-security")), (200, "max-age=31536000"));
    assert!(
        over_tls
            .header("content-security-policy")
            .contains("connect-src 'self' ws://chat.example wss://chat.example")
    );
    assert_eq!(answer(call("http")).await.header("strict-transport-security"), "");
    let direct = TestServer::start(unlimited()).await;
    let spoofed = direct.request(Method::GET, "/api/v1/languages").header("x-forwarded-proto", "https");
    assert_eq!(answer(spoofed).await.header("strict-transport-security"), "");
}

#[tokio::test]
async fn private_answers_are_not_kept_by_caches() {
    let server = TestServer::start(unlimited()).await;
    let lea = server.sign_up("lea", "fr").await;
    assert_eq!(lea.get("/users/me").await.header("cache-control"), "no-store");
    assert_eq!(
        server.get("/api/v1/users/me").await.header("cache-control"),
        "no-store",
        "neither are refusals"
    );
    let page = server.request(Method::GET, "/").header("accept", "text/html").send().await.unwrap();
    assert_ne!(page.headers()["cache-control"], "public");
}
