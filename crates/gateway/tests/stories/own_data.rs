//! What belongs to a user: an export, and the deletion of the account, over the API.

use meeshy_domain::{Timestamp, UserId};
use meeshy_harness::TestServer;
use meeshy_store::notifications::{self, Expiry, Notification};
use meeshy_store::{StoreError, Tx};
use meeshy_testkit::{Socket, both_databases, eventually};
use serde_json::{Value, json};

#[both_databases]
async fn everything_that_belongs_to_a_user_is_exported(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let talk = lea.group(&[&carlos]).await;
    // More than one page.
    for number in 0..205 {
        lea.say(&talk, &format!("<b>{number}</b>")).await;
    }
    carlos.say(&talk, "un secreto").await;
    let waiting = async || server.chat.health().statistics().await.unwrap().translation_jobs_waiting;
    eventually("everything is translated", async || waiting().await == 0).await;
    let exported = lea.get("/me/export").await;
    assert_eq!((exported.status, exported.header("content-type")), (200, "application/json"));
    assert!(exported.header("content-disposition").starts_with("attachment"));
    let body = &exported.body;
    assert_eq!(body["profile"][0]["email"], "lea@example.org");
    let messages = body["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 205);
    assert_eq!(messages[204]["text"], "<b>204</b>");
    assert_eq!(messages[0]["translations"]["es"], "es: <b>0</b>");
    assert!(body["conversations"].as_array().unwrap().len() >= 2 && body["sessions"].is_array(), "{body}");
    assert!(!body.to_string().contains("un secreto"), "what others wrote is theirs");
    let page = server.request(reqwest::Method::GET, "/api/v1/me/export?format=html").bearer_auth(&lea.token);
    let page = page.send().await.unwrap();
    assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    let text = page.text().await.unwrap();
    assert!(
        text.contains("&lt;b&gt;204&lt;/b&gt;") && text.contains("Mes données"),
        "escaped, in her language"
    );
    assert!(!text.contains("<b>"));
}

fn notification(number: i64, user: UserId) -> Notification {
    Notification {
        id: format!("65b0000000000000{number:08x}"),
        user_id: user,
        kind: "new_message".into(),
        title: format!("title {number}"),
        content: format!("<i>{number}</i>"),
        data: None,
        priority: "normal".into(),
        is_read: true,
        read_at: Some(number),
        email_sent: false,
        push_sent: false,
        expires_at: None,
        created_at: number,
        sender_id: None,
        sender_username: Some("emma".into()),
        sender_avatar: None,
        sender_display_name: None,
        sender_first_name: None,
        sender_last_name: None,
        message_preview: None,
        conversation_id: None,
        message_id: None,
        call_session_id: None,
    }
}

#[both_databases]
async fn notifications_are_exported_with_the_archived_ones(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let (own, other): (UserId, UserId) = (lea.id.parse().unwrap(), carlos.id.parse().unwrap());
    let prepare = move |tx: &mut Tx<'_>| {
        for number in 1..=405 {
            notifications::insert(tx, &notification(number, own))?;
        }
        notifications::insert(tx, &notification(1_000, other))?;
        // Two places in the archive, with three notifications each.
        let expiry = Expiry { before: Timestamp::from_millis(7), unread_kept: 0 };
        for _ in 0..2 {
            notifications::archive(tx, own, expiry, 3)?;
        }
        Ok::<_, StoreError>(())
    };
    server.store.write(prepare).await.unwrap();
    let exported = lea.get("/me/export").await;
    let found = exported.body["notifications"].as_array().unwrap();
    let titles: Vec<_> = found.iter().map(|entry| entry["title"].as_str().unwrap().to_owned()).collect();
    let expected: Vec<_> = (1..=405).rev().map(|number| format!("title {number}")).collect();
    assert_eq!(titles, expected, "the newest first, and nobody else's");
    assert_eq!((&found[0]["type"], &found[0]["senderUsername"]), (&json!("new_message"), &json!("emma")));
    let page = server.request(reqwest::Method::GET, "/api/v1/me/export?format=html").bearer_auth(&lea.token);
    let text = page.send().await.unwrap().text().await.unwrap();
    assert!(
        text.contains("&lt;i&gt;405&lt;/i&gt;")
            && text.contains("&lt;i&gt;1&lt;/i&gt;")
            && !text.contains("<i>")
    );
}

#[both_databases]
async fn an_account_is_deleted_with_a_password(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let talk = lea.group(&[&carlos]).await;
    lea.say(&talk, "ok").await;
    let socket = Socket::of(&server, &lea).await;
    let delete = async |body: Value| {
        let request = server.request(reqwest::Method::DELETE, "/api/v1/me/account").bearer_auth(&lea.token);
        meeshy_testkit::answer(request.json(&body)).await
    };
    for wrong in [json!({}), json!({ "password": "wrong horse" })] {
        let refused = delete(wrong).await;
        assert_eq!((refused.status, &refused.body["details"][0]["field"]), (400, &json!("password")));
    }
    let done = delete(json!({ "password": meeshy_testkit::api::PASSWORD })).await;
    assert_eq!(done.status, 200, "{}", done.body);
    socket.closed().await;
    assert_eq!(lea.get("/auth/me").await.status, 401);
    let body = json!({ "username": "lea", "password": meeshy_testkit::api::PASSWORD });
    assert_eq!(server.post("/api/v1/auth/login", body).await.status, 401);
    let messages = carlos.get(&format!("/conversations/{talk}/messages")).await;
    let sender = &messages.body["data"][0]["sender"];
    assert_eq!(sender["displayName"], "Deleted account", "{}", messages.body);
    assert!(!messages.body.to_string().contains("lea"), "{}", messages.body);
    let jobs =
        |tx: &mut Tx<'_>| tx.fetch_one::<i64>("SELECT count(*) FROM jobs WHERE kind = 'delete-account'", &[]);
    assert_eq!(server.store.read::<_, StoreError>(jobs).await.unwrap(), 1, "the rest follows");
}

#[both_databases]
async fn consents_and_status_change_what_they_are_about(server: TestServer) {
    let lea = server.sign_up("lea", "fr").await;
    let refused = lea.patch("/me/preferences/audio", json!({ "voiceProfileEnabled": true })).await;
    assert_eq!(refused.code(), "CONSENT_REQUIRED");
    let both = json!({ "voiceDataConsent": true, "voiceProfileConsent": true });
    let given = lea.patch("/me/consents", both).await;
    assert!(given.body["data"]["voiceProfileConsentAt"].is_string(), "{}", given.body);
    let on = lea.patch("/me/preferences/audio", json!({ "voiceProfileEnabled": true })).await;
    assert_eq!(on.body["data"]["voiceProfileEnabled"], true, "{}", on.body);
    let withdrawn = lea.patch("/me/consents", json!({ "voiceDataConsent": false })).await;
    assert_eq!(withdrawn.body["data"]["voiceDataConsentAt"], Value::Null);
    let audio = lea.get("/me/preferences/audio").await;
    assert_eq!(audio.body["data"]["voiceProfileEnabled"], false, "{}", audio.body);

    let hidden = lea.put("/users/me/status", json!({ "status": "offline" })).await;
    assert_eq!(hidden.body["data"], json!({ "status": "offline", "showOnlineStatus": false }));
    let privacy = lea.get("/me/preferences/privacy").await;
    assert_eq!(privacy.body["data"]["showOnlineStatus"], false);
    lea.post("/user-preferences", json!({ "key": "font-family", "value": "inter" })).await;
    assert_eq!(lea.get("/user-preferences").await.body["data"][0]["value"], "inter");
}
