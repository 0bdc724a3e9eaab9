//! Downloads, in the background, the models that conversations turn out to need.

use indicatif::{ProgressBar, ProgressStyle};
use meeshy_translation::models::{Available, KeptIndex, ModelError, ModelStore, State};
use meeshy_translation::{Pair, Translator};
use std::collections::HashSet;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

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
    let mut known = state(&store).await;
    loop {
        tokio::time::sleep(BETWEEN_LOOKS).await;
        let state = state(&store).await;
        if state.is_some() && state != known {
            tracing::info!("The models have changed");
            translator.rescan();
            known = state;
        }
    }
}

/// What the folder holds; nothing while it cannot be read.
async fn state(store: &ModelStore) -> Option<State> {
    let store = store.clone();
    tokio::task::spawn_blocking(move || store.state()).await.ok().flatten()
}

async fn run(store: ModelStore, translator: Translator, mut pairs: mpsc::Receiver<Pair>) {
    let mut settled = HashSet::new();
    let mut kept = KeptIndex::new(store.clone());
    loop {
        // Nobody asks a server for an index that nobody needs.
        let refresh = async {
            match kept.index() {
                Some(_) => tokio::time::sleep_until(kept.due()).await,
                None => std::future::pending().await,
            }
        };
        let pair = tokio::select! {
            pair = pairs.recv() => pair,
            () = refresh => {
                fetch(&mut kept, &mut settled).await;
                continue;
            }
        };
        let Some(pair) = pair else { return };
        if settled.contains(&pair) {
            continue;
        }
        if kept.index().is_none() && kept.due() <= Instant::now() {
            fetch(&mut kept, &mut settled).await;
        }
        let Some(known) = kept.index() else { continue };
        settled.insert(pair);
        for model in known.over_english(pair).unwrap_or_default() {
            // The next message in this pair asks again.
            if !pull(&store, &translator, model).await {
                settled.remove(&pair);
            }
        }
    }
}

/// Fetches the index; where it is another one, pairs that had no model may have one now.
async fn fetch(kept: &mut KeptIndex, settled: &mut HashSet<Pair>) {
    match kept.refresh().await {
        Ok(true) => settled.clear(),
        Ok(false) => {}
        Err(error) => {
            tracing::info!(%error, "cannot fetch the index of models; what is installed and known serves");
        }
    }
}

/// Downloads one model unless it is here; says whether it is here now.
async fn pull(store: &ModelStore, translator: &Translator, model: &Available) -> bool {
    match store.installed(model.pair) {
        Ok(_) => return true,
        // It may be here, and cannot be read now.
        Err(ModelError::Folder { .. }) => return false,
        Err(_) => {}
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
