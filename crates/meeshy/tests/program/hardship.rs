//! Bad input and bad times: a clear error, nothing lost, the process lives.

use crate::server::{PROGRAM, Server};
use meeshy_testkit::Cluster;
use reqwest::StatusCode;
use serde_json::json;
use std::process::Command;
use std::time::{Duration, Instant};

#[tokio::test]
async fn bodies_that_cannot_be_taken_get_a_sentence_and_a_code() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[]).await;
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let emma = server.sign_up("emma", "en").await;
    let talk = lea.group(&[&carlos]).await;
    let path = format!("/conversations/{talk}/messages");
    for (content, word) in [("", "empty"), ("  ", "empty"), (&"x".repeat(4_001), "longer"), ("a\0b", "NUL")] {
        let (status, answer) = lea.post(&path, &json!({ "content": content })).await.unwrap();
        assert_eq!(
            (status, &answer["code"]),
            (StatusCode::BAD_REQUEST, &json!("VALIDATION_ERROR")),
            "{answer}"
        );
        assert!(answer["error"].as_str().unwrap().contains(word), "{answer}");
    }
    let (status, answer) = lea.post(&path, &json!({ "content": "x".repeat(10_000_000) })).await.unwrap();
    assert_eq!((status, &answer["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("PAYLOAD_TOO_LARGE")));

    for body in ["{", "[]", "null", "{\"content\":1}", "{\"content\":\"\\ud800\"}", ""] {
        let request = lea.http.post(format!("{}{path}", lea.base)).bearer_auth(&lea.token).body(body);
        let answer = request.header("content-type", "application/json").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{body}");
        let answer: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(
            (&answer["success"], &answer["code"]),
            (&json!(false), &json!("VALIDATION_ERROR")),
            "{body}"
        );
    }
    for (client, path, status, code) in [
        (&lea, "/conversations/65a0c0ffee0123456789abcd/messages", 404, "CONVERSATION_NOT_FOUND"),
        (&lea, "/conversations/nowhere/messages", 404, "CONVERSATION_NOT_FOUND"),
        (&emma, path.as_str(), 403, "CONVERSATION_ACCESS_DENIED"),
    ] {
        let (found, answer) = client.post(path, &json!({ "content": "hello" })).await.unwrap();
        assert_eq!((found.as_u16(), &answer["code"]), (status, &json!(code)), "{answer}");
        let (found, answer) = client.get(path).await.unwrap();
        assert_eq!((found.as_u16(), &answer["code"]), (status, &json!(code)), "{answer}");
    }
    let (status, answer) =
        lea.post(&path, &json!({ "content": "nuqneH", "originalLanguage": "tlh" })).await.unwrap();
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(answer["error"].as_str().unwrap().contains("`tlh` is not a language"), "{answer}");
    assert_eq!(lea.history(&talk).await.len(), 0, "nothing of all this was kept");
}

#[tokio::test]
async fn a_second_process_on_the_same_folder_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path(), &[]).await;
    let second = Command::new(PROGRAM).arg("migrate").env("MEESHY_DATA_DIR", folder.path()).output().unwrap();
    assert!(!second.status.success());
    let message = String::from_utf8_lossy(&second.stderr);
    assert!(
        message.contains("is in use by another meeshy process; stop it, or choose another data folder"),
        "{message}"
    );
    assert!(server.is_alive());
}

