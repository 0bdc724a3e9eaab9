//! Uploading files and sending them, over the API.

use meeshy_chat::retention::Bounds;
use meeshy_harness::TestServer;
use meeshy_store::{StoreError, Tx};
use meeshy_testkit::{Answer, Person, Socket, answer, both_databases, eventually};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::oneshot;

const BOUNDARY: &str = "----meeshy";
const DAY: Duration = Duration::from_secs(86_400);

/// A file or another field of a form.
pub enum Part<'a> {
    File(&'a str, &'a str, &'a [u8]),
    Field(&'a str, &'a str),
}

fn form(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for part in parts {
        let (head, content) = match part {
            Part::File(name, kind, bytes) => {
                (format!("name=\"files\"; filename=\"{name}\"\r\nContent-Type: {kind}"), *bytes)
            }
            Part::Field(name, text) => (format!("name=\"{name}\""), text.as_bytes()),
        };
        body.extend(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n").bytes());
        body.extend(content);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").bytes());
    body
}

async fn post(person: &Person, body: Vec<u8>) -> Answer {
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    answer(person.request(Method::POST, "/attachments/upload").header("content-type", kind).body(body)).await
}

/// Uploads files that the server takes.
pub async fn upload(person: &Person, parts: &[Part<'_>]) -> Vec<Value> {
    let uploaded = post(person, form(parts)).await;
    assert_eq!(uploaded.status, 200, "{}", uploaded.body);
    uploaded.body["data"]["attachments"].as_array().unwrap().clone()
}

pub fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    let pixels: Vec<u8> = (0..width * height * 3).map(|n| (n % 251) as u8).collect();
    writer.write_image_data(&pixels).unwrap();
    drop(writer);
    bytes
}

/// Every file in the folder of uploads.
pub fn stored(server: &TestServer) -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() { walk(&entry.path(), found) } else { found.push(entry.path()) }
        }
    }
    let mut found = Vec::new();
    walk(server.uploads.path(), &mut found);
    found
}

/// Does jobs until something holds.
pub async fn work(server: &TestServer, what: &str, holds: impl AsyncFn() -> bool) {
    let (stop, stopping) = oneshot::channel::<()>();
    let chat = server.chat.clone();
    let stopped = async { drop(stopping.await) };
    let worker = tokio::spawn(async move { chat.jobs().run(Bounds::default(), stopped).await });
    eventually(what, holds).await;
    drop(stop);
    worker.await.unwrap();
}

