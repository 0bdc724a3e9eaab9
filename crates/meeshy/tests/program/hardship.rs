//! Invalid input and failures: a clear error, nothing lost, the process survives.

use crate::server::{PROGRAM, Server, command};
use meeshy_testkit::{Answer, Cluster, Database, Proxy, eventually};
use reqwest::Method;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
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
        let Answer { status, body: answer, .. } = lea.post(&path, json!({ "content": content })).await;
        assert_eq!((status, &answer["code"]), (400, &json!("VALIDATION_ERROR")), "{answer}");
        assert!(answer["error"].as_str().unwrap().contains(word), "{answer}");
    }
    let Answer { status, body: answer, .. } =
        lea.post(&path, json!({ "content": "x".repeat(10_000_000) })).await;
    assert_eq!((status, &answer["code"]), (413, &json!("PAYLOAD_TOO_LARGE")));

    for body in ["{", "[]", "null", "{\"content\":1}", "{\"content\":\"\\ud800\"}", ""] {
        let request = lea.request(Method::POST, &path).header("content-type", "application/json").body(body);
        let refused = meeshy_testkit::answer(request).await;
        assert_eq!((refused.status, refused.code()), (400, "VALIDATION_ERROR"), "{body}");
    }
    for (client, path, status, code) in [
        (&lea, "/conversations/65a0c0ffee0123456789abcd/messages", 404, "CONVERSATION_NOT_FOUND"),
        (&lea, "/conversations/nowhere/messages", 404, "CONVERSATION_NOT_FOUND"),
        (&emma, path.as_str(), 403, "CONVERSATION_ACCESS_DENIED"),
    ] {
        let Answer { status: found, body: answer, .. } =
            client.post(path, json!({ "content": "hello" })).await;
        assert_eq!((found, &answer["code"]), (status, &json!(code)), "{answer}");
        let Answer { status: found, body: answer, .. } = client.get(path).await;
        assert_eq!((found, &answer["code"]), (status, &json!(code)), "{answer}");
    }
    let Answer { status, body: answer, .. } =
        lea.post(&path, json!({ "content": "nuqneH", "originalLanguage": "tlh" })).await;
    assert_eq!(status, 400);
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
        let Answer { status, body: answer, .. } =
            lea.post(&format!("/conversations/{talk}/messages"), body.clone()).await;
        if status != 201 {
            break (status, answer);
        }
        kept += 1;
        assert!(kept < 2_000, "six megabytes never filled up");
    };
    assert_eq!((refused.0, &refused.1["code"]), (507, &json!("STORAGE_FULL")), "{}", refused.1);
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
    let Answer { status, body: answer, .. } =
        lea.post(&format!("/conversations/{talk}/messages"), body.clone()).await;
    assert_eq!(status, 201, "{answer}");
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
    let (stop, sent, refused) =
        (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let sending = tokio::spawn({
        let (lea, path, stop) = (lea.clone(), path.clone(), Arc::clone(&stop));
        let (sent, refused) = (Arc::clone(&sent), Arc::clone(&refused));
        async move {
            let mut acknowledged = Vec::new();
            let mut in_doubt = false;
            // A failed send may still have been stored, so it is repeated until it is acknowledged.
            while !stop.load(Ordering::SeqCst) || in_doubt {
                let key = format!("c-{}", acknowledged.len());
                let Answer { status, body: answer, .. } =
                    lea.post(&path, json!({ "content": &key, "clientMessageId": &key })).await;
                in_doubt = status != 201;
                match status {
                    201 => {
                        acknowledged.push(key);
                        sent.fetch_add(1, Ordering::SeqCst);
                    }
                    503 => {
                        assert_eq!(answer["code"], "DATABASE_UNAVAILABLE", "{answer}");
                        refused.fetch_add(1, Ordering::SeqCst);
                    }
                    other => panic!("{other}: {answer}"),
                }
            }
            acknowledged
        }
    });
    let more = async |count: &AtomicUsize| {
        let enough = count.load(Ordering::SeqCst) + 20;
        eventually("it goes on", async || count.load(Ordering::SeqCst) >= enough).await;
    };
    more(&sent).await;
    tokio::task::block_in_place(|| cluster.kill());
    server.becomes_ready(false).await;
    eventually("the stop is noticed", async || refused.load(Ordering::SeqCst) > 0).await;
    let health = reqwest::get(format!("http://127.0.0.1:{}/health", server.port)).await.unwrap();
    assert_eq!(health.status(), 200, "it lives");
    let health: serde_json::Value = health.json().await.unwrap();
    assert_eq!(
        (&health["status"], &health["services"]["database"]["status"]),
        (&json!("degraded"), &json!("down"))
    );
    assert!(server.is_alive());
    tokio::task::block_in_place(|| cluster.up());
    more(&sent).await;
    stop.store(true, Ordering::SeqCst);
    let acknowledged = sending.await.unwrap();
    server.becomes_ready(true).await;
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
            tokio::spawn(
                async move { lea.try_post(&path, json!({ "content": format!("Bonjour {n}") })).await },
            )
        })
        .collect();
    eventually("some are stored", async || !lea.history(&talk).await.is_empty()).await;
    assert!(server.stop().await, "it exits cleanly");
    let mut acknowledged = 0;
    for sent in sending {
        acknowledged += usize::from(sent.await.unwrap().is_ok_and(|answer| answer.status == 201));
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
        let withheld = proxy.withheld();
        proxy.set_silent(true);
        let hanging = tokio::spawn(async move { lea.try_get("/conversations").await });
        eventually("the request waits for the database", async || proxy.withheld() > withheld).await;
        let start = Instant::now();
        for _ in 0..signals {
            server.terminate();
            // Two signals at once are one.
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let ended_well = server.ends().await;
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
