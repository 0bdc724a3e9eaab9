//! Glossaries and reports over the API.

use meeshy_harness::TestServer;
use meeshy_testkit::{Socket, both_databases};
use serde_json::json;

#[both_databases]
async fn moderators_keep_a_glossary_and_members_read_it(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let path = format!("/conversations/{}/glossary", carlos.group(&[&lea]).await);
    let added =
        carlos.post(&path, json!({ "term": "sprint", "language": "fr", "translation": "étape" })).await;
    assert_eq!(added.status, 201, "{}", added.body);
    let term = added.body["data"].clone();
    assert_eq!((&term["term"], &term["language"]), (&json!("sprint"), &json!("fr")));
    assert_eq!(lea.get(&path).await.body["data"], json!([term]));
    let refused = lea.post(&path, json!({ "term": "sprint" })).await;
    assert_eq!(refused.status, 403, "{}", refused.body);
    let id = term["id"].as_str().unwrap();
    assert_eq!(carlos.delete(&format!("{path}/{id}")).await.body["data"], json!({ "removed": true }));
    assert_eq!(carlos.delete(&format!("{path}/{id}")).await.status, 404);
}

#[both_databases]
async fn a_report_can_request_another_engine(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let talk = carlos.group(&[&lea]).await;
    let mut hers = Socket::of(&server, &lea).await;
    let id = carlos.say(&talk, "hola").await;
    assert_eq!(hers.event("message:translation").await["translations"][0]["engine"], "test");
    let path = format!("/messages/{id}/translations/fr/report");
    let reported = lea.post(&path, json!({ "reason": "wrong", "tryAnother": true })).await;
    assert_eq!(reported.status, 201, "{}", reported.body);
    let data = &reported.body["data"];
    assert_eq!(
        (&data["triesAnother"], &data["engine"], &data["translatedContent"]),
        (&json!(true), &json!("test"), &json!("fr: hola"))
    );
    assert_eq!(hers.event("message:translation").await["translations"][0]["engine"], "another");
    assert_eq!(lea.post(&path, json!({ "reason": "bad" })).await.status, 400);
    assert_eq!(lea.get("/translations/reports").await.status, 403);
}

#[both_databases]
async fn members_propose_terms_and_moderators_accept_them(server: TestServer) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let talk = carlos.group(&[&lea]).await;
    let mut hers = Socket::of(&server, &lea).await;
    carlos.say(&talk, "el sprint").await;
    let first = hers.event("message:translation").await["translations"][0].clone();
    let path = format!("/conversations/{talk}/glossary");

    let proposed = lea.post(&format!("{path}/proposals"), json!({ "term": "sprint" })).await;
    assert_eq!(proposed.status, 201, "{}", proposed.body);
    let proposal = proposed.body["data"].clone();
    assert_eq!((&proposal["term"], &proposal["proposerName"]), (&json!("sprint"), &json!("Lea Test")));
    let number = hers.event("glossary:updated").await["eventNumber"].as_i64().unwrap();
    for (who, can_decide) in [(&lea, false), (&carlos, true)] {
        let seen = who.get(&format!("{path}/proposals")).await.body["data"].clone();
        let expected = json!({ "proposals": [proposal], "canPropose": true, "canDecide": can_decide });
        assert_eq!(seen, expected);
    }
    let id = proposal["id"].as_str().unwrap();
    let accept = format!("{path}/proposals/{id}/accept");
    assert_eq!(lea.post(&accept, json!({})).await.status, 403);
    let accepted = carlos.post(&accept, json!({})).await;
    assert_eq!((accepted.status, &accepted.body["data"]["id"]), (200, &json!(id)), "{}", accepted.body);
    assert_eq!(carlos.post(&accept, json!({})).await.status, 404);
    let told = hers.event("glossary:updated").await;
    assert_eq!(told, json!({ "conversationId": talk, "eventNumber": number + 1 }));
    let missed = carlos.get(&format!("/conversations/{talk}/events?after={}", number - 1)).await.body;
    let newest = json!({ "number": number + 1, "name": "glossary:updated", "data": told });
    assert_eq!(missed["data"]["events"], json!([newest]), "the later one supersedes the earlier one");

    let retranslate = format!("{path}/{id}/retranslate");
    assert_eq!(lea.post(&retranslate, json!({})).await.status, 403);
    let again = carlos.post(&retranslate, json!({})).await;
    assert_eq!(again.body["data"], json!({ "translations": 1, "next": null }), "{}", again.body);
    let second = hers.event("message:translation").await["translations"][0].clone();
    assert_eq!((&second["language"], &second["state"]), (&first["language"], &first["state"]));
    assert_eq!(lea.delete(&format!("{path}/proposals/{id}")).await.status, 404);
}
