//! Reactions, mentions and deleted messages over the API.

use meeshy_harness::{TestServer, unlimited};
use meeshy_testkit::{Socket, both_databases};
use serde_json::{Value, json};

/// Without what differs between runs.
fn without(mut event: Value, fields: &[&str]) -> Value {
    for field in fields {
        let removed = event.as_object_mut().and_then(|event| event.remove(*field));
        assert!(removed.is_some_and(|value| !value.is_null()), "{field} is missing");
    }
    event
}

#[both_databases]
async fn reactions_reach_the_members_and_answer_who_asks(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let emma = server.sign_up("emma", "en").await;
    let talk = carlos.group(&[&lea]).await;
    let (mut hers, mut his) = (Socket::of(&server, &lea).await, Socket::of(&server, &carlos).await);
    let id = carlos.say(&talk, "hola").await;
    let react = |emoji: &str| json!({ "messageId": id, "emoji": emoji });

    let added = his.ask("reaction:add", react("👍")).await;
    assert_eq!((&added["success"], &added["data"]["userId"]), (&json!(true), &json!(carlos.id)));
    let heard = hers.event("reaction:added").await;
    let expected = json!({
        "messageId": id,
        "conversationId": talk,
        "userId": carlos.id,
        "emoji": "👍",
        "action": "add",
        "aggregation": {
            "emoji": "👍", "count": 1, "userIds": [carlos.id], "anonymousIds": [], "hasCurrentUser": false,
        },
    });
    assert_eq!(without(heard, &["timestamp", "eventNumber"]), expected);
    let by_rest = lea.post("/reactions", react("👍")).await;
    assert_eq!(by_rest.status, 201, "{}", by_rest.body);
    assert_eq!(hers.event("reaction:added").await["aggregation"]["count"], 2);

    // Clients ask once for each message that they show.
    let other = carlos.say(&talk, "¿qué tal?").await;
    let mut asked = Vec::new();
    for message in [id.as_str(), &other, "65a0c0ffee0123456789abcd", &id] {
        asked.push(hers.begin("reaction:request_sync", json!(message)).await);
    }
    let mut answers = Vec::new();
    for ack in asked {
        answers.push(hers.acknowledgement(ack).await);
    }
    let sync = json!({
        "messageId": id,
        "reactions": [{
            "emoji": "👍", "count": 2, "userIds": [carlos.id, lea.id], "anonymousIds": [], "hasCurrentUser": true,
        }],
        "totalCount": 2,
        "userReactions": ["👍"],
    });
    assert_eq!(answers[0], json!({ "success": true, "data": sync }));
    assert_eq!(answers[1]["data"]["reactions"], json!([]));
    assert_eq!((&answers[2]["success"], &answers[2]["code"]), (&json!(false), &json!("MESSAGE_NOT_FOUND")));
    assert_eq!(answers[3], answers[0]);
    assert_eq!(lea.get(&format!("/reactions/{id}")).await.body["data"], sync);
    assert_eq!(emma.get(&format!("/reactions/{id}")).await.code(), "MESSAGE_NOT_FOUND");

    let removed = his.ask("reaction:remove", react("👍")).await;
    assert_eq!(removed["data"]["message"], "Reaction removed");
    let heard = hers.event("reaction:removed").await;
    assert_eq!((&heard["action"], &heard["aggregation"]["count"]), (&json!("remove"), &json!(1)));
    let again = his.ask("reaction:remove", react("👍")).await;
    assert_eq!((&again["success"], &again["code"]), (&json!(false), &json!("NOT_FOUND")));
    let path = format!("/reactions/{id}/%F0%9F%91%8D");
    assert_eq!(lea.delete(&path).await.status, 200);
    assert_eq!(hers.event("reaction:removed").await["aggregation"]["count"], 0);
    assert_eq!(lea.get(&format!("/reactions/user/{}", lea.id)).await.body["data"], json!([]));
}

#[both_databases]
async fn a_deleted_message_is_gone_for_everybody(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let talk = carlos.group(&[&lea]).await;
    let (mut hers, mut his) = (Socket::of(&server, &lea).await, Socket::of(&server, &carlos).await);
    for (number, text) in ["uno", "dos", "tres"].into_iter().enumerate() {
        let id = carlos.say(&talk, text).await;
        hers.event("message:new").await;
        assert_eq!(hers.event("conversation:unread-updated").await["unreadCount"], 1);
        match number {
            0 => {
                let done = his.ask("message:delete", json!({ "messageId": id })).await;
                assert_eq!(
                    done["data"],
                    json!({ "messageId": id, "deleted": true, "message": "Message deleted" })
                );
            }
            1 => assert_eq!(carlos.delete(&format!("/messages/{id}")).await.status, 200),
            _ => assert_eq!(carlos.delete(&format!("/conversations/{talk}/messages/{id}")).await.status, 200),
        }
        let heard = without(hers.event("message:deleted").await, &["eventNumber"]);
        assert_eq!(heard, json!({ "messageId": id, "conversationId": talk }));
        assert_eq!(hers.event("conversation:unread-updated").await["unreadCount"], 0);
    }
    let page = lea.get(&format!("/conversations/{talk}/messages")).await.body;
    assert_eq!((&page["data"], &page["pagination"]["total"]), (&json!([]), &json!(0)));
    let listed = lea.get("/conversations?type=group").await.body["data"][0].clone();
    assert_eq!((&listed["unreadCount"], &listed["lastMessage"]), (&json!(0), &Value::Null));
}

