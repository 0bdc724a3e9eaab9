//! Notifications that are pushed to browsers, by way of a push service that decrypts them.

use crate::uploading::work;
use meeshy_harness::TestServer;
use meeshy_testkit::{Database, Person, PushService, SubscribedBrowser, both_databases};
use serde_json::{Value, json};
use std::time::Duration;

/// A server that may send to the service on this machine.
async fn server_on(database: Database) -> TestServer {
    TestServer::adjusted_on(database, |settings| settings.push.services = vec!["127.0.0.1".into()]).await
}

fn body(browser: &SubscribedBrowser) -> Value {
    let SubscribedBrowser { endpoint, p256dh, auth } = browser;
    json!({ "endpoint": endpoint, "keys": { "p256dh": p256dh, "auth": auth } })
}

async fn subscribe(person: &Person, service: &PushService, seed: u8) {
    let answer = person.post("/notifications/push/subscription", body(&service.subscribe(seed))).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// Does what is due, until nothing waits.
async fn settle(server: &TestServer) {
    let is_settled = async || {
        let waiting = "SELECT (SELECT count(*) FROM notification_queue) + \
            (SELECT count(*) FROM jobs WHERE kind = 'push-notification' AND run_at <= $1)";
        // The clock may go on meanwhile, but not as far as to the next attempt.
        let now = server.chat.now().plus(Duration::from_secs(5));
        server.store.read(move |tx| tx.fetch_one::<i64>(waiting, &[now.into()])).await.unwrap() == 0
    };
    work(server, "everything is sent", is_settled).await;
}

#[both_databases]
async fn a_browser_is_notified_of_what_its_user_has_not_read(database: Database) {
    let (server, service) = (server_on(database).await, PushService::start().await);
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "fr").await);
    let key = carlos.get("/notifications/push/key").await.body["data"]["publicKey"].clone();
    subscribe(&carlos, &service, 1).await;
    subscribe(&lea, &service, 2).await;
    let talk = lea.group(&[&carlos]).await;
    settle(&server).await;
    let message = lea.say(&talk, "regarde").await;
    settle(&server).await;
    let received = service.received(1);
    let shown: Vec<_> = received.iter().map(|pushed| &pushed.message["title"]).collect();
    assert_eq!(shown, ["Lea Test vous a ajouté à Trip", "Lea Test · Trip"]);
    let pushed = &received[1];
    assert_eq!(
        (&pushed.message["body"], &pushed.message["messageId"], &pushed.message["unread"]),
        (&json!("regarde"), &json!(message), &json!(2))
    );
    assert_eq!(json!(pushed.sender.0), key, "it comes from whom the browser has subscribed to");
    assert!(service.received(2).is_empty(), "she has written it");
    let listed = carlos.get("/notifications?limit=1").await.body;
    assert_eq!(listed["data"][0]["pushSent"], true);

    // Nor is what is gone by then.
    let gone = lea.say(&talk, "oups").await;
    service.answer(1, 503);
    settle(&server).await;
    let tried = service.received(1).len();
    service.answer(1, 201);
    assert_eq!(lea.delete(&format!("/messages/{gone}")).await.status, 200);
    server.hand.advance(Duration::from_secs(31));
    settle(&server).await;
    assert_eq!(service.received(1).len(), tried);

    // What is read by the time it would be sent is not sent.
    lea.say(&talk, "encore").await;
    assert_eq!(carlos.post(&format!("/conversations/{talk}/mark-as-read"), json!({})).await.status, 200);
    settle(&server).await;
    assert_eq!(service.received(1).len(), tried);
}

#[both_databases]
async fn a_locked_screen_shows_what_its_user_wants(database: Database) {
    let (server, service) = (server_on(database).await, PushService::start().await);
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "fr").await);
    subscribe(&carlos, &service, 1).await;
    let talk = lea.group(&[&carlos]).await;
    settle(&server).await;
    let prefer = async |values: Value| {
        assert_eq!(carlos.patch("/me/preferences/notification", values).await.status, 200);
    };
    let newest = async |text: &str| {
        let before = service.received(1).len();
        server.hand.advance(Duration::from_secs(1));
        lea.say(&talk, text).await;
        settle(&server).await;
        service.received(1).get(before).map(|pushed| pushed.message.clone())
    };
    prefer(json!({ "showPreview": false })).await;
    let hidden = newest("secret").await.unwrap();
    assert_eq!((&hidden["title"], &hidden["body"]), (&json!("Lea Test · Trip"), &json!("Message")));
    prefer(json!({ "showPreview": true, "showSenderName": false })).await;
    let nameless = newest("secret").await.unwrap();
    assert_eq!((&nameless["title"], &nameless["body"]), (&json!("Meeshy"), &json!("Message")));
    prefer(json!({ "showSenderName": true, "pushEnabled": false })).await;
    assert_eq!(newest("non").await, None);
    prefer(
        json!({ "pushEnabled": true, "dndEnabled": true, "dndStartTime": "00:00", "dndEndTime": "23:59" }),
    )
    .await;
    assert_eq!(newest("non").await, None);
    prefer(json!({ "dndEnabled": false })).await;
    assert_eq!(newest("oui").await.unwrap()["body"], "oui");
}

