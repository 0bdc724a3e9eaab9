//! What members delete for themselves, over the API.

use meeshy_harness::TestServer;
use meeshy_testkit::{Socket, both_databases};
use serde_json::json;

#[both_databases]
async fn members_delete_messages_and_conversations_for_themselves(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let talk = carlos.group(&[&lea]).await;
    let (first, second) = (carlos.say(&talk, "uno").await, carlos.say(&talk, "dos").await);
    // These old routes have no version.
    let of_message = |id: &str, what: &str| format!("/../messages/{id}/{what}");
    let of_talk = |what: &str| format!("/../conversations/{talk}/{what}");
    let total = async |who: &meeshy_testkit::Person| {
        who.get(&format!("/conversations/{talk}/messages")).await.body["pagination"]["total"].clone()
    };

    assert_eq!(lea.delete(&of_message(&first, "delete-for-me")).await.status, 200);
    assert_eq!((total(&lea).await, total(&carlos).await), (json!(1), json!(2)));
    assert_eq!(lea.post(&of_message(&first, "restore-for-me"), json!({})).await.status, 200);
    let again = lea.post(&of_message(&first, "restore-for-me"), json!({})).await;
    assert_eq!((again.status, again.code()), (400, "VALIDATION_ERROR"));
    assert_eq!(total(&lea).await, 2);
    assert_eq!(second.len(), 24);

    assert_eq!(lea.delete(&of_talk("delete-for-me")).await.status, 200);
    assert_eq!(lea.get("/conversations?type=group").await.body["data"], json!([]));
    let deleted = lea.get("/../user/deleted-conversations").await.body["data"].clone();
    assert_eq!(
        (&deleted[0]["conversationId"], &deleted[0]["conversation"]["type"]),
        (&json!(talk), &json!("group"))
    );
    assert_eq!(lea.post(&of_talk("restore-for-me"), json!({})).await.status, 200);

    let bad = lea.post(&of_talk("clear-history"), json!({ "beforeDate": "yesterday" })).await;
    assert_eq!((bad.status, bad.code()), (400, "VALIDATION_ERROR"));
    let mut hers = Socket::of(&server, &lea).await;
    let cleared = lea.post(&of_talk("clear-history"), json!({})).await;
    assert_eq!(hers.event("conversation:unread-updated").await["unreadCount"], 0);
    assert!(cleared.body["data"]["clearHistoryBefore"].is_string(), "{}", cleared.body);
    assert_eq!((total(&lea).await, total(&carlos).await), (json!(0), json!(2)));
    let stranger = server.sign_up("mallory", "en").await;
    assert_eq!(stranger.delete(&of_message(&first, "delete-for-me")).await.code(), "MESSAGE_NOT_FOUND");
}
