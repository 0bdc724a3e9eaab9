//! Files attached to messages, over the API.

use meeshy_harness::{TestServer, unlimited};
use meeshy_store::Tx;
use meeshy_testkit::{answer, both_databases};
use reqwest::Method;
use serde_json::json;
use std::time::Duration;

const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n not much of a picture";

/// Creates a file in the folder, and a row that names it.
async fn upload(server: &TestServer, id: &str, message: &str, path: &str, mime: &str, status: Option<&str>) {
    let place = server.uploads.path().join(path);
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    std::fs::write(&place, PICTURE).unwrap();
    let url = format!("/api/attachments/file/{}", path.replace('/', "%2F"));
    let values = [id, message, "a_1.png", "Été à la plage.png", mime, path, &url, "65a0c0ffee0123456789abcd"]
        .map(meeshy_store::Value::from);
    let status = meeshy_store::Value::from(status);
    let insert = move |tx: &mut Tx<'_>| {
        let mut values = values.to_vec();
        values.push(status.clone());
        tx.execute(
            "INSERT INTO attachments (id, message_id, file_name, original_name, mime_type, file_path, file_url, \
               uploaded_by, scan_status, file_size, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 33, 1000)",
            &values,
        )
    };
    server.store.write(insert).await.unwrap();
}

