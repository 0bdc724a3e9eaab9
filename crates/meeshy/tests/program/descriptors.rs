//! A program that runs out of file descriptors waits for some, and recovers.

use crate::load::wait_for_all_translations;
use crate::server::Server;
use meeshy_testkit::{Person, eventually};
use serde_json::json;
use std::net::TcpStream;
use std::path::Path;

/// The program's limit of file descriptors.
const LIMIT: usize = 96;

/// Messages that cannot be translated in the meantime.
const MESSAGES: usize = 100;

/// The maximum number of log lines about it: a persistent failure is logged now and then, not for each
/// message.
const MAX_LINES: usize = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_without_descriptors_recovers_and_logs_little() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let limited = format!("ulimit -n {LIMIT}; exec \"$@\" 2>{}", log.display());
    let data = folder.path().join("data");
    let mut server = Server::start_through(&["sh", "-c", &limited, "sh"], &data, &[]).await;
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let talk = lea.group(&[&carlos]).await;

    // Idle connections. Those that the program cannot accept wait in the system's backlog.
    let address = ("127.0.0.1", server.port);
    let idle: Vec<TcpStream> = (0..2 * LIMIT).map(|_| TcpStream::connect(address).unwrap()).collect();
    says(&log, "Refusing connections").await;
    // Carlos has his connection. His messages are stored; translating them would need processes.
    for _ in 0..MESSAGES {
        say(&carlos, &talk).await;
    }
    says(&log, "A translation failed").await;
    let lines = std::fs::read_to_string(&log).unwrap();
    assert!(lines.contains("Too many open files"), "the log has the reason: {lines}");
    assert!(lines.lines().count() <= MAX_LINES, "{lines}");

    drop(idle);
    server.becomes_ready(true).await;
    say(&carlos, &talk).await;
    wait_for_all_translations(&lea, &talk).await;
    let lines = std::fs::read_to_string(&log).unwrap();
    assert!(lines.lines().count() <= MAX_LINES, "{lines}");
    assert!(server.is_alive());
}

/// Sends a message on the existing connection. If the client has not returned it to its pool yet, it opens
/// another one, which is refused.
async fn say(who: &Person, talk: &str) {
    let message = json!({ "content": "Tengo un gato", "originalLanguage": "es" });
    let path = format!("/conversations/{talk}/messages");
    eventually("the message is accepted", async || {
        who.try_post(&path, message.clone()).await.is_ok_and(|answer| answer.status == 201)
    })
    .await;
}

/// Waits until the log contains `words`.
async fn says(log: &Path, words: &str) {
    eventually(words, async || std::fs::read_to_string(log).unwrap().contains(words)).await;
}
