//! T1: from sending a message to its translation on the reader's socket, with real engines.

use crate::crowd;
use crate::figures::{Figure, Row, Table, lower};
use crate::latency::Latencies;
use crate::people::{Api, Person};
use crate::rounds::{Plan, progress};
use crate::server::{Cpus, Kind, Server};
use anyhow::{Context, bail, ensure};
use meeshy_bench::client::Client;
use meeshy_bench::packet::Packet;
use meeshy_testkit::models;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Each is sent once, so that nothing comes from the cache.
const SENTENCES: &str = include_str!("../../data/sentences.en.txt");
/// The pause between two messages.
const PAUSE: Duration = Duration::from_millis(50);
/// How long a person reads before writing the first message.
const READING: Duration = Duration::from_secs(1);
const TIMEOUT: Duration = Duration::from_secs(30);

/// A conversation of two people with different languages, on a server of its own.
struct Scene {
    _folder: TempDir,
    server: Server,
    conversation: String,
    api: Api,
    writer: Person,
    writing: Client,
    reading: Client,
}

/// Measures direct pairs and some with pivots, with Apertium alone and with real Firefox models.
///
/// # Errors
/// If the server fails, or has no engine for a pair.
pub async fn measure(plan: &Plan) -> anyhow::Result<Table> {
    let models = models::real_by(&plan.programs.meeshy);
    let subjects = [
        ("es", "English to Spanish", None),
        ("fr", "English to French", None),
        ("pt", "English to Portuguese", Some(models.as_path())),
        ("fr", "English to French", Some(models.as_path())),
    ];
    let mut rows = Vec::new();
    for (language, subject, models) in subjects {
        let mut rounds = Vec::new();
        let mut engine = String::new();
        for round in 1..=plan.rounds {
            let (mut figures, used) = one_round(plan, language, models).await?;
            figures.push(first_after_opening(plan, language, models).await?);
            progress(&format!("  round {round}: {subject}"));
            (engine, rounds) = (used, [rounds, vec![figures]].concat());
        }
        rows.push(Row::new(format!("{subject} ({engine})"), &rounds));
    }
    let method = format!(
        "One sender, one reader on another socket, {} different sentences of a few words one after the other, nothing else \
         running; from sending to `message:translation` at the reader, stored in between. The first message also starts the \
         engine and stands apart; so does the first one that is sent {} ms after the sender has opened the conversation, \
         on a new server. The server may use every processor.",
        SENTENCES.lines().count() - 1,
        READING.as_millis(),
    );
    Ok(Table { title: "T1 translation on an idle machine".to_owned(), method, ours: rows, peers: Vec::new() })
}

async fn one_round(
    plan: &Plan,
    language: &str,
    models: Option<&Path>,
) -> anyhow::Result<(Vec<Figure>, String)> {
    let mut scene = Scene::set_up(plan, language, models).await?;
    let mut sentences = SENTENCES.lines();
    let opening = sentences.next().context("no sentences")?;
    let (first, engine) = scene.translated(opening).await?;
    let mut latencies = Latencies::new()?;
    for sentence in sentences {
        tokio::time::sleep(PAUSE).await;
        let (latency, _) = scene.translated(sentence).await?;
        latencies.record(latency);
    }
    scene.end().await?;
    let figures = vec![
        lower("p50 ms", latencies.quantile_ms(0.5)),
        lower("p95 ms", latencies.quantile_ms(0.95)),
        lower("p99 ms", latencies.quantile_ms(0.99)),
        lower("first message ms", first.as_secs_f64() * 1000.0),
    ];
    Ok((figures, engine))
}

/// The first message to somebody who has just opened the conversation.
async fn first_after_opening(plan: &Plan, language: &str, models: Option<&Path>) -> anyhow::Result<Figure> {
    let mut scene = Scene::set_up(plan, language, models).await?;
    let page = format!("/conversations/{}/messages", scene.conversation);
    scene.api.get(&page, &scene.writer).await?;
    tokio::time::sleep(READING).await;
    let (first, _) = scene.translated(SENTENCES.lines().next().context("no sentences")?).await?;
    scene.end().await?;
    Ok(lower("first after opening ms", first.as_secs_f64() * 1000.0))
}

impl Scene {
    async fn set_up(plan: &Plan, language: &str, models: Option<&Path>) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        if let Some(models) = models {
            std::os::unix::fs::symlink(models, folder.path().join("models"))?;
        }
        let server = Server::start(&plan.programs, Kind::Meeshy, folder.path(), Cpus::All).await?;
        let api = Api::new(server.address);
        let writer = api.register("writer".to_owned(), "en").await?;
        let reader = api.register("reader".to_owned(), language).await?;
        let conversation = api.open_room(&[&writer, &reader], "Two").await?;
        let writing = crowd::enter(server.address, &writer).await?;
        let reading = crowd::enter(server.address, &reader).await?;
        Ok(Self { _folder: folder, server, conversation, api, writer, writing, reading })
    }

    async fn translated(&mut self, sentence: &str) -> anyhow::Result<(Duration, String)> {
        translated(&mut self.writing, &mut self.reading, &self.conversation, sentence).await
    }

    async fn end(self) -> anyhow::Result<()> {
        self.writing.close().await?;
        self.reading.close().await?;
        self.server.stop().await
    }
}

/// Sends a sentence, waits for its translation at the reader, and returns the time between and the engine.
async fn translated(
    writing: &mut Client,
    reading: &mut Client,
    conversation: &str,
    sentence: &str,
) -> anyhow::Result<(Duration, String)> {
    let message = json!({ "conversationId": conversation, "content": sentence, "originalLanguage": "en" });
    let sent = Instant::now();
    let id = writing.emit_with_ack("message:send", &message).await?;
    // A writer that does not read would not answer pings either, and be disconnected.
    let both = async { tokio::try_join!(acknowledged(writing, id), translation(reading)) };
    let arrived = tokio::time::timeout(TIMEOUT, both);
    let ((), answer) =
        arrived.await.with_context(|| format!("no translation arrived for `{sentence}`"))??;
    let latency = sent.elapsed();
    let engine = answer["translations"][0]["engine"].as_str().unwrap_or("no engine").to_owned();
    Ok((latency, engine))
}

async fn acknowledged(writing: &mut Client, sent: u64) -> anyhow::Result<()> {
    loop {
        match writing.next().await? {
            Packet::Ack { id, arguments } if id == sent => {
                ensure!(
                    arguments.contains(r#""success":true"#),
                    "the server rejected a message: {arguments}"
                );
                return Ok(());
            }
            _ => {}
        }
    }
}

async fn translation(reading: &mut Client) -> anyhow::Result<Value> {
    loop {
        let Packet::Event(event) = reading.next().await? else { continue };
        match event.name {
            "message:translation" => return Ok(event.read()?),
            "message:translation-state" => bail!("the server cannot translate: {}", event.payload),
            _ => {}
        }
    }
}
