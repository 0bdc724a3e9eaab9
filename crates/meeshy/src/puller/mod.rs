//! Downloads, in the background, the models that conversations need.

use indicatif::{ProgressBar, ProgressStyle};
use meeshy_translation::models::{Available, KeptIndex, ModelError, ModelStore, State};
use meeshy_translation::{Pair, Translator};
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout};

/// The maximum number of pairs waiting for a lookup or download. A dropped pair is requested again with its
/// next message.
const MAX_QUEUED: usize = 64;

/// How long a translation waits to learn whether its model can be downloaded; the first time, this includes
/// fetching the index.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);

/// How long to wait before a failed download is retried.
const RETRY_INTERVAL: Duration = Duration::from_secs(60);

/// How often to check whether the models on disk have changed.
const POLL_INTERVAL: Duration = Duration::from_secs(10);

/// The state of a requested pair.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Progress {
    /// Waiting to be looked up in the index.
    Asked,
    /// Being downloaded, or waiting for other downloads.
    Downloading,
    /// Installed, or not in the index.
    Settled,
    /// The lookup or download failed; it may be retried from this time on.
    Failed(Instant),
}

/// By pair; bounded by the pairs of known languages.
type Pairs = HashMap<Pair, Progress>;

/// Takes requests for language pairs.
#[derive(Clone)]
pub struct Needed {
    queue: mpsc::Sender<Pair>,
    progress: watch::Sender<Pairs>,
}

impl Needed {
    /// Requests the models of a pair.
    pub fn note(&self, pair: Pair) {
        self.progress.send_if_modified(|pairs| {
            let is_known = match pairs.get(&pair) {
                None => false,
                Some(Progress::Failed(again)) => Instant::now() < *again,
                Some(_) => true,
            };
            if !is_known && self.queue.try_send(pair).is_ok() {
                pairs.insert(pair, Progress::Asked);
            }
            false
        });
    }

    /// Whether the models of a pair are being downloaded or will be. Waits a few seconds for the index.
    pub async fn is_coming(&self, pair: Pair) -> bool {
        let mut progress = self.progress.subscribe();
        let looked_up = progress.wait_for(|pairs| pairs.get(&pair) != Some(&Progress::Asked));
        match timeout(LOOKUP_TIMEOUT, looked_up).await {
            Ok(Ok(pairs)) => pairs.get(&pair) == Some(&Progress::Downloading),
            Ok(Err(_)) => false,
            Err(_) => true,
        }
    }
}

/// Returns the request queue, and the task that downloads.
pub fn start(
    store: ModelStore,
    translator: Translator,
) -> (Needed, impl Future<Output = ()> + Send + 'static) {
    let (queue, asked) = mpsc::channel(MAX_QUEUED);
    let (found, downloads) = mpsc::channel(MAX_QUEUED);
    let progress = watch::Sender::new(Pairs::new());
    let look_up = look_up(KeptIndex::new(store.clone()), asked, found, progress.clone());
    let download = download(store, translator, downloads, progress.clone());
    let both = async {
        tokio::join!(look_up, download);
    };
    (Needed { queue, progress }, both)
}

/// Polls the models folder, so that changes by `meeshy models` take effect without a restart. Never ends.
pub async fn watch(store: ModelStore, translator: Translator) {
    let mut known = state(&store).await;
    loop {
        tokio::time::sleep(POLL_INTERVAL).await;
        let state = state(&store).await;
        if state.is_some() && state != known {
            tracing::info!("Models on disk have changed");
            translator.rescan();
            known = state;
        }
    }
}

/// The state of the folder; `None` if it cannot be read.
async fn state(store: &ModelStore) -> Option<State> {
    let store = store.clone();
    tokio::task::spawn_blocking(move || store.state()).await.ok().flatten()
}

/// Looks up pairs in the index, also while models are being downloaded.
async fn look_up(
    mut kept: KeptIndex,
    mut asked: mpsc::Receiver<Pair>,
    found: mpsc::Sender<(Pair, Vec<Available>)>,
    progress: watch::Sender<Pairs>,
) {
    loop {
        // Do not fetch an index that nobody needs.
        let refresh = async {
            match kept.index() {
                Some(_) => tokio::time::sleep_until(kept.due()).await,
                None => std::future::pending().await,
            }
        };
        let pair = tokio::select! {
            pair = asked.recv() => pair,
            () = refresh => {
                fetch(&mut kept, &progress).await;
                continue;
            }
        };
        let Some(pair) = pair else { return };
        if kept.index().is_none() && kept.due() <= Instant::now() {
            fetch(&mut kept, &progress).await;
        }
        let models = kept.index().map(|index| index.over_english(pair).unwrap_or_default());
        progress.send_modify(|pairs| {
            let state = match models {
                None => Progress::Failed(kept.due()),
                Some(models) if models.is_empty() => Progress::Settled,
                Some(models) => {
                    let models = models.into_iter().cloned().collect();
                    let is_queued = found.try_send((pair, models)).is_ok();
                    if is_queued { Progress::Downloading } else { Progress::Failed(Instant::now()) }
                }
            };
            pairs.insert(pair, state);
        });
    }
}

/// Downloads the models found, one pair at a time.
async fn download(
    store: ModelStore,
    translator: Translator,
    mut downloads: mpsc::Receiver<(Pair, Vec<Available>)>,
    progress: watch::Sender<Pairs>,
) {
    while let Some((pair, models)) = downloads.recv().await {
        let mut are_here = true;
        for model in &models {
            are_here &= pull(&store, &translator, model).await;
        }
        let state =
            if are_here { Progress::Settled } else { Progress::Failed(Instant::now() + RETRY_INTERVAL) };
        progress.send_modify(|pairs| {
            pairs.insert(pair, state);
        });
    }
}

/// Fetches the index. If it has changed, pairs without a model are looked up again.
async fn fetch(kept: &mut KeptIndex, progress: &watch::Sender<Pairs>) {
    match kept.refresh().await {
        Ok(true) => progress.send_modify(|pairs| {
            pairs.retain(|_, state| matches!(state, Progress::Asked | Progress::Downloading));
        }),
        Ok(false) => {}
        Err(error) => {
            tracing::info!(%error, "Failed to fetch the model index; using the installed models and the last known index");
        }
    }
}

/// Downloads one model unless it is installed; returns whether it is installed now.
async fn pull(store: &ModelStore, translator: &Translator, model: &Available) -> bool {
    match store.installed(model.pair) {
        Ok(_) => return true,
        // It may be installed but unreadable.
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
            tracing::info!(pair = %model.pair, "Downloaded a Firefox model");
            translator.rescan();
            true
        }
        Err(error) => {
            tracing::warn!(pair = %model.pair, %error, "Failed to download a model");
            false
        }
    }
}
