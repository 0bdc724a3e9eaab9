//! Members who come and go, over the API.

use meeshy_harness::TestServer;
use meeshy_testkit::{Person, Socket, both_databases, eventually};
use serde_json::{Value, json};

/// Whether a socket receives what is written in a conversation.
async fn hears(author: &Person, talk: &str, socket: &mut Socket) -> bool {
    let id = author.say(talk, "bonjour").await;
    // Another gateway may be a moment behind.
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_millis(300);
    while tokio::time::Instant::now() < deadline {
        let heard = socket.so_far().await;
        if heard.iter().any(|(name, data)| name == "message:new" && data["id"] == json!(id)) {
            return true;
        }
    }
    false
}

#[both_databases]
async fn what_was_written_before_somebody_joined_is_not_unread(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let emma = server.sign_up("emma", "en").await;
    let talk = lea.group(&[&carlos]).await;
    for text in ["un", "deux", "trois"] {
        lea.say(&talk, text).await;
    }
    let mut hers = Socket::of(&server, &emma).await;
    lea.post(&format!("/conversations/{talk}/participants"), json!({ "userId": emma.id })).await;
    hers.event("conversation:new").await;
    let mut written = 0;
    eventually("only later messages count", async || {
        written += 1;
        lea.say(&talk, "encore").await;
        hers.event("conversation:unread-updated").await["unreadCount"] == json!(written)
    })
    .await;
}

#[both_databases]
async fn system_messages_arrive_live_for_clients_to_word(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let emma = server.sign_up("emma", "en").await;
    let talk = lea.group(&[&carlos]).await;
    let (mut his, mut hers) = (Socket::of(&server, &carlos).await, Socket::of(&server, &emma).await);
    lea.post(&format!("/conversations/{talk}/participants"), json!({ "userId": emma.id })).await;
    let heard = his.event("message:new").await;
    let person = |person: &Person, name: &str| json!({ "userId": person.id, "displayName": name });
    let expected = json!({
        "event": "added", "actor": person(&lea, "Lea Test"), "target": person(&emma, "Emma Test"),
    });
    assert_eq!(heard["metadata"], expected, "{heard}");
    assert_eq!(
        [&heard["messageType"], &heard["messageSource"], &heard["senderId"], &heard["content"]],
        [&json!("system"), &json!("system"), &json!(lea.id), &json!("Lea Test added Emma Test")]
    );
    let page = carlos.get(&format!("/conversations/{talk}/messages")).await.body["data"].clone();
    assert_eq!(page[0]["metadata"], expected, "{page}");
    let listed = carlos.get(&format!("/conversations/{talk}")).await.body["data"].clone();
    assert_eq!(
        (&listed["lastMessage"]["metadata"], &listed["unreadCount"]),
        (&expected, &json!(0)),
        "{listed}"
    );

    // It is not unread for anybody, and neither is it after a moderator has deleted it.
    let id = heard["id"].as_str().unwrap().to_owned();
    hers.event("conversation:new").await;
    let mut written = 0;
    eventually("the new member receives messages", async || {
        written += 1;
        lea.say(&talk, "bonjour").await;
        hers.event("conversation:unread-updated").await["unreadCount"] == json!(written)
    })
    .await;
    for count in 1..=written {
        assert_eq!(his.event("conversation:unread-updated").await["unreadCount"], json!(count));
    }
    lea.delete(&format!("/messages/{id}")).await;
    his.event("message:deleted").await;
    lea.say(&talk, "encore").await;
    assert_eq!(his.event("conversation:unread-updated").await["unreadCount"], json!(written + 1));

    // Who did something has not read what others have written.
    let mut own = Socket::of(&server, &lea).await;
    carlos.say(&talk, "hola").await;
    assert_eq!(own.event("conversation:unread-updated").await["unreadCount"], 1);
    lea.patch(&format!("/conversations/{talk}"), json!({ "title": "Les amis" })).await;
    own.event("message:new").await;
    carlos.say(&talk, "¿vienes?").await;
    assert_eq!(own.event("conversation:unread-updated").await["unreadCount"], 2);
}

#[both_databases]
async fn sockets_follow_memberships(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let emma = server.sign_up("emma", "en").await;
    let talk = lea.group(&[&carlos]).await;
    let (mut his, mut hers) = (Socket::of(&server, &carlos).await, Socket::of(&server, &emma).await);
    let path = format!("/conversations/{talk}/participants");
    for _ in 0..2 {
        let added = lea.post(&path, json!({ "userId": emma.id })).await;
        assert_eq!(
            (added.status, &added.body["data"]["member"]["userId"]),
            (200, &json!(emma.id)),
            "{}",
            added.body
        );
        assert_eq!(hers.event("conversation:new").await["conversationId"], json!(talk));
        assert_eq!(his.event("conversation:updated").await["conversationId"], json!(talk));
        eventually("the new member receives messages", async || hears(&lea, &talk, &mut hers).await).await;
        let removed = lea.delete(&format!("{path}/{}", emma.id)).await;
        assert_eq!(removed.status, 200, "{}", removed.body);
        assert_eq!(hers.event("conversation:deleted").await["conversationId"], json!(talk));
        his.event("conversation:updated").await;
        eventually("the old member receives nothing", async || !hears(&lea, &talk, &mut hers).await).await;
        hers.so_far().await;
    }
    assert_eq!(emma.get(&format!("/conversations/{talk}")).await.code(), "CONVERSATION_ACCESS_DENIED");

    let role = lea.patch(&format!("{path}/{}/role", carlos.id), json!({ "role": "admin" })).await;
    assert_eq!((&role.body["data"]["role"], role.status), (&json!("ADMIN"), 200), "{}", role.body);
    let heard = his.event("participant:role-updated").await;
    assert_eq!((&heard["userId"], &heard["newRole"]), (&json!(carlos.id), &json!("ADMIN")));
    let changed = carlos.patch(&format!("/conversations/{talk}"), json!({ "title": "Viaje" })).await;
    assert_eq!(changed.body["data"]["title"], "Viaje", "{}", changed.body);
    his.event("conversation:updated").await;
    let left = lea.post(&format!("/conversations/{talk}/leave"), Value::Null).await;
    assert_eq!(left.status, 200, "{}", left.body);
    // He is its creator now.
    assert_eq!(his.event("participant:role-updated").await["newRole"], "CREATOR");
    assert_eq!(carlos.delete(&format!("/conversations/{talk}")).await.status, 200);
    assert_eq!(his.event("conversation:deleted").await["conversationId"], json!(talk));
    assert_eq!(carlos.get(&format!("/conversations/{talk}")).await.code(), "CONVERSATION_NOT_FOUND");
}
