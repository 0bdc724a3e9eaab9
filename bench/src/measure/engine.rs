//! B7: what stands between the sentences and the engine, in this process and on its one processor, with a model of the shape
//! of Firefox's `tiny` ones. Its weights are made up: it says nonsense, as fast as a true one.

use crate::figures::{Figure, Row, Table, higher, lower};
use crate::latency::Latencies;
use crate::rounds::{Plan, progress};
use anyhow::{Context, ensure};
use futures::future::join_all;
use meeshy_domain::Language;
use meeshy_testkit::firefox::{Shape, install_files, of_shape};
use meeshy_translation::{Outcome, TranslationConfig, Translator};
use std::path::Path;
use std::time::{Duration, Instant};

const WORDS: &str = include_str!("../../data/sentences.en.txt");
/// What people write without a second thought.
const SHORT: usize = 5;
/// Messages that come at once.
const BURST: usize = 64;
/// What somebody pastes, in bytes.
const PASTE: usize = 100 * 1024;
/// Between two messages of people who write to each other.
const PAUSE: Duration = Duration::from_millis(50);
/// Segments that go through the bare engine together: those of a length, as one would do by hand.
const BY_HAND: usize = 8;

/// Everything about one loaded model.
///
/// # Errors
/// When the model cannot be made or fails.
pub async fn measure(plan: &Plan, quick: bool) -> anyhow::Result<Vec<Table>> {
    let models = tempfile::tempdir()?;
    let (model, vocabulary) = of_shape(Shape::TINY, WORDS);
    install_files(
        models.path(),
        "en-es",
        &[("model", "model.bin", &model), ("vocab", "vocab.spm", &vocabulary)],
    );
    let count = if quick { 200 } else { 10_000 };
    let mut rows: [Vec<Vec<Figure>>; 5] = Default::default();
    for round in 1..=plan.rounds {
        // Each round has sentences of its own, so that nothing comes from the cache.
        let texts = sentences(count, round);
        let by_hand = bare(models.path(), &texts)?;
        rows[1].push(vec![higher("sentences/s", by_hand)]);
        let translator = translator(models.path())?;
        warm_up(&translator).await?;
        let began = Instant::now();
        all(&translator, &texts).await?;
        rows[0].push(vec![higher("sentences/s", rate(count, began))]);
        progress(&format!("  round {round}: {count} sentences"));
        rows[2].push(burst(&translator, round).await?);
        rows[3].push(beside_a_paste(&translator, round).await?);
        rows[4].push(known(&translator).await?);
        translator.shutdown().await;
        progress(&format!("  round {round}: bursts, a paste, the cache"));
    }
    let [ours, by_hand, bursts, paste, cache] = rows;
    let table = |title: &str, method: String, subject: &str, rows: &[Vec<_>], peers: Vec<Row>| Table {
        title: title.to_owned(),
        method,
        ours: vec![Row::new(subject.to_owned(), rows)],
        peers,
    };
    Ok(vec![
        table(
            "B7 many sentences",
            format!(
                "{count} different sentences of the benchmark's words in one call; by hand: sorted by length, {BY_HAND} at a time, on the bare engine."
            ),
            "Meeshy",
            &ours,
            vec![Row::new("the bare engine by hand".to_owned(), &by_hand)],
        ),
        table(
            "B7 bursts",
            format!(
                "{BURST} messages of up to {SHORT} words, one after the other and all at once, each asked for by itself."
            ),
            "Meeshy",
            &bursts,
            Vec::new(),
        ),
        table(
            "B7 beside a paste",
            format!(
                "A message each {} ms, alone and while a text of {} KB is translated into the same language.",
                PAUSE.as_millis(),
                PASTE / 1024
            ),
            "Meeshy",
            &paste,
            Vec::new(),
        ),
        table(
            "B7 what is known",
            "A message that was translated before, from the cache in memory.".to_owned(),
            "Meeshy",
            &cache,
            Vec::new(),
        ),
    ])
}

/// Different sentences of the words of the benchmark: `seed` makes others.
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

fn translator(models: &Path) -> anyhow::Result<Translator> {
    let config = TranslationConfig {
        models_dir: models.to_owned(),
        apertium_modes_dir: "/nonexistent".into(),
        threads: 1,
        ..TranslationConfig::default()
    };
    Ok(Translator::new(&config, None)?)
}

async fn warm_up(translator: &Translator) -> anyhow::Result<()> {
    all(translator, &["Warm up.".to_owned()]).await
}

async fn all(translator: &Translator, texts: &[String]) -> anyhow::Result<()> {
    let [from, to] = ["en", "es"].map(Language::parse);
    for outcome in translator.translate(from?, to?, texts).await {
        ensure!(matches!(outcome?, Outcome::Done { .. }), "a sentence was not translated");
    }
    Ok(())
}

/// Sentences a second on the bare engine.
fn bare(models: &Path, texts: &[String]) -> anyhow::Result<f64> {
    let folder =
        std::fs::read_dir(models.join("en-es"))?.filter_map(Result::ok).find(|entry| entry.path().is_dir());
    let folder = folder.context("the model is not there")?.path();
    let vocabulary = folder.join("vocab.spm");
    let engine =
        fxtranslate::engine::Engine::load_mmapped(folder.join("model.bin"), &vocabulary, &vocabulary)
            .map_err(anyhow::Error::msg)?;
    engine.translate("Warm up.");
    let mut sorted: Vec<&str> = texts.iter().map(String::as_str).collect();
    let began = Instant::now();
    sorted.sort_by_key(|text| text.len());
    for batch in sorted.chunks(BY_HAND) {
        ensure!(engine.translate_batch(batch).len() == batch.len(), "the engine left out a sentence");
    }
    Ok(rate(texts.len(), began))
}

fn rate(count: usize, began: Instant) -> f64 {
    count as f64 / began.elapsed().as_secs_f64()
}

async fn burst(translator: &Translator, seed: usize) -> anyhow::Result<Vec<Figure>> {
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
    Ok(vec![higher("one by one /s", alone), higher("at once /s", together), higher("gain", together / alone)])
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
    // What nobody waits for is not translated to its end.
    pasting.abort();
    Ok(vec![
        lower("p95 alone ms", quiet.quantile_ms(0.95)),
        lower("p95 beside it ms", busy.quantile_ms(0.95)),
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