#[both_databases]
async fn a_picture_is_uploaded_sent_and_seen(server: TestServer) {
    let lea = server.sign_up("lea", "fr").await;
    let carlos = server.sign_up("carlos", "es").await;
    let talk = lea.group(&[&carlos]).await;
    let bytes = picture(640, 480);
    let parts = [
        Part::Field("metadata_1", r#"{"duration": 1234.4, "codec": "opus"}"#),
        Part::File("Été à la plage.png", "application/x-lie", &bytes),
        Part::File("notes.txt", "text/plain", b"one\ntwo"),
    ];
    let files = upload(&lea, &parts).await;
    let [image, text] = &files[..] else { panic!("{files:?}") };
    assert_eq!(
        (&image["mimeType"], &image["originalName"], &image["width"], &image["height"]),
        (&json!("image/png"), &json!("Été à la plage.png"), &json!(640), &json!(480)),
    );
    assert_eq!((&image["messageId"], &image["uploadedBy"]), (&json!(null), &json!(lea.id)));
    assert_eq!(
        (&text["mimeType"], &text["lineCount"], &text["duration"], &text["fileSize"]),
        (&json!("text/plain"), &json!(2), &json!(1234), &json!(7)),
    );
    let ids = json!([image["id"], text["id"]]);
    // Until it is sent, nobody else sees it.
    let id = image["id"].as_str().unwrap();
    assert_eq!(carlos.get(&format!("/attachments/{id}/metadata")).await.status, 404);
    assert_eq!(
        lea.get(&format!("/attachments/{id}/metadata")).await.body["data"]["attachment"]["id"],
        image["id"]
    );

    let mut socket = Socket::of(&server, &carlos).await;
    let body = json!({ "content": "", "attachmentIds": ids });
    let sent = lea.post(&format!("/conversations/{talk}/messages"), body.clone()).await;
    assert_eq!((sent.status, &sent.body["data"]["messageType"]), (201, &json!("image")), "{}", sent.body);
    let heard = socket.event("message:new").await;
    assert_eq!(heard["attachments"][0]["id"], image["id"], "{heard}");
    let again = lea.post(&format!("/conversations/{talk}/messages"), body).await;
    assert_eq!((again.status, again.code()), (400, "VALIDATION_ERROR"), "a file is sent once");

    work(&server, "the thumbnail is there", async || {
        lea.get(&format!("/attachments/{id}/metadata")).await.body["data"]["attachment"]["thumbnailUrl"]
            != json!(null)
    })
    .await;
    let shown = socket.event("message:edited").await;
    let (file, is_edited) = (&shown["attachments"][0], &shown["isEdited"]);
    assert_eq!(is_edited, &json!(false), "{shown}");
    assert!(file["blurHash"].as_str().is_some_and(|hash| hash.len() > 5), "{file}");
    let thumbnail = server.request(Method::GET, file["thumbnailUrl"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(thumbnail.headers()["content-type"], "image/jpeg");
    let original = server.request(Method::GET, file["fileUrl"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(original.headers()["content-type"], "image/png");

    // Its message takes the files along.
    let message = sent.body["data"]["id"].as_str().unwrap();
    assert_eq!(lea.delete(&format!("/messages/{message}")).await.status, 200);
    work(&server, "the files are removed", async || stored(&server).is_empty()).await;
}

#[both_databases]
async fn by_socket_as_old_clients_do(server: TestServer) {
    let lea = server.sign_up("lea", "fr").await;
    let carlos = server.sign_up("carlos", "es").await;
    let talk = lea.group(&[&carlos]).await;
    let files = upload(&lea, &[Part::File("a.bin", "application/octet-stream", b"\x00\x01")]).await;
    let theirs = upload(&carlos, &[Part::File("b.bin", "", b"\x00\x01")]).await;
    let mut socket = Socket::of(&server, &lea).await;
    let send = |ids: Value| json!({ "conversationId": talk, "content": "Tiens", "attachmentIds": ids, "messageType": "file" });
    for ids in [json!([theirs[0]["id"]]), json!(["65d0000000000000000000ff"]), json!(["no-id"])] {
        let refused = socket.ask("message:send-with-attachments", send(ids)).await;
        assert_eq!(
            (&refused["success"], &refused["code"]),
            (&json!(false), &json!("VALIDATION_ERROR")),
            "{refused}"
        );
    }
    let sent = socket.ask("message:send-with-attachments", send(json!([files[0]["id"]]))).await;
    assert_eq!(sent["success"], true, "{sent}");
    let listed = carlos.get(&format!("/conversations/{talk}/messages")).await.body;
    assert_eq!(listed["data"][0]["attachments"][0]["originalName"], "a.bin", "{listed}");
    let listed = carlos.get(&format!("/conversations/{talk}/attachments")).await.body;
    assert_eq!(listed["data"]["attachments"][0]["originalName"], "a.bin", "{listed}");
}

#[both_databases]
async fn only_the_uploader_deletes_a_file(server: TestServer) {
    let lea = server.sign_up("lea", "fr").await;
    let carlos = server.sign_up("carlos", "es").await;
    let talk = lea.group(&[&carlos]).await;
    let files = upload(&lea, &[Part::File("a.txt", "", b"a"), Part::File("b.txt", "", b"b")]).await;
    let ids: Vec<&str> = files.iter().map(|file| file["id"].as_str().unwrap()).collect();
    let path = |number: usize| format!("/attachments/{}", ids[number]);
    assert_eq!(carlos.delete(&path(0)).await.status, 404, "nobody sees it yet");
    let body = json!({ "content": "", "attachmentIds": ids });
    let sent = lea.post(&format!("/conversations/{talk}/messages"), body).await.body;
    assert_eq!(carlos.delete(&path(0)).await.status, 403);
    let mut socket = Socket::of(&server, &carlos).await;
    assert_eq!(lea.delete(&path(0)).await.status, 200);
    assert_eq!(socket.event("message:edited").await["attachments"][0]["id"], ids[1]);
    assert_eq!(lea.delete(&path(0)).await.status, 404);
    assert_eq!(lea.delete(&path(1)).await.status, 200);
    assert_eq!(
        socket.event("message:deleted").await["messageId"],
        sent["data"]["id"],
        "nothing is left of the message"
    );
    work(&server, "the files are removed", async || stored(&server).is_empty()).await;
}

#[both_databases]
async fn what_is_not_sent_is_removed_after_a_day(server: TestServer) {
    let lea = server.sign_up("lea", "fr").await;
    let talk = lea.group(&[]).await;
    let kept = upload(&lea, &[Part::File("kept.txt", "", b"kept")]).await;
    let body = json!({ "content": "", "attachmentIds": [kept[0]["id"]] });
    lea.post(&format!("/conversations/{talk}/messages"), body).await;
    upload(&lea, &[Part::File("left.txt", "", b"left")]).await;
    assert_eq!(stored(&server).len(), 2);
    server.hand.advance(DAY + Duration::from_secs(60));
    let lea = server.sign_in("lea").await;
    work(&server, "one is removed", async || stored(&server).len() == 1).await;
    let listed = lea.get(&format!("/conversations/{talk}/messages")).await.body;
    assert_eq!(listed["data"][0]["attachments"][0]["originalName"], "kept.txt");
}

#[tokio::test]
async fn refused_uploads_leave_nothing() {
    let server = TestServer::adjusted(|settings| {
        settings.uploads.file_bytes = 1000;
        settings.uploads.quota_bytes = 1500;
    })
    .await;
    let lea = server.sign_up("lea", "fr").await;
    let large = vec![b'x'; 1001];
    let half = form(&[Part::File("a.txt", "", &large[..400])]);
    let many: Vec<Part<'_>> = (0..101).map(|_| Part::File("a.txt", "", b"a")).collect();
    let files: Vec<(Vec<u8>, u16, &str)> = vec![
        (form(&[Part::File("a.txt", "", &large)]), 413, "too large"),
        (
            form(&[Part::File("a.txt", "", &large[..900]), Part::File("b.txt", "", &large[..900])]),
            413,
            "in all",
        ),
        (half[..half.len() - 40].to_vec(), 400, "invalid form"),
        (form(&[]), 400, "at least one file"),
        (form(&[Part::Field("files", "no file")]), 400, "at least one file"),
        (form(&[Part::File("a.txt", "", b"a"), Part::Field("metadata_0", "{")]), 400, "not valid JSON"),
        (form(&[Part::File("a.txt", "", b"a"), Part::Field("metadata_x", "{}")]), 400, "metadata_"),
        (form(&many), 400, "at most 100 files"),
        (b"no form at all".to_vec(), 400, "invalid form"),
    ];
    for (body, status, words) in files {
        let refused = post(&lea, body).await;
        assert_eq!(refused.status, status, "{words}: {}", refused.body);
        assert!(refused.body.to_string().contains(words), "{words} in {}", refused.body);
        assert_eq!(stored(&server), Vec::<PathBuf>::new(), "{words}");
    }
    let not_a_form = lea.post("/attachments/upload", json!({})).await;
    assert_eq!((not_a_form.status, not_a_form.code()), (400, "INVALID_INPUT"));
    upload(&lea, &[Part::File("a.txt", "", &large[..1000])]).await;
    let refused = post(&lea, form(&[Part::File("b.txt", "", &large[..501])])).await;
    assert_eq!((refused.status, refused.code()), (413, "PAYLOAD_TOO_LARGE"));
    assert_eq!(stored(&server).len(), 1);
}

#[both_databases]
async fn a_text_becomes_a_file(server: TestServer) {
    let lea = server.sign_up("lea", "fr").await;
    let uploaded = lea.post("/attachments/upload-text", json!({ "content": "Un\ndeux\n" })).await.body;
    let file = &uploaded["data"]["attachment"];
    assert_eq!((&file["mimeType"], &file["lineCount"]), (&json!("text/plain"), &json!(2)), "{uploaded}");
    let given = server.request(Method::GET, file["fileUrl"].as_str().unwrap()).bearer_auth(&lea.token);
    assert_eq!(given.send().await.unwrap().text().await.unwrap(), "Un\ndeux\n");
}

#[both_databases]
async fn a_forwarded_message_takes_its_files_along(server: TestServer) {
    let lea = server.sign_up("lea", "fr").await;
    let carlos = server.sign_up("carlos", "es").await;
    let (talk, other) = (lea.group(&[&carlos]).await, carlos.group(&[]).await);
    let files = upload(&lea, &[Part::File("a.txt", "", b"a")]).await;
    let body = json!({ "content": "", "attachmentIds": [files[0]["id"]] });
    let sent = lea.post(&format!("/conversations/{talk}/messages"), body).await.body;
    let message = sent["data"]["id"].as_str().unwrap();
    let path = format!("/messages/{message}/forward");
    let forwarded = carlos.post(&path, json!({ "conversationId": other })).await;
    assert_eq!(forwarded.status, 201, "{}", forwarded.body);
    let file = &forwarded.body["data"]["attachments"][0];
    assert_eq!(
        (&file["isForwarded"], &file["forwardedFromAttachmentId"], &file["uploadedBy"]),
        (&json!(true), &files[0]["id"], &json!(carlos.id)),
    );
    // The bytes stay as long as one of them does.
    assert_eq!(lea.delete(&format!("/messages/{message}")).await.status, 200);
    let is_done = async || {
        let count = |tx: &mut Tx<'_>| {
            tx.fetch_one::<i64>("SELECT count(*) AS jobs FROM jobs WHERE kind = 'remove-file'", &[])
        };
        server.store.read::<_, StoreError>(count).await.unwrap() == 0
    };
    work(&server, "the file was looked for", is_done).await;
    let given = server.request(Method::GET, file["fileUrl"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(given.text().await.unwrap(), "a");
    let copy = forwarded.body["data"]["id"].as_str().unwrap();
    assert_eq!(carlos.delete(&format!("/messages/{copy}")).await.status, 200);
    work(&server, "the file is removed", async || stored(&server).is_empty()).await;
}

#[both_databases]
async fn an_uploaded_image_becomes_a_picture(server: TestServer) {
    let lea = server.sign_up("lea", "fr").await;
    let carlos = server.sign_up("carlos", "es").await;
    let talk = lea.group(&[&carlos]).await;
    let bytes = picture(64, 64);
    let names = ["a.png", "b.png", "c.png"];
    let files = upload(&lea, &names.map(|name| Part::File(name, "image/png", &bytes))).await;
    let url = |number: usize| files[number]["fileUrl"].as_str().unwrap().to_owned();
    let theirs = upload(&carlos, &[Part::File("d.png", "image/png", &bytes)]).await;
    let text = upload(&lea, &[Part::File("e.txt", "text/plain", b"e")]).await;
    let path = format!("/conversations/{talk}");
    for file in [&theirs[0], &text[0]] {
        let refused = lea.patch(&path, json!({ "avatar": file["fileUrl"] })).await;
        assert_eq!((refused.status, refused.code()), (400, "VALIDATION_ERROR"), "{}", refused.body);
    }
    let at_gateway = format!("https://gate.example.org{}", url(0));
    for (path, body) in [
        (path.as_str(), json!({ "avatar": at_gateway })),
        (&path, json!({ "avatar": at_gateway })),
        ("/users/me/avatar", json!({ "avatar": url(1) })),
    ] {
        let changed = lea.patch(path, body).await;
        assert_eq!(changed.status, 200, "{}", changed.body);
    }
    let body = json!({ "content": "", "attachmentIds": [files[0]["id"]] });
    assert_eq!(lea.post(&format!("{path}/messages"), body).await.status, 400, "it is a picture");

    let place = |number: usize| url(number).split_once('?').map_or(url(number), |(path, _)| path.to_owned());
    let status = async |number: usize| {
        server.request(Method::GET, &place(number)).send().await.unwrap().status().as_u16()
    };
    server.hand.advance(DAY + Duration::from_secs(60));
    work(&server, "what is no picture is removed", async || {
        stored(&server).iter().filter(|path| !path.to_string_lossy().contains("_thumb")).count() == 2
    })
    .await;
    assert_eq!(
        (status(0).await, status(1).await, status(2).await),
        (200, 200, 404),
        "everybody sees pictures"
    );
    let lea = server.sign_in("lea").await;
    assert_eq!(lea.patch(&path, json!({ "avatar": "" })).await.status, 200);
    assert_eq!(lea.patch("/users/me/avatar", json!({ "avatar": null })).await.status, 200);
    work(&server, "nothing is left", async || stored(&server).is_empty()).await;
}

#[tokio::test]
async fn a_copy_is_served_by_its_own_link_while_the_original_is_there() {
    let server = TestServer::adjusted(|settings| settings.unsigned_file_paths = false).await;
    let lea = server.sign_up("lea", "fr").await;
    let carlos = server.sign_up("carlos", "es").await;
    let emma = server.sign_up("emma", "en").await;
    let (talk, other) = (lea.group(&[&carlos]).await, carlos.group(&[&emma]).await);
    let files = upload(&lea, &[Part::File("a.txt", "", b"a")]).await;
    let body = json!({ "content": "", "attachmentIds": [files[0]["id"]] });
    let sent = lea.post(&format!("/conversations/{talk}/messages"), body).await.body;
    let path = format!("/messages/{}/forward", sent["data"]["id"].as_str().unwrap());
    assert_eq!(carlos.post(&path, json!({ "conversationId": other })).await.status, 201);
    let listed = emma.get(&format!("/conversations/{other}/messages")).await.body;
    let url = listed["data"][0]["attachments"][0]["fileUrl"].as_str().unwrap();
    assert_eq!(server.request(Method::GET, url).send().await.unwrap().status(), 200, "{url}");
    let unsigned = url.split_once('?').unwrap().0;
    assert_eq!(answer(server.request(Method::GET, unsigned)).await.status, 404);
    // Nobody gets what was rejected, by any link.
    let reject = |tx: &mut Tx<'_>| {
        tx.execute("UPDATE attachments SET moderation_status = 'rejected' WHERE NOT is_forwarded", &[])
    };
    server.store.write::<_, StoreError>(reject).await.unwrap();
    assert_eq!(answer(server.request(Method::GET, url)).await.status, 404);
}
