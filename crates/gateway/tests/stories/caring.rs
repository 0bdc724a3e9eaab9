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
