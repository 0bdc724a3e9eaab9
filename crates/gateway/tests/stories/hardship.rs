//! Bad input gets a clear error, loses nothing, and never stops the server.

use meeshy_gateway::{GatewayConfig, Limit, RateLimits};
use meeshy_harness::{TestServer, unlimited};
use meeshy_testkit::{Socket, answer, both_databases};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

#[both_databases]
async fn invalid_events_are_rejected_with_a_message(server: TestServer) {
    let lea = server.sign_up("lea", "fr").await;
    let talk = lea.group(&[]).await;
    let mut socket = Socket::of(&server, &lea).await;
    let say = |content: &str| json!({ "conversationId": talk, "content": content });
    for (message, word) in [
        (Value::Null, "invalid event"),
        (json!([1, 2, 3]), "invalid event"),
        (json!("text"), "invalid event"),
        (json!({ "conversationId": talk }), "content"),
        (json!({ "conversationId": 7, "content": "x" }), "expected a string"),
        (say(""), "empty"),
        (say(&"x".repeat(4_001)), "longer"),
        (say("a\0b"), "NUL"),
        (json!({ "conversationId": "nowhere", "content": "x" }), "no such conversation"),
        (
            json!({ "conversationId": talk, "content": "x", "originalLanguage": "tlh" }),
            "`tlh` is not a language",
        ),
        (json!({ "conversationId": talk, "content": "x", "replyToId": "x" }), "replyToId"),
        (json!({ "conversationId": talk, "content": "x", "messageType": "smell" }), "messageType"),
        (
            json!({ "conversationId": talk, "content": "x", "clientMessageId": "x".repeat(65) }),
            "clientMessageId",
        ),
        (
            json!({ "conversationId": talk, "content": { "_placeholder": true, "num": 0 } }),
            "expected a string",
        ),
    ] {
        let refused = socket.ask("message:send", message.clone()).await;
        assert_eq!(refused["success"], false, "{message}");
        assert!(
            refused["code"].is_string() && refused["error"].as_str().unwrap().contains(word),
            "{refused}"
        );
    }
    for event in ["conversation:join", "conversation:leave", "typing:start", "typing:stop"] {
        socket.tell(event, json!({ "conversationId": null })).await;
        assert_eq!(socket.event("error").await["code"], "VALIDATION_ERROR", "{event}");
    }
    let unknown = socket.ask("message:teleport", json!({})).await;
    assert_eq!(unknown["code"], "UNKNOWN_EVENT");
    assert_eq!(socket.ask("message:send", say("Salut")).await["success"], true, "and it goes on");
}

#[tokio::test]
async fn invalid_packets_close_only_their_connection() {
    let server = TestServer::start(unlimited()).await;
    let lea = server.sign_up("lea", "fr").await;
    let talk = lea.group(&[]).await;
    let mut bystander = Socket::of(&server, &lea).await;
    for packet in [
        "",
        "x",
        "9",
        "4",
        "42",
        "42[",
        "42{}",
        "42[7]",
        "43[]",
        "45",
        "451-[\"message:send\"",
        "42/other,[\"x\"]",
        "4\u{1F600}",
    ] {
        let mut socket = Socket::of(&server, &lea).await;
        socket.write(packet).await;
        bystander.so_far().await;
    }
    let mut binary = Socket::of(&server, &lea).await;
    binary.write_binary(vec![0; 1000]).await;
    binary.closed().await;
    let mut attached = Socket::of(&server, &lea).await;
    attached.write(&format!("451-0{}", json!(["message:send", { "_placeholder": true, "num": 0 }]))).await;
    attached.write_binary(vec![1, 2, 3]).await;
    assert_eq!(attached.acknowledgement(0).await["code"], "BINARY_NOT_SUPPORTED");
    let mut huge = Socket::of(&server, &lea).await;
    huge.tell("message:send", json!({ "conversationId": talk, "content": "x".repeat(10_000_000) })).await;
    huge.closed().await;
    bystander.so_far().await;
    assert_eq!(lea.get(&format!("/conversations/{talk}/messages")).await.body["pagination"]["total"], 0);
}

