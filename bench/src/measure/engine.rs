//! B7: the overhead between sentences and engine, in this process on one processor, with the real *tiny* model from
//! English to Portuguese. Bursts use a model of the shape of `base-memory` whose weights are random: the output is
//! nonsense, but of the same length and at the same speed as that of a real model.

use crate::figures::{Figure, Row, Table, higher, lower};
use crate::latency::Latencies;
use crate::process::{OWN_CPU, pin_to};
use crate::rounds::{Plan, progress};
use anyhow::{Context, ensure};
use futures::future::join_all;
use fxtranslate::engine::Engine;
use fxtranslate::shortlist::Shortlist;
use meeshy_domain::Language;
use meeshy_testkit::firefox::{Shape, install, of_shape};
use meeshy_testkit::models;
use meeshy_translation::{Outcome, TranslationConfig, Translator};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const WORDS: &str = include_str!("../../data/sentences.en.txt");
/// Words of a short message.
const SHORT: usize = 5;
/// Words of its translation: Portuguese has slightly more pieces than English.
const SHORT_LENGTH: usize = 6;
/// Messages sent at once.
const BURST: usize = 64;
/// The size of a pasted text, in bytes.
const PASTE: usize = 100 * 1024;
/// The pause between two messages of a conversation.
const PAUSE: Duration = Duration::from_millis(50);
/// Segments per batch for the bare engine, sorted by length, as a hand-written loop would do.
const BY_HAND: usize = 8;

/// All measurements with one loaded model.
///
/// # Errors
/// If the model cannot be created or fails.
pub async fn measure(plan: &Plan, quick: bool) -> anyhow::Result<Vec<Table>> {
    let models = models::real_by(&plan.programs.meeshy);
    let preferred = tempfile::tempdir()?;
    install(preferred.path(), "en-pt", &of_shape(Shape::BASE_MEMORY, WORDS, SHORT_LENGTH));
    let count = if quick { 200 } else { 10_000 };
    let mut rows: [Vec<Vec<Figure>>; 6] = Default::default();
    for round in 1..=plan.rounds {
        // Each round has different sentences, so that nothing comes from the cache.
        let texts = sentences(count, round);
        let by_hand = bare(&models, &texts)?;
        rows[1].push(vec![higher("sentences/s", by_hand)]);
        let translator = translator(&models, 1)?;
        warm_up(&translator).await?;
        let began = Instant::now();
        all(&translator, &texts).await?;
        rows[0].push(vec![higher("sentences/s", rate(count, began))]);
        progress(&format!("  round {round}: {count} sentences"));
        rows[4].push(beside_a_paste(&translator, round).await?);
        rows[5].push(known(&translator).await?);
        translator.shutdown().await;
        rows[2].push(burst(preferred.path(), &[OWN_CPU], round).await?);
        rows[3].push(burst(preferred.path(), &[0, OWN_CPU], round).await?);
        progress(&format!("  round {round}: bursts, a paste, the cache"));
    }
    let [ours, by_hand, burst_on_one, burst_on_two, paste, cache] = rows;
    let row = |subject: &str, rows: &[Vec<_>]| Row::new(subject.to_owned(), rows);
    let table = |title: &str, method: String, ours: Vec<Row>, peers: Vec<Row>| Table {
        title: title.to_owned(),
        method,
        ours,
        peers,
    };
    Ok(vec![
        table(
            "B7 many sentences",
            format!(
                "{count} different sentences of the benchmark's words in one call; bare engine: sorted by length, {BY_HAND} at a time."
            ),
            vec![row("Meeshy", &ours)],
            vec![row("the bare engine", &by_hand)],
        ),
        table(
            "B7 bursts",
            format!(
                "{BURST} messages of up to {SHORT} words, one at a time and all at once, each a separate request, with a `base-memory` model."
            ),
            vec![row("Meeshy, two cores", &burst_on_two), row("Meeshy, one core", &burst_on_one)],
            Vec::new(),
        ),
        table(
            "B7 beside a paste",
            format!(
                "A message each {} ms, alone and while a text of {} KB is translated into the same language.",
                PAUSE.as_millis(),
                PASTE / 1024
            ),
            vec![row("Meeshy", &paste)],
            Vec::new(),
        ),
        table(
            "B7 cached translations",
            "A message that was translated before, from the cache in memory.".to_owned(),
            vec![row("Meeshy", &cache)],
            Vec::new(),
        ),
    ])
}

/// Different sentences from the benchmark's words; each `seed` gives others.
fn sentences(count: usize, seed: usize) -> Vec<String> {
    let originals: Vec<&str> = WORDS.lines().collect();
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let sentence = |number: usize| {
        let place = number.wrapping_mul(7_919).wrapping_add(seed * 104_729);
        let (first, second) = (words[place % words.len()], words[place / words.len() % words.len()]);
        format!("{first} {second} {}", originals[number % originals.len()])
    };
    (0..count).map(sentence).collect()
}

fn translator(models: &Path, threads: usize) -> anyhow::Result<Translator> {
    let config = TranslationConfig {
        models_dir: models.to_owned(),
        apertium_modes_dir: "/nonexistent".into(),
        threads,
        ..TranslationConfig::default()
    };
    Ok(Translator::new(&config, None)?)
}

async fn warm_up(translator: &Translator) -> anyhow::Result<()> {
    all(translator, &["Warm up.".to_owned()]).await
}

async fn all(translator: &Translator, texts: &[String]) -> anyhow::Result<()> {
    let [from, to] = ["en", "pt"].map(Language::parse);
    for outcome in translator.translate(from?, to?, texts).await {
        ensure!(matches!(outcome?, Outcome::Done { .. }), "a sentence was not translated");
    }
    Ok(())
}

