//! Invalid input and failures: a clear error, nothing lost, the process survives.

use crate::server::{PROGRAM, Server, command};
use meeshy_testkit::{Cluster, Database, Proxy};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

#[tokio::test]
async fn invalid_bodies_get_a_message_and_a_code() {
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
    assert_eq!(lea.history(&talk).await.len(), 0, "nothing was stored");
}

#[tokio::test]
async fn a_second_process_on_the_same_folder_is_rejected() {
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
async fn a_full_disk_fails_only_the_message() {
    // A file system of six megabytes, in a mount namespace that ends with the server.
    let folder = tempfile::tempdir().unwrap();
    let mount = format!("mount -t tmpfs -o size=6m tmpfs {} && exec \"$@\"", folder.path().display());
    let wrapper = ["unshare", "--map-root-user", "--user", "--mount", "sh", "-c", &mount, "sh"];
    let mut server = Server::start_through(&wrapper, folder.path(), &[]).await;
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "fr").await);
    let talk = lea.group(&[&carlos]).await;
    let ballast = server.inside(folder.path()).join("ballast");
    std::fs::write(&ballast, vec![1; 1_000_000]).unwrap();
    let body = json!({ "content": "x".repeat(4_000) });
    let mut kept = 0;
    let refused = loop {
        let (status, answer) = lea.post(&format!("/conversations/{talk}/messages"), &body).await.unwrap();
        if status != StatusCode::CREATED {
            break (status, answer);
        }
        kept += 1;
        assert!(kept < 2_000, "six megabytes never filled up");
    };
    assert_eq!(
        (refused.0, &refused.1["code"]),
        (StatusCode::INSUFFICIENT_STORAGE, &json!("STORAGE_FULL")),
        "{}",
        refused.1
    );
    assert!(server.is_alive());
    assert_eq!(lea.history(&talk).await.len(), kept, "acknowledged messages can still be read");
    server.becomes_ready(false).await;
    let health = format!("http://127.0.0.1:{}/health", server.port);
    let database = async || {
        let health: Value = reqwest::get(&health).await.unwrap().json().await.unwrap();
        health["services"]["database"].clone()
    };
    assert_eq!(database().await, json!({ "status": "down", "reason": "the disk of the database is full" }));
    std::fs::remove_file(&ballast).unwrap();
    server.becomes_ready(true).await;
    assert_eq!(database().await, json!({ "status": "up" }));
    let (status, answer) = lea.post(&format!("/conversations/{talk}/messages"), &body).await.unwrap();
    assert_eq!(status, StatusCode::CREATED, "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_database_is_not_ready() {
    let cluster = tokio::task::block_in_place(Cluster::start);
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &[("DATABASE_URL", &cluster.url())]).await;
    let set = |is_read_only: bool| {
        let sql = format!("ALTER SYSTEM SET default_transaction_read_only = {is_read_only}");
        tokio::task::block_in_place(|| cluster.run_sql(&[&sql, "SELECT pg_reload_conf()"]));
    };
    set(true);
    server.becomes_ready(false).await;
    set(false);
    server.becomes_ready(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_can_be_restarted_under_load() {
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
            // A failed send may still have been stored, so it is repeated until it is acknowledged.
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
    assert_eq!(health.status(), StatusCode::OK, "it lives");
    let health: serde_json::Value = health.json().await.unwrap();
    assert_eq!(
        (&health["status"], &health["services"]["database"]["status"]),
        (&json!("degraded"), &json!("down"))
    );
    assert!(server.is_alive());
    tokio::task::block_in_place(|| cluster.up());
    let (acknowledged, refused) = sending.await.unwrap();
    assert!(refused > 0, "the stop was not noticed");
    assert!(server.is_ready().await);
    let history = lea.history(&talk).await;
    let kept: Vec<&str> = history.iter().map(|message| message["content"].as_str().unwrap()).collect();
    assert_eq!(kept, acknowledged, "all acknowledged messages, once, in order");
}

#[tokio::test]
async fn shutdown_finishes_running_work() {
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
    assert!(server.stop().await, "it exits cleanly");
    let mut acknowledged = 0;
    for sent in sending {
        acknowledged +=
            usize::from(sent.await.unwrap().is_ok_and(|(status, _)| status == StatusCode::CREATED));
    }
    server.restart().await;
    assert!(lea.history(&talk).await.len() >= acknowledged);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_processes_that_start_on_an_empty_database_all_start() {
    let database = Database::postgres();
    let meeshy_store::Location::Postgres { url, .. } = database.location() else { unreachable!() };
    let folders: Vec<_> = (0..4).map(|_| tempfile::tempdir().unwrap()).collect();
    let started: Vec<_> = folders
        .iter()
        .enumerate()
        .map(|(number, folder)| {
            let role = if number < 2 { "gateway" } else { "translator" };
            let variables = [("DATABASE_URL", url.as_str()), ("MEESHY_ROLE", role), ("LOG_LEVEL", "info")];
            let mut command = command(folder.path(), &["serve"], &variables);
            command.env("PORT", "0").env("HOST", "127.0.0.1").env("MODELS_PULL", "off");
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .map(Process)
        .collect();
    let said: Vec<_> =
        started.into_iter().map(|process| tokio::task::spawn_blocking(|| process.starts())).collect();
    for said in said {
        said.await.unwrap();
    }
}

/// A process, observed through its standard error.
struct Process(Child);

impl Process {
    /// Reads until it serves or translates.
    fn starts(mut self) {
        let lines = BufReader::new(self.0.stderr.take().unwrap()).lines();
        let mut said = String::new();
        for line in lines.map_while(Result::ok) {
            if line.contains("Meeshy is ready") || line.contains("Meeshy translates") {
                return;
            }
            said += &format!("{line}\n");
        }
        panic!("it exited: {said}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shutdown_takes_ten_seconds_at_most_even_if_the_database_hangs() {
    let cluster = tokio::task::block_in_place(Cluster::start);
    let proxy = Proxy::to(cluster.port());
    let url = format!("postgres://meeshy@127.0.0.1:{}/postgres", proxy.port());
    for signals in [1, 2] {
        let folder = tempfile::tempdir().unwrap();
        let mut server = Server::start(folder.path(), &[("DATABASE_URL", &url)]).await;
        let lea = server.sign_up(&format!("lea{signals}"), "fr").await;
        proxy.set_silent(true);
        let hanging = tokio::spawn(async move { lea.get("/conversations").await });
        tokio::time::sleep(Duration::from_millis(200)).await;
        let start = Instant::now();
        for _ in 0..signals {
            server.terminate();
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let ended_well = server.ends_within(Duration::from_secs(20)).await;
        let took = start.elapsed();
        assert_eq!(ended_well, signals == 1, "a second signal aborts it");
        let limit = if signals == 1 { 12 } else { 3 };
        assert!(took < Duration::from_secs(limit), "{signals} signals: {took:?}");
        hanging.abort();
        proxy.set_silent(false);
    }
}

#[tokio::test]
async fn a_signal_during_startup_ends_it_cleanly() {
    let folder = tempfile::tempdir().unwrap();
    // A database that accepts connections but never answers.
    let database = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://meeshy@{}/postgres", database.local_addr().unwrap());
    let variables = [("DATABASE_URL", url.as_str()), ("PORT", "0"), ("HOST", "127.0.0.1")];
    let mut starting = Process(command(folder.path(), &["serve"], &variables).spawn().unwrap());
    let _call = tokio::task::spawn_blocking(move || database.accept().unwrap()).await.unwrap();
    Command::new("kill").arg(starting.0.id().to_string()).status().unwrap();
    let ended = tokio::task::spawn_blocking(move || starting.0.wait().unwrap()).await.unwrap();
    assert!(ended.success(), "{ended}");
}

#[test]
fn a_taken_port_leaves_the_data_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let (port, address) = (address.port().to_string(), address.to_string());
    for setting in ["PORT", "TRANSLATION_API_LISTEN", "TRANSLATION_API_GRPC_LISTEN", "METRICS_LISTEN"] {
        let value = if setting == "PORT" { &port } else { &address };
        let mut variables = vec![("HOST", "127.0.0.1"), ("TRANSLATION_API_KEYS", "one"), (setting, value)];
        if setting != "PORT" {
            variables.push(("PORT", "0"));
        }
        let refused = command(&data, &["serve"], &variables).output().unwrap();
        let message = String::from_utf8_lossy(&refused.stderr);
        assert!(!refused.status.success(), "{setting}");
        let advice = format!("stop the program that uses it, or change {setting}");
        assert!(message.contains(&advice), "{setting}: {message}");
        assert!(!data.exists(), "{setting}: the data folder was created");
    }
}
