//! Loaded models.

use super::manifest::{Family, Model};
use crate::engine::Translated;
use crate::firefox::words;
use crate::pair::Pair;
use crate::{EngineError, TranslationConfig};
use ct2rs::tokenizers::sentencepiece::Tokenizer;
use ct2rs::{Config, TranslationOptions, Translator};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Maximum number of segments per batch; padding makes larger batches slower, not faster.
const MAX_BATCH: usize = 32;
/// The beam size: two finds most of what five does, in half the time.
const BEAM_SIZE: usize = 2;

/// The models in use, by name.
pub(super) struct Hosts {
    threads: usize,
    idle: Duration,
    slots: std::sync::Mutex<HashMap<String, Arc<Slot>>>,
}

/// Holds a model between requests.
struct Slot {
    model: Model,
    loaded: Mutex<Option<Arc<Translator<Tokenizer>>>>,
    last_used: std::sync::Mutex<Instant>,
}

impl Hosts {
    pub(super) fn new(config: &TranslationConfig) -> Self {
        Self {
            threads: config.worker_threads(),
            idle: Duration::from_secs(config.model_idle_seconds),
            slots: std::sync::Mutex::default(),
        }
    }

    /// Translates segments, in order; loads the model if necessary.
    ///
    /// # Errors
    /// If the model cannot be loaded (it is then broken) or fails.
    pub(super) async fn translate(
        &self,
        model: Model,
        pair: Pair,
        segments: &[String],
    ) -> Result<Vec<Translated>, EngineError> {
        let slot = self.slot(model);
        let translator = slot.translator(self.threads, self.idle).await?;
        let texts: Vec<String> = segments.iter().map(|segment| words::from_marks(segment)).collect();
        let asked = Arc::clone(&slot);
        let translated = tokio::task::spawn_blocking(move || run(&translator, &asked.model, pair, &texts));
        let translated = translated.await.unwrap_or_else(|_| Err("its thread ended".to_owned()));
        *slot.last_used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        let name = &slot.model.name;
        translated
            .map_err(|problem| EngineError::Interrupted(format!("the model `{name}` failed: {problem}")))
    }

    /// Unloads all models.
    pub(super) async fn rest(&self) {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn slot(&self, model: Model) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        // A replaced model is dropped; the new one is loaded.
        if let Some(slot) = slots.get(&model.name).filter(|slot| slot.model.version == model.version) {
            return Arc::clone(slot);
        }
        let name = model.name.clone();
        let last_used = std::sync::Mutex::new(Instant::now());
        let slot = Arc::new(Slot { model, loaded: Mutex::default(), last_used });
        slots.insert(name, Arc::clone(&slot));
        slot
    }
}

impl Slot {
    async fn translator(
        self: &Arc<Self>,
        threads: usize,
        idle: Duration,
    ) -> Result<Arc<Translator<Tokenizer>>, EngineError> {
        let mut loaded = self.loaded.lock().await;
        if let Some(translator) = &*loaded {
            return Ok(Arc::clone(translator));
        }
        let model = self.model.clone();
        let loading = tokio::task::spawn_blocking(move || load(&model, threads)).await;
        let translator =
            loading.unwrap_or_else(|_| Err("its thread ended".to_owned())).map_err(|problem| {
                let (name, folder) = (&self.model.name, self.model.folder.display());
                EngineError::Broken(format!("failed to load the model `{name}` in {folder}: {problem}"))
            })?;
        tracing::debug!(model = self.model.name, version = self.model.version, "Loaded a model");
        let translator = Arc::new(translator);
        *loaded = Some(Arc::clone(&translator));
        tokio::spawn(unload_when_idle(Arc::downgrade(self), idle));
        Ok(translator)
    }
}

/// Unloads a model once it has been idle for `idle`. Lives as long as the model is loaded.
async fn unload_when_idle(slot: Weak<Slot>, idle: Duration) {
    let mut wake = Instant::now() + idle;
    loop {
        tokio::time::sleep_until(wake).await;
        let Some(slot) = slot.upgrade() else { return };
        let mut loaded = slot.loaded.lock().await;
        let rested = *slot.last_used.lock().unwrap_or_else(PoisonError::into_inner) + idle;
        if rested <= Instant::now() {
            *loaded = None;
            return;
        }
        wake = rested;
    }
}

fn load(model: &Model, threads: usize) -> Result<Translator<Tokenizer>, String> {
    let (source, target) = model.family.tokenizers();
    let tokenizer = Tokenizer::from_file(model.folder.join(source), model.folder.join(target));
    let tokenizer = tokenizer.map_err(|error| format!("{source} or {target}: {error}"))?;
    let config = Config { num_threads_per_replica: threads, ..Config::default() };
    Translator::with_tokenizer(&model.folder, tokenizer, &config).map_err(|error| error.to_string())
}

fn run(
    translator: &Translator<Tokenizer>,
    model: &Model,
    pair: Pair,
    texts: &[String],
) -> Result<Vec<Translated>, String> {
    let (before_source, before_target) = prefixes(model, pair);
    let options = TranslationOptions {
        beam_size: BEAM_SIZE,
        // Without it, the end of a long segment would be silently lost.
        max_input_length: 0,
        return_scores: true,
        ..TranslationOptions::default()
    };
    let mut translated = Vec::with_capacity(texts.len());
    for batch in texts.chunks(MAX_BATCH) {
        let sources = vec![before_source.clone(); batch.len()];
        let targets = vec![before_target.clone(); batch.len()];
        let answers = translator
            .translate_batch_with_source_and_target_prefix(batch, &sources, &targets, &options, None)
            .map_err(|error| error.to_string())?;
        let answer = |(text, score): (String, Option<f32>)| Translated {
            text: words::to_marks(text.trim()),
            // The mean log probability of its pieces.
            score: score.map(|score| score.exp().clamp(0.0, 1.0)),
            unknown_words: 0,
        };
        translated.extend(answers.into_iter().map(answer));
    }
    Ok(translated)
}

/// The tokens before the source and before the target, as the model family was trained with them.
fn prefixes(model: &Model, pair: Pair) -> (Vec<String>, Vec<String>) {
    let token = |language| model.tokens.get(&language).filter(|token| !token.is_empty()).cloned();
    let (source, target) = (token(pair.from), token(pair.to));
    match model.family {
        Family::Opus | Family::Madlad => (target.into_iter().collect(), Vec::new()),
        Family::M2m100 | Family::Nllb => (source.into_iter().collect(), target.into_iter().collect()),
    }
}
