//! B6: a room of many readers in many languages, with an engine that takes two seconds for everything, and a
//! crash.

use crate::figures::{Figure, Row, Table, lower, neither};
use crate::latency::Latencies;
use crate::people::{Api, Person};
use crate::rounds::{Plan, progress};
use crate::server::{Cpus, Kind, Server};
use anyhow::{Context, ensure};
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::{StreamExt, TryStreamExt, stream};
use meeshy_bench::client::Client;
use meeshy_bench::packet::Packet;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

/// The writer's language comes first.
const LANGUAGES: [&str; 7] = ["en", "fr", "es", "de", "it", "pt", "ja"];
/// Messages per second.
const RATE: u32 = 5;
/// How long the engine takes.
const DELAY: Duration = Duration::from_secs(2);
/// How long all translations may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// How often each text was requested, by language.
type Asked = Arc<Mutex<HashMap<(String, String), usize>>>;

/// Measures the room, once undisturbed and once with a crash.
///
/// # Errors
/// If the server fails.
pub async fn measure(plan: &Plan, quick: bool) -> anyhow::Result<Table> {
    let (readers, messages) = if quick { (100, 25) } else { (500, 100) };
    let mut rows = Vec::new();
    for (subject, crashes) in [("Meeshy", false), ("Meeshy, killed half-way", true)] {
        let mut rounds = Vec::new();
        for round in 1..=plan.rounds {
            rounds.push(one_round(plan, readers, messages, crashes).await?);
            progress(&format!("  round {round}: {subject}"));
        }
        rows.push(Row::new(subject.to_owned(), &rounds));
    }
    let method = format!(
        "{readers} users who read {} languages, {RATE} messages per second, {messages} in total, and an engine that translates them \
         after {} s. Requests to the engine per message, except for the author's language; how long the last of the \
         languages took; what never came.",
        LANGUAGES.len(),
        DELAY.as_secs()
    );
    Ok(Table { title: "B6 a slow engine".to_owned(), method, ours: rows, peers: Vec::new() })
}

async fn one_round(
    plan: &Plan,
    readers: usize,
    messages: usize,
    crashes: bool,
) -> anyhow::Result<Vec<Figure>> {
    let asked = Asked::default();
    let engine = provider(Arc::clone(&asked)).await?;
    let folder = tempfile::tempdir()?;
    std::fs::write(
        folder.path().join("meeshy.toml"),
        format!(
            "[translation]\napertium_modes_dir = \"/nonexistent\"\n\
             [[translation.remote]]\nkind = \"libretranslate\"\nurl = \"http://{engine}\"\nmax_concurrency = 8\n"
        ),
    )?;
    let mut server = Server::start(&plan.programs, Kind::Meeshy, folder.path(), Cpus::First).await?;
    let api = Api::new(server.address);
    let people: Vec<Person> = stream::iter(0..readers)
        .map(|number| api.register(format!("reader-{number}"), LANGUAGES[number % LANGUAGES.len()]))
        .buffered(4)
        .try_collect()
        .await?;
    let room = api.open_room(&people.iter().collect::<Vec<_>>(), "Many languages").await?;
    let mut came = Arrivals::default();
    let mut listening = crate::crowd::enter(server.address, &people[1]).await?;
    for number in 0..messages {
        if crashes && number == messages / 2 {
            listening.close().await?;
            server.kill().await?;
            server = Server::start(&plan.programs, Kind::Meeshy, folder.path(), Cpus::First).await?;
            listening = crate::crowd::enter(server.address, &people[1]).await?;
        }
        let text = format!("Message {number} for all.");
        let id = say(&Api::new(server.address), &people[0], &room, &text).await?;
        came.sent.insert(id, Instant::now());
        receive(&mut listening, &mut came, Instant::now() + Duration::from_secs(1) / RATE).await?;
    }
    let deadline = Instant::now() + TIMEOUT;
    while came.arrived() < messages * (LANGUAGES.len() - 1) && Instant::now() < deadline {
        receive(&mut listening, &mut came, Instant::now() + Duration::from_millis(500)).await?;
        if crashes {
            came.look(&history(&Api::new(server.address), &people[1], &room).await?);
        }
    }
    let dropped = messages * (LANGUAGES.len() - 1) - came.arrived();
    listening.close().await?;
    server.stop().await?;
    let asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
    let texts = asked.values().sum::<usize>() as f64;
    let mut visible = Latencies::new()?;
    came.visible.values().for_each(|latency| visible.record(*latency));
    Ok(vec![
        lower("requests per message", texts / messages as f64),
        neither("languages present", (LANGUAGES.len() - 1) as f64),
        lower("p95 until visible ms", visible.quantile_ms(0.95)),
        lower("never came", dropped as f64),
    ])
}

