//! Downloads, in the background, the models that conversations turn out to need.

use indicatif::{ProgressBar, ProgressStyle};
use meeshy_translation::models::{Available, KeptIndex, ModelError, ModelStore, State};
use meeshy_translation::{Pair, Translator};
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout};

/// Pairs that may wait to be looked up or downloaded; one that is passed over is asked for again with its next message.
const QUEUE: usize = 64;

/// How long a translation waits to learn whether its model can be downloaded: for the index, the first time.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);

/// How soon a pair may be asked for again after its download has failed.
const RETRY_INTERVAL: Duration = Duration::from_secs(60);

/// How often to see whether somebody has changed the models on disk.
const POLL_INTERVAL: Duration = Duration::from_secs(10);

/// Where a pair that somebody needs has come to.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Progress {
    /// It waits to be looked up in the index.
    Asked,
    /// Its models are being downloaded, or wait for others.
    Downloading,
    /// Its models are here, or the index has none.
    Settled,
    /// It could not be looked up or downloaded; it may be asked for again from then on.
    Failed(Instant),
}

/// By pair; there are no more than pairs of known languages.
type Pairs = HashMap<Pair, Progress>;

/// Where to say which pairs of languages are needed.
#[derive(Clone)]
pub struct Needed {
    queue: mpsc::Sender<Pair>,
    progress: watch::Sender<Pairs>,
}

impl Needed {
    /// Notes that somebody reads one language in another.
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

/// Where to note what is needed, and the task that downloads it.
pub fn start(
    store: ModelStore,
    translator: Translator,
) -> (Needed, impl Future<Output = ()> + Send + 'static) {
    let (queue, asked) = mpsc::channel(QUEUE);
    let (found, downloads) = mpsc::channel(QUEUE);
    let progress = watch::Sender::new(Pairs::new());
    let look_up = look_up(KeptIndex::new(store.clone()), asked, found, progress.clone());
    let download = download(store, translator, downloads, progress.clone());
    let both = async {
        tokio::join!(look_up, download);
    };
    (Needed { queue, progress }, both)
}

/// Looks now and then at the models folder, so that what `meeshy models` does there holds without a restart. Never ends.
pub async fn watch(store: ModelStore, translator: Translator) {
    let mut known = state(&store).await;
    loop {
        tokio::time::sleep(POLL_INTERVAL).await;
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

/// Looks up pairs in the index, also while models are downloaded.
async fn look_up(
    mut kept: KeptIndex,
    mut asked: mpsc::Receiver<Pair>,
    found: mpsc::Sender<(Pair, Vec<Available>)>,
    progress: watch::Sender<Pairs>,
) {
    loop {
        // Nobody asks a server for an index that nobody needs.
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

/// Downloads what was found, one pair after another.
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

/// Fetches the index; where it is another one, pairs that had no model may have one now.
async fn fetch(kept: &mut KeptIndex, progress: &watch::Sender<Pairs>) {
    match kept.refresh().await {
        Ok(true) => progress.send_modify(|pairs| {
            pairs.retain(|_, state| matches!(state, Progress::Asked | Progress::Downloading));
        }),
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
