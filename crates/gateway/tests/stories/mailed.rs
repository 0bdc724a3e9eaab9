//! Links by e-mail, over the API.

use meeshy_chat::retention::Bounds;
use meeshy_gateway::GatewayConfig;
use meeshy_harness::{Email, Inbox, TestServer};
use meeshy_testkit::eventually;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::oneshot;

/// Does jobs until an e-mail is sent.
async fn email(server: &TestServer, inbox: &Inbox) -> Email {
    let (stop, stopping) = oneshot::channel::<()>();
    let chat = server.chat.clone();
    let stopped = async { drop(stopping.await) };
    let worker = tokio::spawn(async move { chat.jobs().run(Bounds::default(), stopped).await });
    eventually("every e-mail is sent", async || {
        server.chat.jobs().states().await.unwrap().counts.waiting == 0
    })
    .await;
    drop(stop);
    worker.await.unwrap();
    inbox.take().pop().unwrap()
}

#[tokio::test]
async fn links_lead_to_what_they_promise() {
    let inbox = Arc::new(Inbox::default());
    let settings = inbox.settings();
    let server = TestServer::adjusted(move |adjusted| adjusted.mail = settings.clone()).await;
    let lea = server.sign_up("lea", "en").await;
    let post = async |path: &str, body: Value| server.post(&format!("/api/v1{path}"), body).await;

    let sent = email(&server, &inbox).await;
    let body = json!({ "token": sent.parameter("token"), "email": "lea@example.org" });
    let verified = post("/auth/verify-email", body.clone()).await;
    assert_eq!(verified.body["data"]["alreadyVerified"], json!(false), "{}", verified.body);
    assert!(verified.body["data"]["verifiedAt"].is_string());
    assert_eq!(post("/auth/verify-email", body).await.body["data"]["alreadyVerified"], json!(true));

    let asked = post("/auth/magic-link/request", json!({ "email": "lea@example.org" })).await;
    assert_eq!((asked.status, &asked.body["success"]), (200, &json!(true)));
    let token = email(&server, &inbox).await.parameter("token");
    let signed_in = post("/auth/magic-link/validate", json!({ "token": token })).await;
    let data = &signed_in.body["data"];
    assert_eq!((&data["user"]["username"], &data["session"]["isTrusted"]), (&json!("lea"), &json!(false)));
    assert!(data["token"].is_string() && data["sessionToken"].is_string());
    let again = server.get(&format!("/api/v1/auth/magic-link/validate?token={token}")).await;
    assert_eq!((again.status, &again.body["details"][0]["field"]), (400, &json!("token")));

    post("/auth/forgot-password", json!({ "email": "lea@example.org" })).await;
    let token = email(&server, &inbox).await.parameter("token");
    let link = server.get(&format!("/api/v1/auth/reset-password/verify-token?token={token}")).await.body;
    assert_eq!((&link["valid"], &link["requires2FA"]), (&json!(true), &json!(false)), "{link}");
    let body = json!({
        "token": token, "newPassword": "battery staple", "confirmPassword": "battery staple",
    });
    assert_eq!(post("/auth/reset-password", body.clone()).await.status, 200);
    assert_eq!(post("/auth/reset-password", body).await.status, 400);
    assert_eq!(lea.get("/auth/me").await.status, 401);
    assert!(email(&server, &inbox).await.text.contains("was changed"));

    let login = json!({ "username": "lea", "password": "battery staple" });
    let token = post("/auth/login", login).await.body["data"]["token"].as_str().unwrap().to_owned();
    let as_lea = async |path: &str, body: Value| {
        let request = server.request(reqwest::Method::POST, &format!("/api/v1{path}"));
        meeshy_testkit::answer(request.bearer_auth(&token).json(&body)).await
    };
    let asked = as_lea("/users/me/change-email", json!({ "newEmail": "Lea@example.net" })).await;
    assert_eq!(asked.body["data"]["pendingEmail"], json!("lea@example.net"), "{}", asked.body);
    let body = json!({ "token": email(&server, &inbox).await.parameter("token") });
    let changed = as_lea("/users/me/verify-email-change", body).await;
    assert_eq!(changed.body["data"]["newEmail"], json!("lea@example.net"), "{}", changed.body);
    assert_eq!(email(&server, &inbox).await.to, "lea@example.org");
}

#[tokio::test]
async fn who_asks_learns_nothing_and_has_to_wait_after_three_times() {
    let server = TestServer::single(GatewayConfig::default()).await;
    server.sign_up("lea", "en").await;
    let ask = async |path: &str, name: &str| {
        let email = format!("{name}@example.org");
        server.post(&format!("/api/v1{path}"), json!({ "email": email })).await
    };
    for attempt in 0..4 {
        let (known, unknown) =
            (ask("/auth/forgot-password", "lea").await, ask("/auth/forgot-password", "nobody").await);
        assert_eq!(known.status, if attempt < 3 { 200 } else { 429 });
        assert_eq!(
            (known.status, known.body["message"].clone()),
            (unknown.status, unknown.body["message"].clone())
        );
        let (known, unknown) =
            (ask("/auth/magic-link/request", "LEA").await, ask("/auth/magic-link/request", "nobody").await);
        assert_eq!((known.status, &known.body), (200, &unknown.body));
        let limited = if attempt < 3 { Value::Null } else { json!("RATE_LIMITED") };
        assert_eq!((&known.body["error"], &known.body["success"]), (&limited, &json!(attempt < 3)));
    }
}
