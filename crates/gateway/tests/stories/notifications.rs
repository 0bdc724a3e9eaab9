//! Notifications over the API, on all devices of a user.

use crate::uploading::work;
use meeshy_harness::TestServer;
use meeshy_store::{StoreError, Tx};
use meeshy_testkit::{Socket, both_databases};
use serde_json::{Value, json};

/// Stores notifications of a user, the newest last.
async fn store(server: &TestServer, user: &str, kinds: &'static [&'static str]) {
    let user = user.to_owned();
    let write = move |tx: &mut Tx<'_>| {
        for (number, kind) in (1_i64..).zip(kinds) {
            tx.execute(
                "INSERT INTO notifications (id, user_id, type, title, content, created_at) \
                 VALUES ($1, $2, $3, 'Title', 'Text', $4)",
                &[
                    format!("65f00000000000000000000{number}").into(),
                    user.as_str().into(),
                    (*kind).into(),
                    number.into(),
                ],
            )?;
        }
        Ok::<_, StoreError>(())
    };
    server.store.write(write).await.unwrap();
}

#[both_databases]
async fn old_clients_find_their_notifications(server: TestServer) {
    let lea = server.sign_up("lea", "fr").await;
    store(&server, &lea.id, &["system", "user_mentioned", "user_mentioned"]).await;
    // The web client passes `sortBy` and reads an object; others read a list.
    let web = lea.get("/notifications?offset=0&limit=2&sortBy=createdAt&sortOrder=desc").await.body;
    assert_eq!(web["data"]["notifications"].as_array().unwrap().len(), 2, "{web}");
    assert_eq!((&web["data"]["unreadCount"], &web["data"]["pagination"]["total"]), (&json!(3), &json!(3)));
    let phone = lea.get("/notifications?unread=true&type=system").await.body;
    assert_eq!((&phone["data"][0]["type"], &phone["unreadCount"]), (&json!("system"), &json!(3)), "{phone}");
    assert_eq!(phone["pagination"]["total"], 1);
    let none =
        lea.get("/notifications?isRead=true&priority=all&startDate=2026-01-01T00:00:00.000Z").await.body;
    assert_eq!(none["data"], json!([]));
    let unread = lea.get("/notifications/unread/count").await.body;
    assert_eq!((&unread["count"], &unread["data"]["count"]), (&json!(3), &json!(3)));
    let counts = lea.get("/notifications/counts").await.body;
    let expected = json!({ "total": 3, "unread": 3, "byType": { "system": 1, "user_mentioned": 2 } });
    assert_eq!((&counts["counts"], &counts["data"]), (&expected, &expected));
    assert_eq!(lea.get("/notifications/stats").await.body["data"], expected);
}

#[both_databases]
async fn devices_keep_in_step(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    store(&server, &lea.id, &["system", "user_mentioned"]).await;
    let mut hers = Socket::of(&server, &lea).await;
    let one = "65f000000000000000000001";
    assert_eq!(lea.patch(&format!("/notifications/{one}/read"), json!({})).await.status, 200);
    assert_eq!(hers.event("notification:read").await, json!({ "notificationId": one }));
    assert_eq!(hers.event("notification:counts").await["unread"], 1);
    assert_eq!(lea.delete(&format!("/notifications/{one}")).await.status, 200);
    assert_eq!(hers.event("notification:deleted").await, json!({ "notificationId": one }));
    assert_eq!(hers.event("notification:counts").await["total"], 1);
    assert_eq!(lea.patch("/notifications/read-all", Value::Null).await.status, 200);
    assert_eq!(hers.event("notification:counts").await["unread"], 0);
    assert_eq!(lea.delete("/notifications/read").await.status, 200);
    assert_eq!(hers.event("notification:counts").await["total"], 0);
    let missing = carlos.patch(&format!("/notifications/{one}/read"), json!({})).await;
    assert_eq!((missing.status, missing.code()), (404, "NOT_FOUND"));
}

#[both_databases]
async fn new_notifications_arrive_live(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "fr").await);
    let mut his = Socket::of(&server, &carlos).await;
    let mut hers = Socket::of(&server, &lea).await;
    let talk = lea.group(&[&carlos]).await;
    let message = lea.say(&talk, "@carlos regarde").await;
    let is_notified = async || carlos.get("/notifications/unread/count").await.body["count"] == json!(2);
    work(&server, "Carlos is notified", is_notified).await;
    let added = his.event("notification").await;
    assert_eq!(
        (&added["type"], &added["title"]),
        (&json!("new_conversation"), &json!("Lea Test vous a ajouté à Trip"))
    );
    let mentioned = his.event("notification").await;
    assert_eq!((&mentioned["type"], &mentioned["messageId"]), (&json!("user_mentioned"), &json!(message)));
    assert_eq!(
        (&mentioned["messagePreview"], &mentioned["senderUsername"], &mentioned["isRead"]),
        (&json!("@carlos regarde"), &json!("lea"), &json!(false))
    );
    assert_eq!(mentioned["data"]["conversationType"], "group", "an object: {mentioned}");
    let listed = carlos.get("/notifications?limit=1").await.body;
    assert!(listed["data"][0]["data"].is_string(), "{listed}");
    assert_eq!(carlos.post(&format!("/conversations/{talk}/mark-as-read"), json!({})).await.status, 200);
    assert_eq!(his.event("notification:counts").await["unread"], 0);
    let heard = hers.so_far().await;
    assert!(heard.iter().all(|(name, _)| name != "notification"), "they are his: {heard:?}");
}

#[both_databases]
async fn a_conversation_is_muted_and_a_notification_tried_out(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "fr").await);
    let talk = lea.group(&[&carlos]).await;
    let muted = async |what: &str, id: &str| {
        carlos.post(&format!("/notifications/{what}"), json!({ "conversationId": id })).await
    };
    let preference = async || {
        carlos.get(&format!("/user-preferences/conversations/{talk}")).await.body["data"]["isMuted"].clone()
    };
    assert_eq!(muted("mute", &talk).await.body["success"], true);
    assert_eq!(preference().await, true);
    assert_eq!(muted("unmute", &talk).await.status, 200);
    assert_eq!(preference().await, false);
    assert_eq!(muted("mute", "65f000000000000000000001").await.status, 404);

    let mut his = Socket::of(&server, &carlos).await;
    let body = json!({ "type": "system", "title": "Essai", "content": "Bonjour", "data": { "a": 1 } });
    let created = carlos.post("/notifications/test", body).await;
    assert_eq!((created.status, &created.body["data"]["title"]), (201, &json!("Essai")));
    assert_eq!(his.event("notification").await["data"], json!({ "a": 1 }));
    assert_eq!(his.event("notification:counts").await["byType"]["system"], 1);
    for (field, value) in [
        ("type", json!("nonsense")),
        ("title", json!("")),
        ("content", json!("x".repeat(1001))),
        ("data", json!({ "a": "x".repeat(5000) })),
    ] {
        let mut body = json!({ "type": "system", "title": "Essai", "content": "Bonjour" });
        body[field] = value;
        assert_eq!(carlos.post("/notifications/test", body).await.status, 400, "{field}");
    }
}
