//! T1: from sending a message to its translation on the reader's socket, with real Apertium.

use crate::crowd;
use crate::figures::{Figure, Row, Table, lower};
use crate::latency::Latencies;
use crate::people::Api;
use crate::rounds::{Plan, progress};
use crate::server::{Cpus, Kind, Server};
use anyhow::{Context, bail, ensure};
use meeshy_bench::client::Client;
use meeshy_bench::packet::Packet;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Each is sent once, so that nothing comes from the cache.
const SENTENCES: &str = include_str!("../../data/sentences.en.txt");
/// The pause between two messages.
const PAUSE: Duration = Duration::from_millis(50);
const TIMEOUT: Duration = Duration::from_secs(30);

/// Measures a direct pair and one with a pivot.
///
/// # Errors
/// If the server fails, or has no engine for a pair.
pub async fn measure(plan: &Plan) -> anyhow::Result<Table> {
    let mut rows = Vec::new();
    for (language, subject) in [("es", "English to Spanish"), ("fr", "English to French")] {
        let mut rounds = Vec::new();
        let mut engine = String::new();
        for round in 1..=plan.rounds {
            let (figures, used) = one_round(plan, language).await?;
            progress(&format!("  round {round}: {subject}"));
            (engine, rounds) = (used, [rounds, vec![figures]].concat());
        }
        rows.push(Row::new(format!("{subject} ({engine})"), &rounds));
    }
    let method = format!(
        "One sender, one reader on another socket, {} different sentences of a few words one after the other, nothing else \
         running; from sending to `message:translation` at the reader, stored in between. The first message also starts the \
         engine and stands apart. The server may use every processor.",
        SENTENCES.lines().count() - 1
    );
    Ok(Table { title: "T1 translation on an idle machine".to_owned(), method, ours: rows, peers: Vec::new() })
}

async fn one_round(plan: &Plan, language: &str) -> anyhow::Result<(Vec<Figure>, String)> {
    let folder = tempfile::tempdir()?;
    let server = Server::start(&plan.programs, Kind::Meeshy, folder.path(), Cpus::All).await?;
    let api = Api::new(server.address);
    let writer = api.register("writer".to_owned(), "en").await?;
    let reader = api.register("reader".to_owned(), language).await?;
    let conversation = api.open_room(&[&writer, &reader], "Two").await?;
    let mut writing = crowd::enter(server.address, &writer).await?;
    let mut reading = crowd::enter(server.address, &reader).await?;

    let mut sentences = SENTENCES.lines();
    let opening = sentences.next().context("no sentences")?;
    let (first, engine) = translated(&mut writing, &mut reading, &conversation, opening).await?;
    let mut latencies = Latencies::new()?;
    for sentence in sentences {
        tokio::time::sleep(PAUSE).await;
        let (latency, _) = translated(&mut writing, &mut reading, &conversation, sentence).await?;
        latencies.record(latency);
    }
    writing.close().await?;
    reading.close().await?;
    server.stop().await?;
    let figures = vec![
        lower("p50 ms", latencies.quantile_ms(0.5)),
        lower("p95 ms", latencies.quantile_ms(0.95)),
        lower("p99 ms", latencies.quantile_ms(0.99)),
        lower("first message ms", first.as_secs_f64() * 1000.0),
    ];
    Ok((figures, engine))
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