/// When translations arrived.
#[derive(Default)]
struct Arrivals {
    sent: HashMap<String, Instant>,
    /// By message and language.
    visible: HashMap<(String, String), Duration>,
}

impl Arrivals {
    fn arrived(&self) -> usize {
        self.visible.len()
    }

    fn note(&mut self, message: &str, language: &str) {
        if let Some(sent) = self.sent.get(message) {
            let key = (message.to_owned(), language.to_owned());
            self.visible.entry(key).or_insert_with(|| sent.elapsed());
        }
    }

    /// Records what arrived while not connected.
    fn look(&mut self, history: &[Value]) {
        for message in history {
            let id = message["id"].as_str().unwrap_or_default().to_owned();
            for translation in message["translations"].as_array().into_iter().flatten() {
                self.note(&id, translation["targetLanguage"].as_str().unwrap_or_default());
            }
        }
    }
}

async fn receive(client: &mut Client, came: &mut Arrivals, until: Instant) -> anyhow::Result<()> {
    while let Some(left) = until.checked_duration_since(Instant::now()) {
        let Ok(packet) = tokio::time::timeout(left, client.next()).await else { return Ok(()) };
        let Packet::Event(event) = packet? else { continue };
        if event.name == "message:translation" {
            let told: Value = event.read()?;
            let message = told["messageId"].as_str().unwrap_or_default().to_owned();
            for translation in told["translations"].as_array().into_iter().flatten() {
                came.note(&message, translation["targetLanguage"].as_str().unwrap_or_default());
            }
        }
    }
    Ok(())
}

/// A server with LibreTranslate's API that takes its time.
async fn provider(asked: Asked) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let languages =
        || async { Json(json!(LANGUAGES.map(|code| json!({ "code": code, "targets": LANGUAGES })))) };
    let router = Router::new()
        .route("/languages", get(languages))
        .route("/translate", post(translate))
        .with_state(asked);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

async fn translate(State(asked): State<Asked>, Json(question): Json<Value>) -> Json<Value> {
    let target = question["target"].as_str().unwrap_or_default().to_owned();
    let texts: Vec<String> = match &question["q"] {
        Value::Array(texts) => texts.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        other => other.as_str().map(str::to_owned).into_iter().collect(),
    };
    {
        let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
        for text in &texts {
            *asked.entry((text.clone(), target.clone())).or_default() += 1;
        }
    }
    tokio::time::sleep(DELAY).await;
    let translated: Vec<String> = texts.iter().map(|text| format!("{target}: {text}")).collect();
    Json(json!({ "translatedText": translated }))
}

async fn say(api: &Api, who: &Person, room: &str, text: &str) -> anyhow::Result<String> {
    let body = json!({ "content": text, "originalLanguage": "en" });
    let message = api.post(&format!("/conversations/{room}/messages"), Some(who), &body).await?;
    message["id"].as_str().map(str::to_owned).context("a message has no id")
}

async fn history(api: &Api, who: &Person, room: &str) -> anyhow::Result<Vec<Value>> {
    let mut all: Vec<Value> = Vec::new();
    loop {
        let path = format!("/conversations/{room}/messages?limit=50&offset={}", all.len());
        let page = api.get(&path, who).await?;
        let messages = page["data"].as_array().context("a page has no messages")?;
        ensure!(!messages.is_empty(), "the history ends early");
        all.extend(messages.iter().cloned());
        if page["pagination"]["hasMore"] != json!(true) {
            return Ok(all);
        }
    }
}