#[both_databases]
async fn mentions_are_suggested_told_and_listed(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let emma = server.sign_up("emma", "en").await;
    let talk = carlos.group(&[&lea, &emma]).await;
    let mut hers = Socket::of(&server, &lea).await;
    let id = carlos.say(&talk, "¿vienes, @lea?").await;
    let heard = without(hers.event("mention:created").await, &["createdAt"]);
    let expected = json!({
        "messageId": id, "conversationId": talk, "mentionedUserId": lea.id, "senderId": carlos.id,
    });
    assert_eq!(heard, expected);
    // An edit tells those whom it adds, and nobody twice.
    let mut theirs = Socket::of(&server, &emma).await;
    for text in ["¿vienes, @lea y @emma?", "¿vienes, @lea y @emma, hoy?", "¿vienes, @lea?"] {
        let edited = carlos.patch(&format!("/messages/{id}"), json!({ "content": text })).await;
        assert_eq!(edited.status, 200, "{}", edited.body);
        hers.event("message:edited").await;
        theirs.event("message:edited").await;
    }
    let told = async |socket: &mut Socket| {
        let heard = socket.so_far().await;
        heard.into_iter().filter(|(name, _)| name == "mention:created").collect::<Vec<_>>()
    };
    assert!(told(&mut hers).await.is_empty());
    let told = told(&mut theirs).await;
    assert!(matches!(&told[..], [(_, mention)] if mention["mentionedUserId"] == json!(emma.id)), "{told:?}");

    let suggested = async |query: &str| {
        let path = format!("/mentions/suggestions?conversationId={talk}&query={query}");
        let found = lea.get(&path).await.body["data"].clone();
        let names = found.as_array().unwrap().iter().map(|one| one["username"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(suggested("").await, ["carlos", "emma"], "who has written lately comes first");
    assert_eq!(suggested("EM").await, ["emma"]);
    assert_eq!(suggested("nobody").await, [""; 0]);
    let path = format!("/mentions/suggestions?conversationId={talk}&query=car");
    let shown = lea.get(&path).await.body["data"][0].clone();
    let expected = json!({
        "id": carlos.id, "username": "carlos", "displayName": shown["displayName"], "avatar": null,
        "badge": "conversation", "inConversation": true, "isFriend": false,
    });
    assert_eq!(shown, expected);
    let stranger = server.sign_up("mallory", "en").await;
    assert_eq!(stranger.get(&path).await.code(), "CONVERSATION_ACCESS_DENIED");
    for bad in ["", "conversationId=", "conversationId=meeshy", "conversationId=%00"] {
        let refused = lea.get(&format!("/mentions/suggestions?{bad}")).await;
        assert_eq!((refused.status, refused.code()), (400, "VALIDATION_ERROR"), "{bad}");
    }

    let of_message = lea.get(&format!("/mentions/messages/{id}")).await.body["data"].clone();
    assert_eq!(
        (of_message.as_array().unwrap().len(), &of_message[0]["mentionedUserId"]),
        (1, &json!(lea.id))
    );
    let mine = lea.get("/mentions/me").await.body["data"].clone();
    assert_eq!(mine[0]["message"]["content"], "¿vienes, @lea?");
    assert_eq!(mine[0]["message"]["conversation"]["type"], "group");
    assert_eq!(carlos.get("/mentions/me").await.body["data"], json!([]));
    carlos.delete(&format!("/messages/{id}")).await;
    assert_eq!(lea.get("/mentions/me").await.body["data"], json!([]), "the message is gone");
}

#[tokio::test]
async fn bad_reactions_are_refused_with_a_reason() {
    let server = TestServer::start(unlimited()).await;
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let talk = carlos.group(&[&lea]).await;
    let id = carlos.say(&talk, "hola").await;
    let mut hers = Socket::of(&server, &lea).await;
    let cases = [
        (json!({ "messageId": id, "emoji": "hello" }), "VALIDATION_ERROR"),
        (json!({ "messageId": id }), "VALIDATION_ERROR"),
        (json!({ "messageId": "x", "emoji": "👍" }), "MESSAGE_NOT_FOUND"),
        (json!("👍"), "VALIDATION_ERROR"),
    ];
    for (payload, code) in cases {
        let refused = hers.ask("reaction:add", payload).await;
        assert_eq!((&refused["success"], &refused["code"]), (&json!(false), &json!(code)), "{refused}");
    }
    for emoji in ["👍", "🎉", "❤️"] {
        assert_eq!(
            hers.ask("reaction:add", json!({ "messageId": id, "emoji": emoji })).await["success"],
            true
        );
    }
    let refused = hers.ask("reaction:add", json!({ "messageId": id, "emoji": "🚀" })).await;
    let reason = refused["error"].as_str().unwrap();
    assert!(reason.contains("Maximum") && reason.contains("different reactions"), "{refused}");
    let refused = hers.ask("reaction:request_sync", json!({ "messageId": id })).await;
    assert_eq!(
        (&refused["success"], &refused["code"]),
        (&json!(false), &json!("VALIDATION_ERROR")),
        "{refused}"
    );
}
