//! `kill -9` under load: nothing acknowledged is lost, nothing is there twice, and every translation comes.

use crate::server::{Client, Server};
use meeshy_testkit::Database;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const ROUNDS: usize = 30;
const SENDERS: usize = 4;

/// A sender who writes one message after the other, and the same one again until it is acknowledged.
pub struct Sender {
    client: Client,
    number: usize,
    next: usize,
    acknowledged: Vec<(String, String)>,
}

impl Sender {
    pub fn new(client: Client, number: usize) -> Self {
        Self { client, number, next: 0, acknowledged: Vec::new() }
    }

    pub async fn send_until(&mut self, conversation: &str, stop: &AtomicBool) {
        while !stop.load(Ordering::SeqCst) {
            let key = format!("{}-{}", self.number, self.next);
            // Sentences differ, so that each is translated, and are short, so that it is quick.
            let body = json!({ "content": format!("Tengo {} gatos", self.next), "originalLanguage": "es", "clientMessageId": key });
            match self.client.post(&format!("/conversations/{conversation}/messages"), &body).await {
                Ok((StatusCode::CREATED, answer)) => {
                    self.acknowledged.push((key, answer["data"]["id"].as_str().unwrap().to_owned()));
                    self.next += 1;
                }
                // The server is gone: the same message again, in the next round.
                Ok(_) | Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_loses_nothing_in_thirty_crashes() {
    crash(&[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_loses_nothing_in_thirty_crashes() {
    let database = Database::postgres();
    let meeshy_store::Location::Postgres { url, .. } = database.location() else { unreachable!() };
    crash(&[("DATABASE_URL", url)]).await;
}

async fn crash(variables: &[(&str, &str)]) {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path(), variables).await;
    let reader = server.sign_up("lea", "fr").await;
    let mut senders = Vec::new();
    for number in 0..SENDERS {
        let client = server.sign_up(&format!("carlos{number}"), "es").await;
        senders.push(Sender::new(client, number));
    }
    let others: Vec<&Client> = senders.iter().map(|sender| &sender.client).collect();
    let conversation: Arc<str> = reader.group(&others).await.into();

    let acknowledged =
        |senders: &[Sender]| senders.iter().map(|sender| sender.acknowledged.len()).sum::<usize>();
    // A busy machine may need more rounds before that is a load.
    for round in 0..4 * ROUNDS {
        if round >= ROUNDS && acknowledged(&senders) > ROUNDS {
            break;
        }
        let stop = Arc::new(AtomicBool::new(false));
        let sending: Vec<_> = senders
            .drain(..)
            .map(|mut sender| {
                let (conversation, stop) = (Arc::clone(&conversation), Arc::clone(&stop));
                tokio::spawn(async move {
                    sender.send_until(&conversation, &stop).await;
                    sender
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(40 + u64::try_from(round).unwrap() * 37 % 160)).await;
        server.kill();
        stop.store(true, Ordering::SeqCst);
        for sender in sending {
            senders.push(sender.await.unwrap());
        }
        server.restart().await;
    }
    let history = reader.history(&conversation).await;
    nothing_is_lost_or_doubled(&senders, &history);
    let total = acknowledged(&senders);
    assert!(total > ROUNDS, "only {total} messages were acknowledged: that is no load");
    every_translation_comes(&reader, &conversation).await;
}

pub fn nothing_is_lost_or_doubled(senders: &[Sender], history: &[Value]) {
    let sequences: Vec<i64> = history.iter().map(|message| message["sequence"].as_i64().unwrap()).collect();
    assert_eq!(
        sequences,
        (1..=i64::try_from(history.len()).unwrap()).collect::<Vec<_>>(),
        "numbers without gaps"
    );
    let mut stored: HashMap<&str, &Value> = HashMap::new();
    let mut last: HashMap<&str, usize> = HashMap::new();
    for message in history {
        let key = message["clientMessageId"].as_str().unwrap();
        assert!(stored.insert(key, message).is_none(), "{key} is there twice");
        let (sender, number) = key.split_once('-').unwrap();
        let number: usize = number.parse().unwrap();
        if let Some(before) = last.insert(sender, number) {
            assert_eq!(number, before + 1, "the messages of {sender} are in order");
        }
    }
    for (key, id) in senders.iter().flat_map(|sender| &sender.acknowledged) {
        assert_eq!(
            stored.get(key.as_str()).map(|message| &message["id"]),
            Some(&json!(id)),
            "{key} was acknowledged"
        );
    }
}

pub async fn every_translation_comes(reader: &Client, conversation: &str) {
    let start = Instant::now();
    loop {
        let history = reader.history(conversation).await;
        let untranslated = history.iter().filter(|message| {
            let translations = message["translations"].as_array().unwrap();
            !translations.iter().any(|translation| translation["targetLanguage"] == "fr")
        });
        let missing = untranslated.count();
        if missing == 0 {
            return;
        }
        // On PostgreSQL, a killed process has to be missed first (ten seconds).
        assert!(
            start.elapsed() < Duration::from_secs(120),
            "{missing} of {} messages have no translation",
            history.len()
        );
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
