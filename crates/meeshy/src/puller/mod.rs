//! Downloads, in the background, the models that conversations need.

mod changes;
mod progress;
mod report;

pub use changes::watch;

use indicatif::{ProgressBar, ProgressStyle};
use meeshy_translation::models::{Available, KeptIndex, ModelError, ModelStore};
use meeshy_translation::{Pair, Translator};
use progress::{Pairs, Progress};
use std::collections::BTreeSet;
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
                Some(Progress::Failed(_, again)) => Instant::now() < *again,
                Some(_) => true,
            };
            if !is_known && self.queue.try_send(pair).is_ok() {
                pairs.insert(pair, Progress::Asked);
            }
            false
        });
    }

    /// Waits until no pair is being looked up or downloaded.
    pub async fn settled(&self) {
        let mut progress = self.progress.subscribe();
        // The sender lives as long as `self`.
        let _ = progress.wait_for(|pairs| !pairs.values().any(Progress::is_pending)).await;
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
    let report = report::report(progress.subscribe(), translator.clone());
    let download = download(store, translator, downloads, progress.clone());
    let all = async {
        tokio::join!(look_up, download, report);
    };
    (Needed { queue, progress }, all)
}

/// Looks up pairs in the sources, also while models are being downloaded.
async fn look_up(
    mut kept: KeptIndex,
    mut asked: mpsc::Receiver<Pair>,
    found: mpsc::Sender<(Pair, Vec<Available>)>,
    progress: watch::Sender<Pairs>,
) {
    // Why the index is not known.
    let mut failure = String::new();
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
                fetch(&mut kept, &progress, &mut failure).await;
                continue;
            }
        };
        let Some(pair) = pair else { return };
        if kept.index().is_none() && kept.due() <= Instant::now() {
            fetch(&mut kept, &progress, &mut failure).await;
        }
        let state = match kept.models(pair) {
            None => Progress::Failed(failure.clone(), kept.due()),
            Some(models) if models.is_empty() => Progress::Missing,
            Some(models) => match found.try_send((pair, models)) {
                Ok(()) => Progress::Downloading,
                Err(_) => Progress::Failed("too many downloads are waiting".to_owned(), Instant::now()),
            },
        };
        progress.send_modify(|pairs| {
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
    let mut known: BTreeSet<Pair> = changes::state(&store).await.unwrap_or_default().into_keys().collect();
    while let Some((pair, models)) = downloads.recv().await {
        let state = match pull(&store, &translator, &models, &mut known).await {
            Ok(pulled) => Progress::Installed(pulled),
            Err(error) => Progress::Failed(error.to_string(), Instant::now() + RETRY_INTERVAL),
        };
        progress.send_modify(|pairs| {
            pairs.insert(pair, state);
        });
    }
}

/// Fetches the index. If it has changed, pairs without a model are looked up again.
async fn fetch(kept: &mut KeptIndex, progress: &watch::Sender<Pairs>, failure: &mut String) {
    match kept.refresh().await {
        Ok(true) => progress.send_modify(|pairs| pairs.retain(|_, state| state.is_pending())),
        Ok(false) => {}
        Err(error) => {
            tracing::debug!(%error, "Failed to fetch the model index; using the installed models and the last known index");
            *failure = error.to_string();
        }
    }
}

/// Downloads models unless they are installed; returns those that are not `known` yet, with their source: a
/// package may have brought them along.
async fn pull(
    store: &ModelStore,
    translator: &Translator,
    models: &[Available],
    known: &mut BTreeSet<Pair>,
) -> Result<Vec<(Pair, String)>, ModelError> {
    let mut pulled = Vec::new();
    for model in models {
        match store.installed(model.pair) {
            Ok(own) => {
                if known.insert(model.pair) {
                    pulled.push((model.pair, own.manifest.source));
                }
                continue;
            }
            // It may be installed but unreadable.
            Err(error @ ModelError::Folder { .. }) => return Err(error),
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
        pulled.push((model.pair, outcome?.manifest.source));
        known.insert(model.pair);
        translator.rescan();
    }
    Ok(pulled)
}