#[both_databases]
async fn dead_and_busy_browsers(database: Database) {
    let (server, service) = (server_on(database).await, PushService::start().await);
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "fr").await);
    for seed in [1, 2] {
        subscribe(&carlos, &service, seed).await;
    }
    let devices = async || carlos.get("/users/me/devices").await.body["data"].as_array().unwrap().len();
    assert_eq!(devices().await, 2);
    service.answer(1, 410);
    service.answer(2, 503);
    let talk = lea.group(&[&carlos]).await;
    settle(&server).await;
    assert_eq!(devices().await, 1, "one is gone");
    let sent = service.received(2).len();
    service.answer(2, 201);
    server.hand.advance(Duration::from_secs(31));
    settle(&server).await;
    let received = service.received(2);
    assert_eq!(received.len(), sent + 1, "it is tried again");
    assert_eq!(received[sent].message["type"], "new_conversation");
    server.hand.advance(Duration::from_secs(31));
    settle(&server).await;
    assert_eq!(service.received(2).len(), sent + 1, "once it has succeeded, it is done");

    // One that rejects everything is left alone.
    service.answer(2, 400);
    for number in 0..6 {
        server.hand.advance(Duration::from_secs(1));
        lea.say(&talk, &number.to_string()).await;
        settle(&server).await;
    }
    assert_eq!(service.received(2).len(), sent + 1 + 5);
    assert_eq!(carlos.get("/users/me/devices").await.body["data"][0]["isActive"], false);
}

#[both_databases]
async fn who_signs_out_is_notified_no_more(database: Database) {
    let (server, service) = (server_on(database).await, PushService::start().await);
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "fr").await);
    subscribe(&carlos, &service, 1).await;
    let other = server.sign_in("carlos").await;
    subscribe(&other, &service, 2).await;
    assert_eq!(carlos.post("/auth/logout", json!({})).await.status, 200);
    lea.group(&[&carlos]).await;
    settle(&server).await;
    assert_eq!((service.received(1).len(), service.received(2).len()), (0, 1));

    let removed = other.request(reqwest::Method::DELETE, "/notifications/push/subscription");
    let removed: Value =
        removed.json(&body(&service.subscribe(2))).send().await.unwrap().json().await.unwrap();
    assert_eq!(removed["data"]["deletedCount"], 1);
    lea.group(&[&carlos]).await;
    settle(&server).await;
    assert!(service.received(2).is_empty());
}

#[tokio::test]
async fn only_push_services_that_the_operator_allows() {
    let (server, service) = (server_on(Database::sqlite()).await, PushService::start().await);
    let lea = server.sign_up("lea", "fr").await;
    let known = body(&service.subscribe(1));
    for (field, value) in [
        ("endpoint", json!("https://evil.example.org/x")),
        ("endpoint", json!("http://169.254.169.254/latest")),
        ("endpoint", json!("nonsense")),
        ("keys", json!({ "p256dh": "AAAA", "auth": known["keys"]["auth"] })),
        ("keys", json!({ "p256dh": known["keys"]["p256dh"], "auth": "AAAA" })),
    ] {
        let mut body = known.clone();
        body[field] = value;
        assert_eq!(lea.post("/notifications/push/subscription", body.clone()).await.status, 400, "{body}");
    }
    let silent = TestServer::adjusted(|settings| settings.push.services.clear()).await;
    let lea = silent.sign_up("lea", "fr").await;
    assert_eq!(lea.get("/notifications/push/key").await.body["data"]["publicKey"], Value::Null);
    let refused = lea.post("/notifications/push/subscription", known).await;
    assert_eq!((refused.status, refused.code()), (422, "INVALID_OPERATION"));
}
