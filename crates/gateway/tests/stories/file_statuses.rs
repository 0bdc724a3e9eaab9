//! Who has viewed, downloaded, listened to or watched a file, over the API.

use crate::uploading::{Part, upload};
use meeshy_harness::TestServer;
use meeshy_testkit::{Person, Socket, both_databases};
use serde_json::{Value, json};

/// A conversation with a file of the first user; returns its id and that of the file.
async fn shared(author: &Person, others: &[&Person]) -> (String, String) {
    let talk = author.group(others).await;
    let files = upload(author, &[Part::File("a.txt", "", b"a")]).await;
    let body = json!({ "content": "", "attachmentIds": [files[0]["id"]] });
    assert_eq!(author.post(&format!("/conversations/{talk}/messages"), body).await.status, 201);
    (talk, files[0]["id"].as_str().unwrap().to_owned())
}

async fn set(person: &Person, file: &str, status: Value) -> u16 {
    person.post(&format!("/attachments/{file}/status"), status).await.status
}

async fn details(person: &Person, file: &str, query: &str) -> Value {
    person.get(&format!("/attachments/{file}/status-details{query}")).await.body
}

#[both_databases]
async fn members_are_told_once_and_at_the_end(server: TestServer) {
    let lea = server.sign_up("lea", "fr").await;
    let carlos = server.sign_up("carlos", "es").await;
    let emma = server.sign_up("emma", "en").await;
    let (talk, file) = shared(&lea, &[&carlos, &emma]).await;
    let mut socket = Socket::of(&server, &lea).await;
    let events = async |socket: &mut Socket| {
        let heard = socket.so_far().await.into_iter();
        let told = heard.filter(|(name, _)| name == "attachment-status:updated");
        told.map(|(_, event)| (event["userId"].clone(), event["action"].clone())).collect::<Vec<_>>()
    };

    for act in [
        json!({ "action": "viewed", "wasZoomed": true, "durationMs": 900 }),
        json!({ "action": "viewed" }),
        json!({ "action": "downloaded" }),
        json!({ "action": "listened", "playPositionMs": 1500 }),
        json!({ "action": "listened", "playPositionMs": 2500, "complete": true }),
        json!({ "action": "listened", "playPositionMs": 700, "complete": true }),
    ] {
        assert_eq!(set(&carlos, &file, act).await, 200);
    }
    assert_eq!(set(&emma, &file, json!({ "action": "watched", "complete": true })).await, 200);
    assert_eq!(set(&lea, &file, json!({ "action": "viewed" })).await, 200, "one's own file");
    let by_carlos = |action: &str| (json!(carlos.id), json!(action));
    assert_eq!(
        events(&mut socket).await,
        [
            by_carlos("viewed"),
            by_carlos("downloaded"),
            by_carlos("listened"),
            by_carlos("listened"),
            (json!(emma.id), json!("watched")),
        ]
    );

    let all = details(&lea, &file, "").await;
    assert_eq!((&all["pagination"]["total"], all["data"].as_array().unwrap().len()), (&json!(2), 2), "{all}");
    let listened = details(&emma, &file, "?filter=listened").await;
    let one = &listened["data"][0];
    assert_eq!(listened["pagination"]["total"], 1, "{listened}");
    assert_eq!(
        (&one["userId"], &one["listenCount"], &one["listenedComplete"], &one["lastPlayPositionMs"]),
        (&json!(carlos.id), &json!(3), &json!(true), &json!(700)),
    );
    assert!(one["viewedAt"].is_string() && one["downloadedAt"].is_string() && one["watchedAt"].is_null());
    assert_eq!(details(&lea, &file, "?filter=watched").await["data"][0]["userId"], json!(emma.id));
    let known = lea.get(&format!("/conversations/{talk}/messages")).await.body;
    let known = &known["data"][0]["attachments"][0];
    assert_eq!(
        (&known["viewedCount"], &known["downloadedCount"], &known["consumedCount"]),
        (&json!(1), &json!(1), &json!(2)),
    );
}

#[both_databases]
async fn those_who_were_away_catch_up(server: TestServer) {
    let lea = server.sign_up("lea", "fr").await;
    let carlos = server.sign_up("carlos", "es").await;
    let (talk, file) = shared(&lea, &[&carlos]).await;
    let path = format!("/conversations/{talk}/events");
    let last = lea.get(&format!("{path}?after=0")).await.body["data"]["lastEventNumber"].clone();
    set(&carlos, &file, json!({ "action": "viewed" })).await;
    let missed = lea.get(&format!("{path}?after={last}")).await.body;
    let event = &missed["data"]["events"][0];
    assert_eq!(event["name"], "attachment-status:updated", "{missed}");
    assert_eq!(
        (&event["data"]["attachmentId"], &event["data"]["action"], &event["data"]["userId"]),
        (&json!(file), &json!("viewed"), &json!(carlos.id)),
    );
}

#[both_databases]
async fn who_hides_what_they_read_is_not_named(server: TestServer) {
    let lea = server.sign_up("lea", "fr").await;
    let carlos = server.sign_up("carlos", "es").await;
    let (_, file) = shared(&lea, &[&carlos]).await;
    let hidden = json!({ "showReadReceipts": false });
    assert_eq!(carlos.patch("/me/preferences/privacy", hidden).await.status, 200);
    let mut socket = Socket::of(&server, &lea).await;
    assert_eq!(set(&carlos, &file, json!({ "action": "viewed" })).await, 200);
    assert!(!socket.so_far().await.iter().any(|(name, _)| name == "attachment-status:updated"));
    assert_eq!(details(&lea, &file, "").await["pagination"]["total"], 0);
}

#[both_databases]
async fn what_is_refused(server: TestServer) {
    let lea = server.sign_up("lea", "fr").await;
    let carlos = server.sign_up("carlos", "es").await;
    let stranger = server.sign_up("stranger", "en").await;
    let (_, file) = shared(&lea, &[&carlos]).await;
    for (status, act) in [
        (400, json!({})),
        (400, json!({ "action": "eaten" })),
        (400, json!({ "action": "viewed", "durationMs": -1 })),
        (400, json!({ "action": "listened", "playPositionMs": 604_800_001 })),
        (400, json!({ "action": "listened", "playPositionMs": "1" })),
    ] {
        assert_eq!(set(&carlos, &file, act.clone()).await, status, "{act}");
    }
    let viewed = json!({ "action": "viewed" });
    assert_eq!(set(&stranger, &file, viewed.clone()).await, 404);
    assert_eq!(stranger.get(&format!("/attachments/{file}/status-details")).await.status, 404);
    assert_eq!(set(&carlos, "65d0000000000000000000ff", viewed.clone()).await, 404);
    let unsent = upload(&lea, &[Part::File("b.txt", "", b"b")]).await;
    let unsent = unsent[0]["id"].as_str().unwrap();
    assert_eq!(set(&lea, unsent, viewed).await, 404, "it is in no message");
}
