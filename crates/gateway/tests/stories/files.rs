//! Files that hang on messages, as clients fetch them.

use crate::server::{Server, servers, unlimited};
use meeshy_store::Tx;
use reqwest::Method;
use serde_json::json;

const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n not much of a picture";

/// Puts a file in the folder, and a row that names it.
async fn upload(server: &Server, id: &str, message: &str, path: &str, mime: &str, status: Option<&str>) {
    let place = server.uploads.path().join(path);
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    std::fs::write(&place, PICTURE).unwrap();
    let url = format!("/api/attachments/file/{}", path.replace('/', "%2F"));
    let values = [id, message, "a_1.png", "Été à la plage.png", mime, path, &url, "65a0c0ffee0123456789abcd"]
        .map(meeshy_store::Value::from);
    let status = meeshy_store::Value::from(status);
    let insert = move |tx: &mut Tx<'_>| {
        let mut values = values.to_vec();
        values.push(status);
        tx.execute(
            "INSERT INTO attachments (id, message_id, file_name, original_name, mime_type, file_path, file_url, \
               uploaded_by, scan_status, file_size, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 33, 1000)",
            &values,
        )
    };
    server.store.write(insert).await.unwrap();
}

#[tokio::test]
async fn a_message_comes_with_its_files_and_they_can_be_fetched() {
    for (kind, server) in servers().await {
        let lea = server.sign_up("lea", "fr").await;
        let carlos = server.sign_up("carlos", "es").await;
        let talk = lea.group(&[&carlos]).await;
        let message = lea.say(&talk, "Regarde !").await;
        let path = "2025/10/65a0c0ffee0123456789abcd/a_1.png";
        upload(&server, "65d000000000000000000001", &message, path, "image/png", None).await;

        let listed = carlos.get(&format!("/conversations/{talk}/messages")).await.body;
        let file = &listed["data"][0]["attachments"][0];
        assert_eq!(file["originalName"], "Été à la plage.png", "{kind}: {listed}");
        assert_eq!((&file["fileSize"], &file["messageId"]), (&json!(33), &json!(message)), "{kind}");
        let listed = carlos.get("/conversations").await.body;
        assert_eq!(listed["data"][0]["lastMessage"]["attachments"][0]["mimeType"], "image/png", "{kind}");

        let url = file["fileUrl"].as_str().unwrap().to_owned();
        for url in [
            url.as_str(),
            &format!("/api/v1/attachments/file/{path}"),
            "/api/v1/attachments/65d000000000000000000001",
        ] {
            let given = server.request(Method::GET, url).send().await.unwrap();
            assert_eq!(given.status(), 200, "{kind}: {url}");
            let header = |name: &str| given.headers()[name].to_str().unwrap().to_owned();
            assert_eq!(header("content-type"), "image/png");
            assert_eq!(
                header("content-disposition"),
                "inline; filename*=UTF-8''%C3%89t%C3%A9%20%C3%A0%20la%20plage%2Epng"
            );
            assert!(header("content-security-policy").contains("sandbox"));
            assert_eq!(header("x-content-type-options"), "nosniff");
            assert_eq!(header("cross-origin-resource-policy"), "cross-origin");
            assert_eq!(given.bytes().await.unwrap(), PICTURE);
        }
        let part = server.request(Method::GET, &url).header("range", "bytes=1-3").send().await.unwrap();
        assert_eq!((part.status().as_u16(), &part.bytes().await.unwrap()[..]), (206, &b"PNG"[..]), "{kind}");
    }
}

#[tokio::test]
async fn what_could_run_is_a_download_and_what_nobody_may_have_is_not_there() {
    let server = Server::start(unlimited()).await;
    let lea = server.sign_up("lea", "fr").await;
    let carlos = server.sign_up("carlos", "es").await;
    let talk = lea.group(&[&carlos]).await;
    let message = lea.say(&talk, "Regarde !").await;
    let types =
        ["text/html", "image/svg+xml", "application/javascript", "video/mp4\r\nx: y", "video/a b", ""];
    for (number, mime) in types.into_iter().enumerate() {
        let (id, path) = (format!("65d0000000000000000000{number:02}"), format!("2025/{number}.html"));
        upload(&server, &id, &message, &path, mime, None).await;
        let given = server.request(Method::GET, &format!("/api/v1/attachments/{id}")).send().await.unwrap();
        assert_eq!(given.headers()["content-type"], "application/octet-stream", "{mime}");
        assert!(given.headers()["content-disposition"].to_str().unwrap().starts_with("attachment"), "{mime}");
    }
    upload(&server, "65d0000000000000000000a1", &message, "bad.png", "image/png", Some("infected")).await;
    std::fs::write(server.uploads.path().join("stray.png"), PICTURE).unwrap();
    upload(&server, "65d0000000000000000000a2", &message, "../secret", "image/png", None).await;
    for path in ["bad.png", "stray.png", "..%2Fsecret", "%2Fetc%2Fpasswd", "2025", "a%00b"] {
        let given = server.get(&format!("/api/v1/attachments/file/{path}")).await;
        assert_eq!((given.status, given.code()), (404, "NOT_FOUND"), "{path}");
    }
    for id in [
        "65d0000000000000000000a1",
        "65d0000000000000000000a2",
        "no-id",
        "65d000000000000000000001/thumbnail",
    ] {
        assert_eq!(server.get(&format!("/api/v1/attachments/{id}")).await.status, 404, "{id}");
    }
}

#[tokio::test]
async fn a_file_that_is_gone_from_the_folder_is_not_found() {
    let server = Server::start(unlimited()).await;
    let lea = server.sign_up("lea", "fr").await;
    let carlos = server.sign_up("carlos", "es").await;
    let talk = lea.group(&[&carlos]).await;
    let message = lea.say(&talk, "Regarde !").await;
    upload(&server, "65d000000000000000000001", &message, "2025/a.png", "image/png", None).await;
    std::fs::remove_file(server.uploads.path().join("2025/a.png")).unwrap();
    assert_eq!(server.get("/api/v1/attachments/65d000000000000000000001").await.status, 404);
}