#[both_databases]
async fn a_message_includes_its_files_and_they_can_be_downloaded(server: TestServer) {
    let lea = server.sign_up("lea", "fr").await;
    let carlos = server.sign_up("carlos", "es").await;
    let talk = lea.group(&[&carlos]).await;
    let message = lea.say(&talk, "Regarde !").await;
    let path = "2025/10/65a0c0ffee0123456789abcd/a_1.png";
    upload(&server, "65d000000000000000000001", &message, path, "image/png", None).await;

    let listed = carlos.get(&format!("/conversations/{talk}/messages")).await.body;
    let file = &listed["data"][0]["attachments"][0];
    assert_eq!(file["originalName"], "Été à la plage.png", "{listed}");
    assert_eq!((&file["fileSize"], &file["messageId"]), (&json!(33), &json!(message)));
    let listed = carlos.get("/conversations").await.body;
    assert_eq!(listed["data"][0]["lastMessage"]["attachments"][0]["mimeType"], "image/png");

    let url = file["fileUrl"].as_str().unwrap().to_owned();
    let by_id = "/api/v1/attachments/65d000000000000000000001";
    let signature = url.split_once('?').unwrap().1;
    for (url, token) in [
        (url.as_str(), ""),
        (&format!("/api/v1/attachments/file/{path}"), ""),
        (&format!("{by_id}?{signature}"), ""),
        (by_id, carlos.token.as_str()),
    ] {
        let given = server.request(Method::GET, url).bearer_auth(token).send().await.unwrap();
        assert_eq!(given.status(), 200, "{url}");
        assert_eq!(given.headers()["cache-control"], "private, max-age=86400, immutable", "{url}");
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
    let emma = server.sign_up("emma", "en").await;
    let other = "65d000000000000000000002";
    upload(&server, other, &message, "2025/10/b.png", "image/png", None).await;
    for (url, token, status) in [
        (by_id, "", 401),
        ("/api/v1/attachments/65d0000000000000000000ff", "", 401),
        (by_id, emma.token.as_str(), 404),
        (&format!("{by_id}?sig=00&exp=99999999999"), "", 401),
        (&format!("/api/v1/attachments/{other}?{signature}"), "", 401),
    ] {
        let refused = answer(server.request(Method::GET, url).bearer_auth(token)).await;
        assert_eq!(refused.status, status, "{url}");
    }
    let part = server.request(Method::GET, &url).header("range", "bytes=1-3").send().await.unwrap();
    assert_eq!((part.status().as_u16(), &part.bytes().await.unwrap()[..]), (206, &b"PNG"[..]));
}

#[tokio::test]
async fn active_content_is_a_download_and_forbidden_files_are_not_found() {
    let server = TestServer::start(unlimited()).await;
    let lea = server.sign_up("lea", "fr").await;
    let carlos = server.sign_up("carlos", "es").await;
    let talk = lea.group(&[&carlos]).await;
    let message = lea.say(&talk, "Regarde !").await;
    let types =
        ["text/html", "image/svg+xml", "application/javascript", "video/mp4\r\nx: y", "video/a b", ""];
    for (number, mime) in types.into_iter().enumerate() {
        let (id, path) = (format!("65d0000000000000000000{number:02}"), format!("2025/{number}.html"));
        upload(&server, &id, &message, &path, mime, None).await;
        let given = server.request(Method::GET, &format!("/api/v1/attachments/{id}")).bearer_auth(&lea.token);
        let given = given.send().await.unwrap();
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
        assert_eq!(lea.get(&format!("/attachments/{id}")).await.status, 404, "{id}");
    }
    // It is not in the folder that the server removes.
    std::fs::remove_file(server.uploads.path().join("../secret")).unwrap();
}

#[tokio::test]
async fn a_missing_file_is_not_found() {
    let server = TestServer::start(unlimited()).await;
    let lea = server.sign_up("lea", "fr").await;
    let carlos = server.sign_up("carlos", "es").await;
    let talk = lea.group(&[&carlos]).await;
    let message = lea.say(&talk, "Regarde !").await;
    upload(&server, "65d000000000000000000001", &message, "2025/a.png", "image/png", None).await;
    std::fs::remove_file(server.uploads.path().join("2025/a.png")).unwrap();
    assert_eq!(lea.get("/attachments/65d000000000000000000001").await.status, 404);
}

#[tokio::test]
async fn without_unsigned_paths_a_file_needs_a_signed_link_or_a_member() {
    let server = TestServer::adjusted(|settings| settings.unsigned_file_paths = false).await;
    let lea = server.sign_up("lea", "fr").await;
    let talk = lea.group(&[]).await;
    let message = lea.say(&talk, "Regarde !").await;
    upload(&server, "65d000000000000000000001", &message, "2025/a.png", "image/png", None).await;
    let path = "/api/v1/attachments/file/2025/a.png";
    assert_eq!(server.get(path).await.status, 404);
    let listed = lea.get(&format!("/conversations/{talk}/messages")).await.body;
    let link = listed["data"][0]["attachments"][0]["fileUrl"].as_str().unwrap().to_owned();
    for request in
        [server.request(Method::GET, path).bearer_auth(&lea.token), server.request(Method::GET, &link)]
    {
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
    server.hand.advance(Duration::from_secs(3 * 86_400));
    assert_eq!(server.get(&link).await.status, 404, "a link expires");
}

#[both_databases]
async fn urls_that_run_code_are_not_served(server: TestServer) {
    let lea = server.sign_up("lea", "fr").await;
    let talk = lea.group(&[]).await;
    let message = lea.say(&talk, "Regarde !").await;
    upload(&server, "65d000000000000000000001", &message, "2025/a.png", "image/png", None).await;
    let write = |tx: &mut Tx<'_>| {
        for sql in [
            "UPDATE users SET avatar = 'javascript:alert(1)', banner = 'data:text/html,x'",
            "UPDATE conversations SET avatar = ' JavaScript:alert(1)', banner = 'vbscript:x'",
            "UPDATE attachments SET file_url = 'javascript:alert(1)', thumbnail_url = 'data:text/html,x', \
               metadata = '{\"link\": \"java\\nscript:alert(1)\", \"note\": \"a: b\"}'",
        ] {
            tx.execute(sql, &[])?;
        }
        Ok::<_, meeshy_store::StoreError>(())
    };
    server.store.write(write).await.unwrap();
    let mut said = String::new();
    for path in [
        "/auth/me".to_owned(),
        "/conversations".to_owned(),
        "/users/search?q=lea".to_owned(),
        format!("/conversations/{talk}"),
        format!("/conversations/{talk}/messages"),
    ] {
        said += &lea.get(&path).await.body.to_string();
    }
    let page = lea.get(&format!("/conversations/{talk}/messages")).await.body;
    let link = page["data"][0]["attachments"][0]["fileUrl"].as_str().unwrap();
    let followed = server.request(Method::GET, link).send().await.unwrap();
    assert_eq!(followed.status(), 200, "{link} can be followed without a token");
    let said = said.to_lowercase();
    assert!(said.contains("\"note\":\"a: b\"") && said.contains("\"avatar\":null"), "{said}");
    for scheme in ["javascript:", "data:text", "vbscript:", "script:"] {
        assert!(!said.contains(scheme), "{scheme} in {said}");
    }
}

#[tokio::test]
async fn pictures_of_the_old_front_end_are_public() {
    let server = TestServer::single(unlimited()).await;
    let write = |path: &str| {
        let place = server.uploads.path().join(path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, PICTURE).unwrap();
    };
    [
        "public/u/i/2025/10/a.png",
        "public/i/2025/09/b.jpg",
        "public/u/i/page.html",
        "public/u/i/drawing.svg",
        "2025/c.png",
    ]
    .into_iter()
    .for_each(write);
    for (path, kind) in [("/u/i/2025/10/a.png", "image/png"), ("/i/2025/09/b.jpg", "image/jpeg")] {
        let given = server.request(Method::GET, path).send().await.unwrap();
        assert_eq!(given.status(), 200, "{path}");
        let header = |name: &str| given.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), kind);
        assert!(header("content-security-policy").contains("sandbox"));
        assert!(header("cache-control").starts_with("public"));
    }
    for path in [
        "/u/i/page.html",
        "/u/i/drawing.svg",
        "/u/i/absent.png",
        "/u/i",
        "/u/..%2F..%2F2025%2Fc.png",
        "/i/..%2Fu%2Fi%2F2025%2F10%2Fa.png",
        "/uploads/2025/c.png",
        "/uploads/public/u/i/2025/10/a.png",
    ] {
        assert_eq!(answer(server.request(Method::GET, path)).await.status, 404, "{path}");
    }
}
