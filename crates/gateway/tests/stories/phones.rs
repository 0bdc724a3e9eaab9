//! Telephone numbers, over the API.

use meeshy_chat::retention::Bounds;
use meeshy_gateway::GatewayConfig;
use meeshy_harness::{Inbox, TestServer};
use meeshy_testkit::{eventually, registration};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::oneshot;

const NUMBER: &str = "+33612345678";

/// Does jobs until a text message is sent; returns its code.
async fn code(server: &TestServer, inbox: &Inbox) -> String {
    let (stop, stopping) = oneshot::channel::<()>();
    let chat = server.chat.clone();
    let stopped = async { drop(stopping.await) };
    let worker = tokio::spawn(async move { chat.jobs().run(Bounds::default(), stopped).await });
    eventually("every message is sent", async || {
        server.chat.jobs().states().await.unwrap().counts.waiting == 0
    })
    .await;
    drop(stop);
    worker.await.unwrap();
    inbox.take_texts().pop().unwrap().code()
}

fn inbox() -> (Arc<Inbox>, impl Fn(&mut meeshy_chat::Settings)) {
    let inbox = Arc::new(Inbox::default());
    let (mail, sms) = (inbox.settings(), inbox.sms());
    let adjust = move |settings: &mut meeshy_chat::Settings| {
        settings.mail = mail.clone();
        settings.sms = Some(sms.clone());
    };
    (inbox, adjust)
}

