//! Uploads in parts, with the protocol tus 1.0, over the API.

use crate::uploading::{picture, stored, work};
use meeshy_harness::TestServer;
use meeshy_testkit::{Person, both_databases};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::json;
use std::path::PathBuf;
use std::time::Duration;

const BASE: &str = "/attachments/resumable";
const PART: &str = "application/offset+octet-stream";
/// `filename a.txt`, `filetype text/plain`.
const TEXT: &str = "filename YS50eHQ=,filetype dGV4dC9wbGFpbg==,is_confidential";

fn creation(person: &Person, length: usize, metadata: &str) -> RequestBuilder {
    person
        .request(Method::POST, BASE)
        .header("tus-resumable", "1.0.0")
        .header("upload-length", length)
        .header("upload-metadata", metadata)
}

/// Begins an upload; returns its path.
async fn begin(person: &Person, length: usize, metadata: &str) -> String {
    let begun = creation(person, length, metadata).send().await.unwrap();
    assert_eq!((begun.status().as_u16(), header(&begun, "upload-offset")), (201, "0"), "{begun:?}");
    header(&begun, "location").strip_prefix("/api/v1").unwrap().to_owned()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

async fn offset(person: &Person, path: &str) -> (u16, String, String) {
    let head = person.request(Method::HEAD, path).header("tus-resumable", "1.0.0").send().await.unwrap();
    let text = |name| header(&head, name).to_owned();
    (head.status().as_u16(), text("upload-offset"), text("upload-length"))
}

async fn send(person: &Person, path: &str, offset: usize, bytes: &[u8]) -> Response {
    let request = person.request(Method::PATCH, path).header("tus-resumable", "1.0.0");
    let request = request.header("upload-offset", offset).header("content-type", PART);
    request.body(bytes.to_vec()).send().await.unwrap()
}

fn at(offset: &str, length: &str) -> (u16, String, String) {
    (204, offset.to_owned(), length.to_owned())
}

#[both_databases]
async fn a_file_is_sent_in_parts(server: TestServer) {
    let lea = server.sign_up("lea", "fr").await;
    let carlos = server.sign_up("carlos", "es").await;
    let path = begin(&lea, 11, TEXT).await;
    let id = path.rsplit('/').next().unwrap();
    assert_eq!(offset(&lea, &path).await, at("0", "11"));
    let first = send(&lea, &path, 0, b"Hello ").await;
    assert_eq!((first.status().as_u16(), header(&first, "upload-offset")), (204, "6"));
    assert!(header(&first, "upload-expires").ends_with(" GMT"), "{first:?}");
    assert_eq!(offset(&lea, &path).await, at("6", "11"));
    assert_eq!(lea.get(&format!("/attachments/{id}/metadata")).await.status, 404, "it is not complete");
    let held = std::fs::File::open(server.uploads.path().join("incoming").join(id)).unwrap();
    held.try_lock().unwrap();
    assert_eq!(offset(&lea, &path).await.0, 423, "another request, perhaps at another gateway, sends it");
    drop(held);
    for wrong in [0, 5, 7] {
        assert_eq!(send(&lea, &path, wrong, b"x").await.status().as_u16(), 409);
    }
    assert_eq!(send(&lea, &path, 6, b"too long").await.status().as_u16(), 413);
    assert_eq!(offset(&carlos, &path).await.0, 404);
    assert_eq!(send(&carlos, &path, 6, b"world").await.status().as_u16(), 404);

    let last = send(&lea, &path, 6, b"world").await;
    assert_eq!((last.status().as_u16(), header(&last, "upload-offset")), (204, "11"));
    assert_eq!(offset(&lea, &path).await, at("11", "11"), "it is known that it is complete");
    let known = lea.get(&format!("/attachments/{id}/metadata")).await.body;
    let file = &known["data"]["attachment"];
    assert_eq!(
        (&file["originalName"], &file["mimeType"], &file["fileSize"]),
        (&json!("a.txt"), &json!("text/plain"), &json!(11)),
    );
    let talk = lea.group(&[&carlos]).await;
    let body = json!({ "content": "", "attachmentIds": [id] });
    let sent = lea.post(&format!("/conversations/{talk}/messages"), body).await.body;
    let url = sent["data"]["attachments"][0]["fileUrl"].as_str().unwrap().to_owned();
    let given = server.request(Method::GET, &url).send().await.unwrap();
    assert_eq!(given.text().await.unwrap(), "Hello world");
    assert_eq!(send(&lea, &path, 11, b"").await.status().as_u16(), 409, "nothing can be added");
}

#[both_databases]
async fn a_small_file_takes_one_request(server: TestServer) {
    let lea = server.sign_up("lea", "fr").await;
    let bytes = [picture(40, 30), b"what is hidden behind it".to_vec()].concat();
    let length = bytes.len().to_string();
    let creation = creation(&lea, bytes.len(), "filename YS50eHQ=").header("content-type", PART);
    let begun = creation.body(bytes).send().await.unwrap();
    assert_eq!((begun.status().as_u16(), header(&begun, "upload-offset")), (201, length.as_str()));
    let id = header(&begun, "location").rsplit('/').next().unwrap().to_owned();
    let known = lea.get(&format!("/attachments/{id}/metadata")).await.body;
    let file = &known["data"]["attachment"];
    assert_eq!((&file["mimeType"], &file["width"]), (&json!("image/png"), &json!(40)), "{known}");
    assert_eq!(file["fileSize"], picture(40, 30).len(), "nothing is hidden any more");
    let nothing = begin_nothing(&lea).await;
    assert_eq!(lea.get(&format!("/attachments/{nothing}/metadata")).await.status, 200, "a file can be empty");
    assert_eq!(stored(&server).len(), 2);
}

async fn begin_nothing(person: &Person) -> String {
    let path = begin(person, 0, TEXT).await;
    path.rsplit('/').next().unwrap().to_owned()
}

#[both_databases]
async fn what_is_cancelled_or_left_is_removed(server: TestServer) {
    let lea = server.sign_up("lea", "fr").await;
    let (cancelled, left) = (begin(&lea, 10, TEXT).await, begin(&lea, 10, TEXT).await);
    for path in [&cancelled, &left] {
        assert_eq!(send(&lea, path, 0, b"half ").await.status().as_u16(), 204);
    }
    let end = async |path: &str| {
        let request = lea.request(Method::DELETE, path).header("tus-resumable", "1.0.0");
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(end(&cancelled).await, 204);
    assert_eq!((end(&cancelled).await, offset(&lea, &cancelled).await.0), (404, 404));
    work(&server, "one is removed", async || stored(&server).len() == 1).await;
    assert_eq!(offset(&lea, &left).await, at("5", "10"));
    server.hand.advance(Duration::from_secs(86_400 + 60));
    let lea = server.sign_in("lea").await;
    work(&server, "the other is removed", async || stored(&server).is_empty()).await;
    assert_eq!(offset(&lea, &left).await.0, 404);
}

#[both_databases]
async fn an_upload_is_cancelled_while_its_last_part_is_stored(server: TestServer) {
    let lea = server.sign_up("lea", "fr").await;
    let end = async |path: &str| {
        let request = lea.request(Method::DELETE, path).header("tus-resumable", "1.0.0");
        request.send().await.unwrap().status().as_u16()
    };
    // The client closes the connection and cancels: the server may still hold the file.
    let path = begin(&lea, 10, TEXT).await;
    let id = path.rsplit('/').next().unwrap();
    let held = std::fs::File::open(server.uploads.path().join("incoming").join(id)).unwrap();
    held.try_lock().unwrap();
    let release = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        drop(held);
    };
    assert_eq!(tokio::join!(end(&path), release).0, 204);

    // Or the file is complete by then.
    let path = begin(&lea, 4, TEXT).await;
    assert_eq!(send(&lea, &path, 0, b"text").await.status().as_u16(), 204);
    assert_eq!((end(&path).await, end(&path).await), (204, 404));
    work(&server, "both are removed", async || stored(&server).is_empty()).await;

    // What is used is no upload any more.
    let path = begin(&lea, 4, TEXT).await;
    assert_eq!(send(&lea, &path, 0, b"text").await.status().as_u16(), 204);
    let talk = lea.group(&[]).await;
    let body = json!({ "content": "", "attachmentIds": [path.rsplit('/').next().unwrap()] });
    assert_eq!(lea.post(&format!("/conversations/{talk}/messages"), body).await.status, 201);
    assert_eq!(end(&path).await, 404);
    assert_eq!(stored(&server).len(), 1);
}

#[tokio::test]
async fn what_is_refused() {
    let server = TestServer::adjusted(|settings| {
        settings.uploads.file_bytes = 1000;
        settings.uploads.quota_bytes = 1500;
    })
    .await;
    let lea = server.sign_up("lea", "fr").await;
    let status = async |request: RequestBuilder| request.send().await.unwrap().status().as_u16();
    assert_eq!(status(creation(&lea, 1001, TEXT)).await, 413, "too large");
    assert_eq!(status(lea.request(Method::POST, BASE)).await, 400, "no length");
    assert_eq!(status(lea.request(Method::POST, BASE).header("upload-length", "-1")).await, 400);
    assert_eq!(status(creation(&lea, 1, "filename ====")).await, 400);
    assert_eq!(status(creation(&lea, 1, "facts YWJj")).await, 400, "not JSON");
    let other = lea.request(Method::POST, BASE).header("tus-resumable", "0.2.2").header("upload-length", 1);
    let other = other.send().await.unwrap();
    assert_eq!((other.status().as_u16(), header(&other, "tus-version")), (412, "1.0.0"));
    assert_eq!(stored(&server), Vec::<PathBuf>::new());

    // What is announced counts.
    let path = begin(&lea, 1000, TEXT).await;
    assert_eq!(status(creation(&lea, 501, TEXT)).await, 413, "the quota");
    let wrong = lea.request(Method::PATCH, &path).header("upload-offset", 0).body("x");
    assert_eq!(status(wrong).await, 415);
    let wrong = lea.request(Method::PATCH, &path).header("content-type", PART).body("x");
    assert_eq!(status(wrong).await, 400, "no offset");
    for id in ["65d0000000000000000000ff", "no-id", "..%2F..%2Fetc"] {
        assert_eq!(offset(&lea, &format!("{BASE}/{id}")).await.0, 404, "{id}");
    }
    assert_eq!(begin(&lea, 500, TEXT).await.len(), path.len());
}