#[tokio::test]
async fn a_flood_is_rejected_and_then_disconnected() {
    let rate_limits =
        RateLimits { events: Some(Limit::new("events", 10, Duration::from_secs(60))), ..RateLimits::off() };
    let server = TestServer::start(GatewayConfig { rate_limits, ..GatewayConfig::default() }).await;
    let lea = server.sign_up("lea", "fr").await;
    let mut socket = Socket::of(&server, &lea).await;
    for n in 0..20 {
        // Invalid events count as well.
        let answer = socket.ask("message:send", json!({ "content": n })).await;
        assert_eq!(answer["code"], if n < 10 { "VALIDATION_ERROR" } else { "RATE_LIMIT_EXCEEDED" }, "{n}");
    }
    socket.tell("typing:start", json!({})).await;
    let before = socket.closed().await;
    assert_eq!(before.last().unwrap().1["code"], "RATE_LIMIT_EXCEEDED");

    let mut stranger = Socket::connect(&server, json!({})).await;
    for _ in 0..21 {
        stranger.tell("message:send", json!({})).await;
    }
    let before = stranger.closed().await;
    assert_eq!(before.last().unwrap().1["code"], "RATE_LIMIT_EXCEEDED", "before authentication, too");
}

#[tokio::test]
async fn a_list_is_not_an_object() {
    let server = TestServer::start(unlimited()).await;
    let lea = server.sign_up("lea", "fr").await;
    let list = json!(["lea", "correct horse", "Eve", "Moss", "eve@example.org", "fr", "fr", "fr"]);
    let mut tried = 0;
    for endpoint in server.endpoints.iter().filter(|endpoint| endpoint.body.is_some()) {
        for body in [list.clone(), json!([list])] {
            let path = endpoint.path.replace(['{', '}'], "");
            let request = server.request(endpoint.method.clone(), &path).bearer_auth(&lea.token);
            let refused = answer(request.json(&body)).await;
            assert_eq!((refused.status, refused.code()), (400, "VALIDATION_ERROR"), "{path} {body}");
            tried += 1;
        }
    }
    assert!(tried > 20, "{tried}");
    let mut socket = Socket::of(&server, &lea).await;
    let talk = lea.group(&[]).await;
    for (event, list) in [("message:send", json!([talk, "hello"])), ("message:edit", json!(["id", "hello"]))]
    {
        let refused = socket.ask(event, list).await;
        assert_eq!(
            (&refused["success"], &refused["code"]),
            (&json!(false), &json!("VALIDATION_ERROR")),
            "{event}"
        );
    }
    socket.tell("conversation:join", json!([talk])).await;
    assert_eq!(socket.event("error").await["code"], "VALIDATION_ERROR");
}

#[tokio::test]
async fn invalid_bodies_are_rejected_in_json() {
    let server = TestServer::start(unlimited()).await;
    let lea = server.sign_up("lea", "fr").await;
    let post = |path: &str| server.request(Method::POST, path).bearer_auth(&lea.token);
    let text = |body: &str| {
        post("/api/v1/conversations").header("content-type", "application/json").body(body.to_owned())
    };
    for body in ["", "{", "null", "[]", "{\"type\":7}", "{\"type\":\"\\ud800\"}", "\u{feff}{}"] {
        let refused = answer(text(body)).await;
        assert_eq!((refused.status, refused.code()), (400, "VALIDATION_ERROR"), "{body}");
    }
    let large = answer(text(&" ".repeat(2 * 1024 * 1024))).await;
    assert_eq!((large.status, large.code()), (413, "PAYLOAD_TOO_LARGE"));
    let deep = answer(text(&"[".repeat(100_000))).await;
    assert_eq!(deep.status, 400);
    let method = answer(server.request(Method::DELETE, "/api/v1/conversations")).await;
    assert_eq!((method.status, method.code()), (405, "METHOD_NOT_ALLOWED"));
    let path = answer(server.request(Method::GET, "/api/v1/conversations/%ff").bearer_auth(&lea.token)).await;
    assert_eq!((path.status, path.code()), (400, "VALIDATION_ERROR"));
    // Signing out has the content type of JSON and no body.
    let out = post("/api/v1/auth/logout").header("content-type", "application/json");
    assert_eq!(answer(out).await.status, 200);
}
