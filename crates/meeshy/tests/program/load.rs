//! Clients that write and edit while the server is killed, and the invariants of their messages afterwards.

use meeshy_testkit::{Answer, Person, eventually};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long the number of missing translations may stay the same. On PostgreSQL, the lease of a killed
/// process has to expire first (ten seconds).
const STALLED_AFTER: Duration = Duration::from_secs(120);

/// How long a sender pauses after a message.
const PAUSE: Duration = Duration::from_millis(20);

/// One round of load: clients write and edit until it is stopped.
#[derive(Default)]
pub struct Round {
    stopped: AtomicBool,
    sends: AtomicUsize,
    edits: AtomicUsize,
}

impl Round {
    /// Waits until a message was acknowledged in this round: a slow machine needs longer.
    pub async fn sent(&self) {
        eventually("a message is acknowledged", async || self.sends.load(Ordering::SeqCst) > 0).await;
    }

    /// Waits until an edit was acknowledged in this round.
    pub async fn edited(&self) {
        eventually("an edit is acknowledged", async || self.edits.load(Ordering::SeqCst) > 0).await;
    }

    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }
}

/// A sender of one message after the other, each repeated until it is acknowledged.
pub struct Sender {
    client: Person,
    number: usize,
    next: usize,
    acknowledged: Vec<(String, String)>,
}

impl Sender {
    pub fn new(client: Person, number: usize) -> Self {
        Self { client, number, next: 0, acknowledged: Vec::new() }
    }

    /// The number of its acknowledged messages.
    pub fn sends(&self) -> usize {
        self.acknowledged.len()
    }

    pub async fn send_during(&mut self, round: &Round, conversation: &str) {
        while !round.is_stopped() {
            let key = format!("{}-{}", self.number, self.next);
            // Sentences differ, so that each is translated, and are short, so that it is fast.
            let body = json!({ "content": format!("Tengo {} gatos", self.next), "originalLanguage": "es", "clientMessageId": key });
            match self.client.try_post(&format!("/conversations/{conversation}/messages"), body).await {
                Ok(Answer { status: 201, body: answer, .. }) => {
                    self.acknowledged.push((key, answer["data"]["id"].as_str().unwrap().to_owned()));
                    self.next += 1;
                    round.sends.fetch_add(1, Ordering::SeqCst);
                    // So that the messages can be translated within the time of a test.
                    tokio::time::sleep(PAUSE).await;
                }
                // The server is down: the same message again in the next round.
                Ok(_) | Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    }
}

/// Edits each message of one user once, soon after it was sent.
pub struct Editor {
    client: Person,
    acknowledged: HashMap<String, String>,
}

impl Editor {
    pub fn new(client: Person) -> Self {
        Self { client, acknowledged: HashMap::new() }
    }

    /// The number of its acknowledged edits.
    pub fn edits(&self) -> usize {
        self.acknowledged.len()
    }

    pub async fn edit_during(&mut self, round: &Round, conversation: &str) {
        while !round.is_stopped() {
            // A server that is down comes back in the next round.
            let _ = self.edit_newest(round, conversation).await;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn edit_newest(&mut self, round: &Round, conversation: &str) -> Result<(), reqwest::Error> {
        let path = format!("/conversations/{conversation}/messages");
        let page = self.client.try_get(&format!("{path}?limit=50")).await?.body;
        let newest = page["data"].as_array().into_iter().flatten();
        for message in newest.filter(|message| message["senderId"] == self.client.id.as_str()).take(3) {
            let (id, text) = (message["id"].as_str().unwrap(), message["content"].as_str().unwrap());
            let edited = format!("{text} grandes");
            if !text.ends_with("grandes")
                && self.client.try_put(&format!("{path}/{id}"), json!({ "content": edited })).await?.status
                    == 200
            {
                self.acknowledged.insert(id.to_owned(), edited);
                round.edits.fetch_add(1, Ordering::SeqCst);
            }
        }
        Ok(())
    }

    pub fn assert_nothing_lost(&self, history: &[Value]) {
        assert!(!self.acknowledged.is_empty(), "nothing was edited");
        let texts: HashMap<&str, &str> = history
            .iter()
            .map(|message| (message["id"].as_str().unwrap(), message["content"].as_str().unwrap()))
            .collect();
        for (id, text) in &self.acknowledged {
            assert_eq!(texts.get(id.as_str()), Some(&text.as_str()), "the edit of {id} was acknowledged");
        }
    }
}

pub fn assert_nothing_lost_or_duplicated(senders: &[Sender], history: &[Value]) {
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

/// Waits until each message has its French translation, as long as the number of missing ones keeps falling.
pub async fn wait_for_all_translations(reader: &Person, conversation: &str) {
    let (mut fewest, mut since) = (usize::MAX, Instant::now());
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
        if missing < fewest {
            (fewest, since) = (missing, Instant::now());
        }
        assert!(
            since.elapsed() < STALLED_AFTER,
            "{missing} of {} messages have no translation",
            history.len()
        );
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
