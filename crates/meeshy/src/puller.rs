//! Downloads, in the background, the models that conversations turn out to need.

use indicatif::{ProgressBar, ProgressStyle};
use meeshy_translation::models::{Available, Index, ModelStore};
use meeshy_translation::{Pair, Translator};
use std::collections::HashSet;
use std::time::Duration;
use tokio::sync::mpsc;

/// How long to leave an index alone that did not answer.
const AFTER_FAILURE: Duration = Duration::from_secs(600);
/// Pairs that may wait to be looked at; one that is passed over is asked for again with its next message.
const QUEUE: usize = 64;

/// How often to see whether somebody has changed the models on disk.
const BETWEEN_LOOKS: Duration = Duration::from_secs(10);

/// Where to say which pairs of languages are needed.
#[derive(Clone)]
pub struct Needed(mpsc::Sender<Pair>);

impl Needed {
    /// Notes that somebody reads one language in another.
    pub fn note(&self, pair: Pair) {
        let _ = self.0.try_send(pair);
    }
}

/// Where to note what is needed, and the task that downloads it.
pub fn start(
    store: ModelStore,
    translator: Translator,
) -> (Needed, impl Future<Output = ()> + Send + 'static) {
    let (sender, pairs) = mpsc::channel(QUEUE);
    (Needed(sender), run(store, translator, pairs))
}

/// Looks now and then at the models folder, so that what `meeshy models` does there holds without a restart. Never ends.
pub async fn watch(store: ModelStore, translator: Translator) {
    let mut known = store.state();
    loop {
        tokio::time::sleep(BETWEEN_LOOKS).await;
        let state = store.state();
        if state != known {
            tracing::info!("The models have changed");
            translator.rescan();
            known = state;
        }
    }
}

async fn run(store: ModelStore, translator: Translator, mut pairs: mpsc::Receiver<Pair>) {
    let mut settled = HashSet::new();
    let mut index = None;
    while let Some(pair) = pairs.recv().await {
        if settled.contains(&pair) {
            continue;
        }
        if index.is_none() {
            index = fetch(&store).await;
        }
        let Some(known) = &index else { continue };
        settled.insert(pair);
        for model in known.over_english(pair).unwrap_or_default() {
            // The next message in this pair asks again.
            if !pull(&store, &translator, model).await {
                settled.remove(&pair);
            }
        }
    }
}

async fn fetch(store: &ModelStore) -> Option<Index> {
    match store.index().await {
        Ok(index) => Some(index),
        Err(error) => {
            tracing::info!(%error, "No models can be downloaded now; the engines that are installed serve");
            tokio::time::sleep(AFTER_FAILURE).await;
            None
        }
    }
}

/// Downloads one model unless it is here; says whether it is here now.
async fn pull(store: &ModelStore, translator: &Translator, model: &Available) -> bool {
    if store.installed(model.pair).is_ok() {
        return true;
    }
    let bar = ProgressBar::new(0).with_message(model.pair.to_string());
    if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {bytes}/{total_bytes} {eta}") {
        bar.set_style(style);
    }
    let progress = |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    };
    let outcome = store.pull(model, &progress).await;
    bar.finish_and_clear();
    match outcome {
        Ok(_) => {
            tracing::info!(pair = %model.pair, "A Firefox model was downloaded and takes over");
            translator.rescan();
            true
        }
        Err(error) => {
            tracing::warn!(pair = %model.pair, %error, "A model could not be downloaded");
            false
        }
    }
}