/// Sentences per second on the bare engine.
fn bare(models: &Path, texts: &[String]) -> anyhow::Result<f64> {
    let pair = models.join("en-pt");
    let folder = pair.join(std::fs::read_to_string(pair.join("active"))?.trim());
    let manifest: Value = serde_json::from_slice(&std::fs::read(folder.join("manifest.json"))?)?;
    let file = |role: &str| -> anyhow::Result<PathBuf> {
        let name = manifest["files"][role]["name"].as_str();
        Ok(folder.join(name.with_context(|| format!("the model has no {role}"))?))
    };
    let vocabulary = file("vocab")?;
    let engine = Engine::load_mmapped(file("model")?, &vocabulary, &vocabulary);
    let engine = engine.map_err(anyhow::Error::msg)?;
    let engine = engine.with_shortlist(Shortlist::load(file("lexicalShortlist")?)?);
    engine.translate("Warm up.");
    let mut sorted: Vec<&str> = texts.iter().map(String::as_str).collect();
    let began = Instant::now();
    sorted.sort_by_key(|text| text.len());
    for batch in sorted.chunks(BY_HAND) {
        ensure!(engine.translate_batch(batch).len() == batch.len(), "the engine omitted a sentence");
    }
    Ok(rate(texts.len(), began))
}

fn rate(count: usize, began: Instant) -> f64 {
    count as f64 / began.elapsed().as_secs_f64()
}

/// Messages one by one and at once, on these processors.
async fn burst(models: &Path, cpus: &[usize], seed: usize) -> anyhow::Result<Vec<Figure>> {
    pin_to(cpus)?;
    let translator = &translator(models, cpus.len())?;
    warm_up(translator).await?;
    let short = |text: &String| text.split(' ').take(SHORT).collect::<Vec<_>>().join(" ");
    let texts: Vec<String> = sentences(2 * BURST, 1_000 + seed).iter().map(short).collect();
    let (one_by_one, at_once) = texts.split_at(BURST);
    let began = Instant::now();
    for text in one_by_one {
        all(translator, std::slice::from_ref(text)).await?;
    }
    let alone = rate(BURST, began);
    let began = Instant::now();
    for outcome in join_all(at_once.iter().map(|text| all(translator, std::slice::from_ref(text)))).await {
        outcome?;
    }
    let together = rate(BURST, began);
    translator.shutdown().await;
    pin_to(&[OWN_CPU])?;
    Ok(vec![
        higher("one at a time /s", alone),
        higher("at once /s", together),
        higher("gain", together / alone),
    ])
}

async fn beside_a_paste(translator: &Translator, seed: usize) -> anyhow::Result<Vec<Figure>> {
    let texts = sentences(200, 2_000 + seed);
    let (alone, beside) = texts.split_at(100);
    let quiet = latencies(translator, alone).await?;
    let mut paste = sentences(PASTE / 40, 3_000 + seed).join("\n");
    paste.truncate(PASTE);
    let pasting = tokio::task::spawn_local({
        let translator = translator.clone();
        async move { all(&translator, &[paste]).await }
    });
    let busy = latencies(translator, beside).await?;
    ensure!(!pasting.is_finished(), "the paste was translated before the messages were");
    // A translation that nobody waits for is cancelled.
    pasting.abort();
    Ok(vec![
        lower("p95 alone ms", quiet.quantile_ms(0.95)),
        lower("p95 next to it ms", busy.quantile_ms(0.95)),
        lower("growth", busy.quantile_ms(0.95) / quiet.quantile_ms(0.95)),
    ])
}

async fn latencies(translator: &Translator, texts: &[String]) -> anyhow::Result<Latencies> {
    let mut latencies = Latencies::new()?;
    for text in texts {
        tokio::time::sleep(PAUSE).await;
        let began = Instant::now();
        all(translator, std::slice::from_ref(text)).await?;
        latencies.record(began.elapsed());
    }
    Ok(latencies)
}

async fn known(translator: &Translator) -> anyhow::Result<Vec<Figure>> {
    let texts = sentences(20, 2_000);
    all(translator, &texts).await?;
    let mut latencies = Latencies::new()?;
    for text in texts.iter().cycle().take(1_000) {
        let began = Instant::now();
        all(translator, std::slice::from_ref(text)).await?;
        latencies.record(began.elapsed());
    }
    Ok(vec![lower("p50 ms", latencies.quantile_ms(0.5)), lower("p99 ms", latencies.quantile_ms(0.99))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_models_read_and_write_as_much_as_real_ones() {
        let shape = Shape { encoder: 1, decoder: 1, words: 1_000, ..Shape::TINY };
        for length in [SHORT_LENGTH, 14, 20] {
            let files = of_shape(shape, WORDS, length);
            let engine = Engine::from_bytes(&files.model, &files.vocabulary, &files.vocabulary).unwrap();
            let engine = engine.with_shortlist_bytes(&files.shortlist);
            assert_eq!(
                engine.translate("The soup needs a little more salt."),
                ["hola"].repeat(length).join(" ")
            );
            // Firefox's English and Spanish vocabulary has 1.36 pieces per word for these sentences.
            let pieces: usize = WORDS.lines().map(|text| engine.src_ids(text).len()).sum();
            let words = WORDS.split_whitespace().count();
            assert!((words * 5 / 4..words * 3 / 2).contains(&pieces), "{pieces} pieces of {words} words");
        }
    }
}