fn with(mut body: Value, more: Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

#[tokio::test]
async fn a_number_is_confirmed_taken_over_and_recovers_an_account() {
    let (inbox, adjust) = inbox();
    let server = TestServer::adjusted(adjust).await;
    let post = async |path: &str, body: Value| server.post(&format!("/api/v1{path}"), body).await;
    let lea = server.sign_up("lea", "en").await;
    let asked = lea.post("/users/me/change-phone", json!({ "newPhoneNumber": "06 12 34 56 78" })).await;
    assert_eq!(asked.body["data"]["pendingPhoneNumber"], NUMBER, "{}", asked.body);
    let body = json!({ "code": code(&server, &inbox).await });
    let changed = lea.post("/users/me/verify-phone-change", body).await;
    assert_eq!(changed.body["data"]["newPhoneNumber"], NUMBER, "{}", changed.body);

    // Somebody else registers with it. The password is not sent back.
    let form = with(registration("carlos", "es"), json!({ "phoneNumber": NUMBER, "phoneCountryCode": "FR" }));
    let conflict = post("/auth/register", form.clone()).await;
    let data = &conflict.body["data"];
    assert_eq!((conflict.status, &data["phoneOwnershipConflict"]), (200, &json!(true)), "{}", conflict.body);
    assert_eq!(data["phoneOwnerInfo"]["maskedEmail"], "l***@e***.org");
    assert_eq!(data["pendingRegistration"]["username"], "carlos");
    assert!(!conflict.body.to_string().contains(form["password"].as_str().unwrap()), "{}", conflict.body);
    let free = server.get(&format!("/api/v1/auth/check-availability?phoneNumber=%2B{}", &NUMBER[1..])).await;
    assert_eq!(free.body["data"]["phoneNumberAvailable"], false, "{}", free.body);
    let bad = with(form.clone(), json!({ "phoneTransferToken": "nonsense" }));
    let refused = post("/auth/register", bad).await;
    assert_eq!((refused.status, refused.code()), (400, "INVALID_TRANSFER_TOKEN"), "{}", refused.body);

    // They have the telephone, so the number becomes theirs.
    let begun = post("/auth/phone-transfer/initiate-registration", json!({ "phoneNumber": NUMBER })).await;
    let body = json!({ "transferId": begun.body["data"]["transferId"], "code": code(&server, &inbox).await });
    let verified = post("/auth/phone-transfer/verify-registration", body).await;
    assert_eq!(verified.body["data"]["verified"], true, "{}", verified.body);
    let token = &verified.body["data"]["transferToken"];
    let registered = post("/auth/register", with(form, json!({ "phoneTransferToken": token }))).await;
    let user = &registered.body["data"]["user"];
    assert_eq!(user["phoneNumber"], NUMBER, "{}", registered.body);
    assert!(user["phoneVerifiedAt"].is_string());
    assert_eq!(lea.get("/auth/me").await.body["data"]["user"]["phoneNumber"], Value::Null);

    // The new owner forgets the password. The answers have no envelope.
    let phone = async |step: &str, body: Value| {
        let answer = post(&format!("/auth/forgot-password/phone/{step}"), body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    };
    let unknown = phone("lookup", json!({ "phoneNumber": "+34612345678" })).await;
    assert_eq!(unknown, json!({ "success": false, "error": "user_not_found" }));
    let found = phone("lookup", json!({ "phoneNumber": NUMBER })).await;
    assert_eq!(found["maskedUserInfo"]["username"], "c***", "{found}");
    let id = &found["tokenId"];
    let wrong = json!({ "tokenId": id, "fullUsername": "carlos", "fullEmail": "lea@example.org" });
    let expected =
        json!({ "success": false, "codeSent": false, "attemptsRemaining": 2, "error": "identity_mismatch" });
    assert_eq!(phone("verify-identity", wrong).await, expected);
    let right = json!({ "tokenId": id, "fullUsername": "carlos", "fullEmail": "carlos@example.org" });
    assert_eq!(phone("verify-identity", right).await["codeSent"], true);
    assert_eq!(phone("resend", json!({ "tokenId": id })).await, json!({ "success": true }));
    let entered = json!({ "tokenId": id, "code": code(&server, &inbox).await });
    let done = phone("verify-code", entered.clone()).await;
    assert_eq!(phone("verify-code", entered).await["error"], "invalid_token");
    let reset = json!({
        "token": done["resetToken"], "newPassword": "battery staple", "confirmPassword": "battery staple",
    });
    assert_eq!(post("/auth/reset-password", reset).await.status, 200);

    // The old API gave a number to any account that somebody named.
    let number = json!({ "phoneNumber": NUMBER, "newUserId": user["id"] });
    let refused = lea.post("/auth/phone-transfer/initiate", number).await;
    assert_eq!((refused.status, &refused.body["details"][0]["field"]), (400, &json!("newUserId")));
    let own = json!({ "phoneNumber": NUMBER, "newUserId": lea.id });
    let begun = lea.post("/auth/phone-transfer/initiate", own).await;
    assert_eq!(begun.body["data"]["maskedOwnerInfo"]["username"], "c***", "{}", begun.body);
    let id = &begun.body["data"]["transferId"];
    let body = json!({ "transferId": id, "code": code(&server, &inbox).await });
    let moved = lea.post("/auth/phone-transfer/verify", body).await;
    assert_eq!(moved.body["data"]["transferred"], true, "{}", moved.body);
    let cancelled = post("/auth/phone-transfer/cancel", json!({ "transferId": id })).await;
    assert_eq!(cancelled.body, json!({ "success": true }));
}

#[tokio::test]
async fn looking_up_owners_is_limited() {
    let server = TestServer::start(GatewayConfig::default()).await;
    let check =
        async || server.post("/api/v1/auth/phone-transfer/check", json!({ "phoneNumber": NUMBER })).await;
    for _ in 0..3 {
        assert_eq!(check().await.body["data"], json!({ "exists": false }));
    }
    let refused = check().await;
    assert_eq!((refused.status, refused.code()), (429, "RATE_LIMIT_EXCEEDED"));
    // Old clients read the reason in the body.
    let body = json!({ "phoneNumber": NUMBER });
    let refused = server.post("/api/v1/auth/forgot-password/phone/lookup", body).await;
    assert_eq!((refused.status, &refused.body), (200, &json!({ "success": false, "error": "rate_limited" })));
    let lea = server.sign_up("lea", "en").await;
    let to = |last: u8| json!({ "phoneNumber": format!("+3361234560{last}") });
    for last in 0..5 {
        assert_eq!(lea.post("/auth/send-phone-code", to(last)).await.status, 200);
    }
    assert_eq!(lea.post("/auth/send-phone-code", to(5)).await.status, 429);
}