#[tokio::test]
async fn a_full_disk_fails_the_message_and_nothing_else() {
    // A file system of its own, of four megabytes, in a mount namespace that ends with the server.
    let folder = tempfile::tempdir().unwrap();
    let mount = format!("mount -t tmpfs -o size=4m tmpfs {} && exec \"$@\"", folder.path().display());
    let wrapper = ["unshare", "--map-root-user", "--user", "--mount", "sh", "-c", &mount, "sh"];
    let mut server = Server::start_through(&wrapper, folder.path(), &[]).await;
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "fr").await);
    let talk = lea.group(&[&carlos]).await;
    let body = json!({ "content": "x".repeat(4_000) });
    let mut kept = 0;
    let refused = loop {
        let (status, answer) = lea.post(&format!("/conversations/{talk}/messages"), &body).await.unwrap();
        if status != StatusCode::CREATED {
            break (status, answer);
        }
        kept += 1;
        assert!(kept < 2_000, "four megabytes never filled up");
    };
    assert_eq!(
        (refused.0, &refused.1["code"]),
        (StatusCode::INSUFFICIENT_STORAGE, &json!("STORAGE_FULL")),
        "{}",
        refused.1
    );
    assert!(server.is_alive());
    assert_eq!(lea.history(&talk).await.len(), kept, "what was acknowledged is there, and can be read");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_may_stop_and_start_again_under_load() {
    let cluster = Cluster::start();
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path(), &[("DATABASE_URL", &cluster.url())]).await;
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "fr").await);
    let talk = lea.group(&[&carlos]).await;
    let path = format!("/conversations/{talk}/messages");
    let sending = tokio::spawn({
        let (lea, path) = (lea.clone(), path.clone());
        async move {
            let (mut acknowledged, mut refused) = (Vec::new(), 0);
            let (start, mut in_doubt) = (Instant::now(), false);
            // What was refused may be stored all the same, so it is sent until it is acknowledged.
            while start.elapsed() < Duration::from_secs(8) || in_doubt {
                let key = format!("c-{}", acknowledged.len());
                let (status, answer) =
                    lea.post(&path, &json!({ "content": &key, "clientMessageId": &key })).await.unwrap();
                in_doubt = status != StatusCode::CREATED;
                match status {
                    StatusCode::CREATED => acknowledged.push(key),
                    StatusCode::SERVICE_UNAVAILABLE => {
                        assert_eq!(answer["code"], "DATABASE_UNAVAILABLE", "{answer}");
                        refused += 1;
                    }
                    other => panic!("{other}: {answer}"),
                }
            }
            (acknowledged, refused)
        }
    });
    tokio::time::sleep(Duration::from_secs(2)).await;
    tokio::task::block_in_place(|| cluster.kill());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!server.is_ready().await, "not ready without its database");
    let health = reqwest::get(format!("http://127.0.0.1:{}/health", server.port)).await.unwrap();
    assert_eq!(health.status(), StatusCode::SERVICE_UNAVAILABLE);
    let health: serde_json::Value = health.json().await.unwrap();
    assert_eq!(
        (&health["status"], &health["services"]["database"]["status"]),
        (&json!("unhealthy"), &json!("down"))
    );
    assert!(server.is_alive());
    tokio::task::block_in_place(|| cluster.up());
    let (acknowledged, refused) = sending.await.unwrap();
    assert!(refused > 0, "the stop was not noticed");
    assert!(server.is_ready().await);
    let history = lea.history(&talk).await;
    let kept: Vec<&str> = history.iter().map(|message| message["content"].as_str().unwrap()).collect();
    assert_eq!(kept, acknowledged, "all that was acknowledged, once, in order");
}

#[tokio::test]
async fn a_stop_finishes_what_has_begun() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path(), &[]).await;
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let talk = lea.group(&[&carlos]).await;
    let path = format!("/conversations/{talk}/messages");
    let sending: Vec<_> = (0..20)
        .map(|n| {
            let (lea, path) = (lea.clone(), path.clone());
            tokio::spawn(async move { lea.post(&path, &json!({ "content": format!("Bonjour {n}") })).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(server.stop().await, "it ends by itself, and well");
    let mut acknowledged = 0;
    for sent in sending {
        acknowledged +=
            usize::from(sent.await.unwrap().is_ok_and(|(status, _)| status == StatusCode::CREATED));
    }
    server.restart().await;
    assert!(lea.history(&talk).await.len() >= acknowledged);
}
