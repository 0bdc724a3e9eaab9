//! What users hide from others, over REST and sockets.

use meeshy_harness::{Single, TestServer};
use meeshy_testkit::{Answer, Person, Socket, both_databases};
use serde_json::{Value, json};

async fn hide(person: &Person, hidden: Value) {
    let saved = person.patch("/me/preferences/privacy", hidden).await;
    assert_eq!(saved.status, 200, "{}", saved.body);
}

/// The user of one of the members, as `who` sees them.
async fn seen(who: &Person, talk: &str, id: &str) -> Value {
    let shown = who.get(&format!("/conversations/{talk}")).await.body;
    let members = shown["data"]["members"].as_array().unwrap();
    members.iter().find(|member| member["userId"] == id).unwrap()["user"].clone()
}

async fn participants(who: &Person, talk: &str, query: &str) -> Vec<Value> {
    let Answer { body, .. } = who.get(&format!("/conversations/{talk}/participants?{query}")).await;
    body["data"].as_array().unwrap().clone()
}

#[both_databases]
async fn presence_is_hidden_from_others_only(Single(server): Single) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let talk = lea.group(&[&carlos]).await;
    let mut at_lea = Socket::of(&server, &lea).await;
    let mut at_carlos = Socket::of(&server, &carlos).await;
    assert_eq!(at_lea.event("user:status").await["userId"], lea.id.as_str());
    let online = at_lea.event("user:status").await;
    assert_eq!((&online["userId"], &online["isOnline"]), (&json!(carlos.id), &json!(true)));
    assert!(online["lastActiveAt"].is_string());

    hide(&carlos, json!({ "showOnlineStatus": false, "showLastSeen": false })).await;
    let offline = at_lea.event("user:status").await;
    assert_eq!((&offline["isOnline"], &offline["lastActiveAt"]), (&json!(false), &Value::Null));
    let hidden = seen(&lea, &talk, &carlos.id).await;
    assert_eq!((&hidden["isOnline"], &hidden["lastActiveAt"]), (&json!(false), &Value::Null));
    let own = seen(&carlos, &talk, &carlos.id).await;
    assert_eq!(own["isOnline"], true);
    assert!(own["lastActiveAt"].is_string());
    assert_eq!(carlos.get("/auth/me").await.body["data"]["user"]["isOnline"], true);
    for (who, count) in [(&lea, 1), (&carlos, 2)] {
        assert_eq!(participants(who, &talk, "onlineOnly=true").await.len(), count);
        let shown = who.get(&format!("/conversations/{talk}")).await.body;
        let online = &shown["data"]["meta"]["conversationStats"]["onlineUsers"];
        assert_eq!(online.as_array().unwrap().len(), count);
    }
    let listed = participants(&lea, &talk, "search=carlos").await;
    assert_eq!((&listed[0]["isOnline"], &listed[0]["lastActiveAt"]), (&json!(false), &Value::Null));
    carlos.say(&talk, "hola").await;
    let sender = at_lea.event("message:new").await["sender"].clone();
    assert_eq!((&sender["isOnline"], &sender["lastActiveAt"]), (&json!(false), &Value::Null));
    let found = lea.get("/users/search?q=carlos").await.body;
    assert_eq!(found["data"][0]["lastActiveAt"], Value::Null);

    // A device that connects now is announced to nobody; once it is shown again, the user is.
    drop(Socket::of(&server, &carlos).await);
    hide(&carlos, json!({ "showOnlineStatus": true })).await;
    let online = at_lea.event("user:status").await;
    assert_eq!((&online["isOnline"], &online["lastActiveAt"]), (&json!(true), &Value::Null));
    let heard = at_carlos.so_far().await;
    let about_self = |(name, data): &&(String, Value)| name == "user:status" && data["userId"] == carlos.id;
    assert!(heard.iter().filter(about_self).all(|(_, data)| data["isOnline"] == true), "{heard:?}");
}

#[both_databases]
async fn typing_and_reading_are_hidden_from_others_only(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let talk = lea.group(&[&carlos]).await;
    hide(&carlos, json!({ "showTypingIndicator": false, "showReadReceipts": false })).await;
    let mut at_lea = Socket::of(&server, &lea).await;
    let (mut at_carlos, mut beside) =
        (Socket::of(&server, &carlos).await, Socket::of(&server, &carlos).await);
    let typing = json!({ "conversationId": talk });
    at_carlos.tell("typing:start", typing.clone()).await;
    at_carlos.tell("typing:stop", typing.clone()).await;
    lea.say(&talk, "hola").await;
    assert_eq!(beside.event("conversation:unread-updated").await["unreadCount"], 1);
    let before = lea.get(&format!("/conversations/{talk}/events?after=0")).await.body;
    assert_eq!(carlos.post(&format!("/conversations/{talk}/read"), json!({})).await.status, 200);
    // The other device of the reader knows, on any gateway.
    assert_eq!(beside.event("read-status:updated").await["userId"], carlos.id.as_str());
    assert_eq!(beside.event("conversation:unread-updated").await["unreadCount"], 0);
    let after = lea.get(&format!("/conversations/{talk}/events?after=0")).await.body;
    assert!(!after.to_string().contains("read-status"), "{after}");
    assert!(after["data"]["lastEventNumber"].as_i64() >= before["data"]["lastEventNumber"].as_i64());

    hide(&carlos, json!({ "showTypingIndicator": true, "showReadReceipts": true })).await;
    lea.say(&talk, "hola?").await;
    assert_eq!(carlos.post(&format!("/conversations/{talk}/read"), json!({})).await.status, 200);
    assert_eq!(at_lea.event("read-status:updated").await["userId"], carlos.id.as_str());
    let heard = at_lea.so_far().await;
    assert!(heard.iter().all(|(name, _)| !name.starts_with("typing")), "{heard:?}");
    // What was logged before is not shown with the position of now.
    hide(&carlos, json!({ "showReadReceipts": false })).await;
    let after = lea.get(&format!("/conversations/{talk}/events?after=0")).await.body;
    assert!(!after.to_string().contains("read-status"), "{after}");
    let own = carlos.get(&format!("/conversations/{talk}/events?after=0")).await.body;
    assert!(own.to_string().contains("read-status"), "{own}");
}

#[both_databases]
async fn a_hidden_profile_is_not_found(Single(server): Single) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let found = async || lea.get("/users/search?q=carlos").await.body["pagination"]["total"].clone();
    assert_eq!(found().await, 1);
    hide(&carlos, json!({ "hideProfileFromSearch": true })).await;
    assert_eq!(found().await, 0);
    carlos.delete("/me/preferences").await;
    assert_eq!(found().await, 1);
}
