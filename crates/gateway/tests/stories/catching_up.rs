//! Clients that were away request the missed events.

use meeshy_harness::TestServer;
use meeshy_testkit::{Socket, both_databases};
use serde_json::{Value, json};
use std::time::Duration;

#[both_databases]
async fn missed_events_are_returned_as_sockets_receive_them(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "fr").await);
    let talk = lea.group(&[&carlos]).await;
    let listed = carlos.get("/conversations").await.body["data"][0].clone();
    assert_eq!((&listed["id"], &listed["lastEventNumber"]), (&json!(talk), &json!(1)));
    let mut socket = Socket::of(&server, &lea).await;
    // Later than the room for everybody.
    server.hand.advance(Duration::from_secs(1));
    lea.say(&talk, "bonjour").await;
    lea.say(&talk, "ça va ?").await;
    assert_eq!(carlos.post(&format!("/conversations/{talk}/read"), Value::Null).await.status, 200);
    let mut heard = Vec::new();
    for name in ["message:new", "message:new", "read-status:updated"] {
        let data = socket.event(name).await;
        heard.push(json!({ "number": data["eventNumber"], "name": name, "data": data }));
    }
    let path = format!("/conversations/{talk}/events?after=1");
    let one = carlos.get(&path).await;
    assert_eq!(one.status, 200, "{}", one.body);
    assert_eq!(without_activity(&one.body["data"]["events"]), without_activity(&json!(heard)));
    let known = |after: i64| json!({ "conversations": [{ "id": talk, "after": after }] });
    let all = carlos.post("/conversations/events", known(1)).await.body["data"].clone();
    assert_eq!(all["conversations"], json!([one.body["data"]]));
    assert_eq!(all["isListStale"], false);
    let part = carlos.get(&format!("{path}&limit=1")).await.body["data"].clone();
    let shown = ["lastEventNumber", "hasMore", "isTooOld", "unreadCount"].map(|name| part[name].clone());
    assert_eq!(shown, [json!(2), json!(true), json!(false), json!(0)]);
    let page = carlos.get(&format!("/conversations/{talk}/messages")).await.body;
    assert_eq!(page["meta"]["lastEventNumber"], 4);
    let nothing = carlos.post("/conversations/events", known(4)).await.body["data"].clone();
    assert_eq!(nothing, json!({ "conversations": [], "isListStale": false }));
    let too_old = carlos.post("/conversations/events", known(9)).await.body["data"].clone();
    assert_eq!(too_old["conversations"][0]["isTooOld"], true, "{too_old}");
}

/// Events without the time at which their authors were last active: it is updated a moment after a message.
fn without_activity(events: &Value) -> Value {
    let mut events = events.clone();
    for event in events.as_array_mut().unwrap() {
        if let Some(sender) = event["data"]["sender"].as_object_mut() {
            sender.remove("lastActiveAt");
        }
    }
    events
}

#[both_databases]
async fn invalid_requests_are_rejected(server: TestServer) {
    let (lea, eve) = (server.sign_up("lea", "fr").await, server.sign_up("eve", "en").await);
    let talk = lea.group(&[]).await;
    assert_eq!(eve.get(&format!("/conversations/{talk}/events?after=0")).await.status, 403);
    let not_theirs = json!({ "conversations": [{ "id": talk, "after": 0 }] });
    let answer = eve.post("/conversations/events", not_theirs).await.body["data"].clone();
    assert_eq!(answer, json!({ "conversations": [], "isListStale": true }));
    let many: Vec<Value> = (0..501).map(|n| json!({ "id": format!("{n:024x}"), "after": 0 })).collect();
    for bad in [json!(many), json!([{ "id": "meeshy", "after": 0 }]), json!([{ "id": talk }]), json!(7)] {
        let refused = lea.post("/conversations/events", json!({ "conversations": bad })).await;
        assert_eq!(refused.status, 400, "{}", refused.body);
    }
}
