//! Who has read messages, and what they said before, over the API.

use meeshy_harness::{TestServer, unlimited};
use meeshy_testkit::{Socket, both_databases};
use serde_json::json;

#[both_databases]
async fn authors_see_who_has_read_a_message(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let talk = carlos.group(&[&lea]).await;
    let mut said = Vec::new();
    for text in ["uno", "dos", "tres"] {
        said.push(carlos.say(&talk, text).await);
    }
    let (mut hers, mut his) = (Socket::of(&server, &lea).await, Socket::of(&server, &carlos).await);
    let id = &said[1];
    let path = |rest: &str| format!("/messages/{id}{rest}");

    let marked = lea.post(&path("/status"), json!({ "status": "read" })).await;
    assert_eq!((marked.status, &marked.body["data"]["message"]), (200, &json!("2 messages marked as read")));
    let heard = his.event("read-status:updated").await;
    assert_eq!((&heard["userId"], &heard["type"]), (&json!(lea.id), &json!("read")));
    // Another gateway may still have been delivering the messages when the socket came: their counts come first.
    while hers.event("conversation:unread-updated").await["unreadCount"] != 1 {}
    let next = carlos.say(&talk, "cuatro").await;
    assert_eq!(hers.event("conversation:unread-updated").await["unreadCount"], 2, "counted on from there");
    assert_eq!(
        lea.post(&format!("/messages/{next}/status"), json!({ "status": "delivered" })).await.status,
        200
    );

    let shown = carlos.get(&path("")).await.body["data"].clone();
    assert_eq!(shown["content"], "dos");
    let summary = &shown["statusSummary"];
    assert_eq!(
        [&summary["totalMembers"], &summary["deliveredCount"], &summary["readCount"]],
        [&json!(1), &json!(1), &json!(1)]
    );
    let details = carlos.get(&path("/status-details?filter=read")).await.body;
    let receipt = &details["data"][0];
    assert_eq!((&receipt["userId"], &receipt["username"]), (&json!(lea.id), &json!("lea")));
    assert!(receipt["readAt"].is_string() && receipt["deliveredAt"].is_string(), "{receipt}");
    assert_eq!(details["pagination"]["total"], 1);
    let unread = carlos.get(&path("/status-details?filter=unread")).await.body;
    assert_eq!(unread["data"], json!([]));
    let status = carlos.get(&path("/read-status")).await.body["data"].clone();
    assert_eq!(
        (&status["messageId"], &status["totalMembers"], &status["readCount"], &status["readBy"][0]["userId"]),
        (&json!(id), &json!(1), &json!(1), &json!(lea.id))
    );
    let asked = format!("/conversations/{talk}/read-statuses?messageIds={id},{next}");
    let expected = json!({
        id.as_str(): { "receivedCount": 1, "readCount": 1 },
        next.as_str(): { "receivedCount": 1, "readCount": 0 },
    });
    assert_eq!(carlos.get(&asked).await.body["data"], expected);

    let own = carlos.post(&path("/status"), json!({ "status": "read" })).await;
    assert_eq!((own.status, own.code()), (400, "VALIDATION_ERROR"));
    let stranger = server.sign_up("mallory", "en").await;
    for rest in ["", "/history", "/status-details", "/read-status"] {
        assert_eq!(stranger.get(&path(rest)).await.code(), "MESSAGE_NOT_FOUND", "{rest}");
    }
    assert_eq!(stranger.get(&asked).await.code(), "CONVERSATION_ACCESS_DENIED");
    let bad = carlos.get(&format!("/conversations/{talk}/read-statuses?messageIds=x")).await;
    assert_eq!((bad.status, bad.code()), (400, "VALIDATION_ERROR"));
}

#[tokio::test]
async fn authors_see_the_earlier_texts_of_a_message() {
    let server = TestServer::start(unlimited()).await;
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let talk = carlos.group(&[&lea]).await;
    let id = carlos.say(&talk, "uno").await;
    let path = format!("/messages/{id}");
    let before = carlos.get(&format!("{path}/history")).await.body["data"].clone();
    assert_eq!((&before["isEdited"], &before["revisions"]), (&json!(false), &json!([])));
    carlos.put(&path, json!({ "content": "dos" })).await;
    let history = carlos.get(&format!("{path}/history")).await.body["data"].clone();
    assert_eq!(
        (&history["originalContent"], &history["content"], &history["isEdited"]),
        (&json!("uno"), &json!("dos"), &json!(true))
    );
    assert_eq!(history["revisions"][0]["content"], "uno");
    assert_eq!(lea.get(&format!("{path}/history")).await.code(), "FORBIDDEN");
}
