//! Glossaries and reports over the API.

use crate::server::servers;
use crate::socket::Socket;
use serde_json::json;

#[tokio::test]
async fn moderators_keep_a_glossary_and_members_read_it() {
    for (kind, server) in servers().await {
        let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
        let path = format!("/conversations/{}/glossary", carlos.group(&[&lea]).await);
        let added =
            carlos.post(&path, json!({ "term": "sprint", "language": "fr", "translation": "étape" })).await;
        assert_eq!(added.status, 201, "{kind}: {}", added.body);
        let term = added.body["data"].clone();
        assert_eq!((&term["term"], &term["language"]), (&json!("sprint"), &json!("fr")), "{kind}");
        assert_eq!(lea.get(&path).await.body["data"], json!([term]), "{kind}");
        let refused = lea.post(&path, json!({ "term": "sprint" })).await;
        assert_eq!(refused.status, 403, "{kind}: {}", refused.body);
        let id = term["id"].as_str().unwrap();
        assert_eq!(carlos.delete(&format!("{path}/{id}")).await.body["data"], json!({ "removed": true }));
        assert_eq!(carlos.delete(&format!("{path}/{id}")).await.status, 404, "{kind}");
    }
}

#[tokio::test]
async fn a_report_can_request_another_engine() {
    for (kind, server) in servers().await {
        let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
        let talk = carlos.group(&[&lea]).await;
        let mut hers = Socket::of(&server, &lea).await;
        let id = carlos.say(&talk, "hola").await;
        assert_eq!(hers.event("message:translation").await["translations"][0]["engine"], "test", "{kind}");
        let path = format!("/messages/{id}/translations/fr/report");
        let reported = lea.post(&path, json!({ "reason": "wrong", "tryAnother": true })).await;
        assert_eq!(reported.status, 201, "{kind}: {}", reported.body);
        let data = &reported.body["data"];
        assert_eq!(
            (&data["triesAnother"], &data["engine"], &data["translatedContent"]),
            (&json!(true), &json!("test"), &json!("fr: hola")),
            "{kind}"
        );
        assert_eq!(hers.event("message:translation").await["translations"][0]["engine"], "another", "{kind}");
        assert_eq!(lea.post(&path, json!({ "reason": "bad" })).await.status, 400, "{kind}");
        assert_eq!(lea.get("/translations/reports").await.status, 403, "{kind}");
    }
}
