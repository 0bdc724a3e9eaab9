//! Edited messages over the API.

use meeshy_harness::{TestServer, unlimited};
use meeshy_testkit::{Socket, answer, both_databases};
use reqwest::Method;
use serde_json::json;

#[both_databases]
async fn an_edit_and_its_new_translation_reach_everybody(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let talk = carlos.group(&[&lea]).await;
    let mut hers = Socket::of(&server, &lea).await;
    let id = carlos.say(&talk, "hola").await;
    let first = hers.event("message:translation").await["translations"][0].clone();
    let paths = [
        (Method::PUT, format!("/api/v1/conversations/{talk}/messages/{id}")),
        (Method::PUT, format!("/api/v1/messages/{id}")),
        (Method::PATCH, format!("/api/v1/messages/{id}")),
    ];
    for (number, (method, path)) in paths.into_iter().enumerate() {
        let text = format!("buenas {number}");
        let request = server.request(method, &path).bearer_auth(&carlos.token);
        let edited = answer(request.json(&json!({ "content": text }))).await;
        assert_eq!(edited.status, 200, "{}", edited.body);
        let mut heard = hers.event("message:edited").await;
        let event_number = heard.as_object_mut().and_then(|heard| heard.remove("eventNumber"));
        assert!(event_number.is_some_and(|number| number.is_i64()));
        // Another gateway reads the message after the translation may have finished.
        let mut expected = edited.body["data"].clone();
        for translation in ["translations", "translationStates"] {
            let heard = heard.as_object_mut().and_then(|heard| heard.remove(translation));
            assert!(heard.is_some_and(|heard| heard.is_array()), "{translation}");
        }
        let edited = expected.as_object_mut().expect("a message");
        assert_eq!(edited.remove("translations"), Some(json!([])));
        assert_eq!(edited.remove("translationStates").unwrap()[0]["state"], "pending");
        assert_eq!(heard, expected, "the same shape");
        assert_eq!((&heard["id"], &heard["content"]), (&json!(id), &json!(text)));
        assert_eq!(heard["isEdited"], true);
        assert!(heard["editedAt"].is_string());
        let came = hers.event("message:translation").await["translations"][0].clone();
        assert_eq!(came["translatedContent"], format!("fr: {text}"));
        // The web client ignores an id that it has seen.
        assert_eq!(came["id"], format!("{id}-fr-r{}", number + 2));
        assert_ne!(came["id"], first["id"]);
    }
}

#[tokio::test]
async fn a_socket_can_edit_and_gets_the_reason_for_a_rejection() {
    let server = TestServer::start(unlimited()).await;
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let talk = carlos.group(&[&lea]).await;
    let id = carlos.say(&talk, "hola").await;
    let (mut hers, mut his) = (Socket::of(&server, &lea).await, Socket::of(&server, &carlos).await);
    let edit = |message: &str, content: &str| json!({ "messageId": message, "content": content });
    let done = his.ask("message:edit", edit(&id, "buenas")).await;
    assert_eq!((&done["success"], &done["data"]["content"]), (&json!(true), &json!("buenas")));
    assert_eq!(hers.event("message:edited").await["content"], "buenas");
    let refusals = [
        (hers.ask("message:edit", edit(&id, "adieu")).await, "FORBIDDEN"),
        (his.ask("message:edit", edit(&id, " ")).await, "VALIDATION_ERROR"),
        (his.ask("message:edit", json!({ "messageId": id })).await, "VALIDATION_ERROR"),
        (his.ask("message:edit", edit("65a0c0ffee0123456789abcd", "hola")).await, "MESSAGE_NOT_FOUND"),
    ];
    for (refused, code) in refusals {
        assert_eq!((&refused["success"], &refused["code"]), (&json!(false), &json!(code)), "{refused}");
        assert!(refused["error"].as_str().is_some_and(|reason| !reason.is_empty()), "{refused}");
    }
}
