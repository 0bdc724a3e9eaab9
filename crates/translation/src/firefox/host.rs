//! The thread in which a model lives.
//!
//! A loaded model may be read by many threads but must end on the one that loaded it, so each has a thread of its own.
//! That thread takes whatever waits as one batch, and spreads it over the cores: no request waits for a batch to fill.

use super::container::{self, Damage};
use crate::EngineError;
use crate::models::{Files, Installed};
use fxtranslate::engine::Engine as Model;
use fxtranslate::shortlist::Shortlist;
use fxtranslate::spm::SpmVocab;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// Segments for each thread in a batch: more save nothing, and the shortest would wait for the longest.
const BATCH_PER_THREAD: usize = 8;

/// A running model.
pub(super) struct Host {
    requests: Mutex<Option<Sender<Request>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Request {
    texts: Vec<String>,
    answer: oneshot::Sender<Result<Vec<String>, EngineError>>,
}

impl Host {
    /// Starts the thread; it checks and loads the model before it answers the first request.
    pub(super) fn start(model: Installed, threads: usize, idle: Duration) -> Result<Self, EngineError> {
        let (requests, incoming) = channel();
        let thread = std::thread::Builder::new()
            .name(format!("model {}", model.pair))
            .spawn(move || live(&model, threads, idle, &incoming))
            .map_err(|error| {
                EngineError::Interrupted(format!("cannot start a thread for a model: {error}"))
            })?;
        Ok(Self { requests: Mutex::new(Some(requests)), thread: Mutex::new(Some(thread)) })
    }

    /// Whether it rested or ended, and another must be started.
    pub(super) fn has_ended(&self) -> bool {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// One text for each, in order.
    ///
    /// # Errors
    /// `Broken` when the files are no good, `Interrupted` when the host ended meanwhile.
    pub(super) async fn translate(&self, texts: Vec<String>) -> Result<Vec<String>, EngineError> {
        let (answer, answered) = oneshot::channel();
        {
            let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
            let sent = requests.as_ref().map(|requests| requests.send(Request { texts, answer }));
            if !matches!(sent, Some(Ok(()))) {
                return Err(ended());
            }
        }
        answered.await.unwrap_or_else(|_| Err(ended()))
    }

    /// Ends the thread once it has answered what it was asked.
    pub(super) async fn end(&self) {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).take();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A thread that panicked has ended too, which is all that is asked for here.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

fn ended() -> EngineError {
    EngineError::Interrupted("the model left the memory at the moment it was needed".to_owned())
}

fn live(model: &Installed, threads: usize, idle: Duration, incoming: &Receiver<Request>) {
    let Ok(first) = incoming.recv() else { return };
    let loaded = match load(model, threads) {
        Ok(loaded) => loaded,
        Err(error) => return refuse(first, incoming, &error),
    };
    tracing::debug!(pair = %model.pair, version = model.version(), "A model was loaded");
    let mut next = Some(first);
    loop {
        let first = match next.take().map_or_else(|| incoming.recv_timeout(idle), Ok) {
            Ok(request) => request,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
        };
        let requests = waiting(first, incoming, threads * BATCH_PER_THREAD);
        if let Err(error) = answer_all(&loaded, requests, threads) {
            tracing::error!(pair = %model.pair, %error, "A model failed");
            return;
        }
    }
}

/// The first request and those that wait behind it, up to about `most` segments.
fn waiting(first: Request, incoming: &Receiver<Request>, most: usize) -> Vec<Request> {
    let mut segments = first.texts.len();
    let mut requests = vec![first];
    while segments < most {
        match incoming.try_recv() {
            Ok(request) => {
                segments += request.texts.len();
                requests.push(request);
            }
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
        }
    }
    requests
}

/// Translates the requests as if they were one, shortest segments first so that a batch holds those of a length.
fn answer_all(model: &Model, requests: Vec<Request>, threads: usize) -> Result<(), String> {
    let texts: Vec<&str> = requests.iter().flat_map(|request| &request.texts).map(String::as_str).collect();
    let mut order: Vec<usize> = (0..texts.len()).collect();
    order.sort_by_key(|&at| texts[at].len());
    let mut answers = vec![String::new(); texts.len()];
    for batch in order.chunks(threads * BATCH_PER_THREAD) {
        let sources: Vec<&str> = batch.iter().map(|&at| texts[at]).collect();
        match guarded(|| model.translate_batch(&sources)) {
            Ok(translated) => {
                for (&at, text) in batch.iter().zip(translated) {
                    answers[at] = text;
                }
            }
            Err(message) => {
                let error = EngineError::Broken(format!("the model failed on a text: {message}"));
                for request in requests {
                    let _ = request.answer.send(Err(error.clone()));
                }
                return Err(message);
            }
        }
    }
    let mut answers = answers.into_iter();
    for request in requests {
        let own = answers.by_ref().take(request.texts.len()).collect();
        // Whoever asked may have gone.
        let _ = request.answer.send(Ok(own));
    }
    Ok(())
}

fn refuse(first: Request, incoming: &Receiver<Request>, error: &str) {
    let error = EngineError::Broken(error.to_owned());
    let _ = first.answer.send(Err(error.clone()));
    while let Ok(request) = incoming.try_recv() {
        let _ = request.answer.send(Err(error.clone()));
    }
}

/// Checks the files against the manifest, looks at their form, and loads them.
fn load(model: &Installed, threads: usize) -> Result<Model, String> {
    model.verify().map_err(|error| error.to_string())?;
    let files = model.files().map_err(|error| error.to_string())?;
    let loaded = load_files(&files, threads);
    loaded.map_err(|reason| {
        let pair = model.pair;
        format!("the model {pair} cannot be used: {reason}; pull it again with `meeshy models pull --force {pair}`")
    })
}

fn load_files(files: &Files, threads: usize) -> Result<Model, String> {
    let about = |name: &'static str| move |damage: Damage| format!("{name}: {damage}");
    container::check_model(&files.model).map_err(about("weights"))?;
    let vocabulary = guarded(|| SpmVocab::load(&files.target_vocabulary).map(|vocabulary| vocabulary.len()))?
        .map_err(|error| format!("vocabulary: {error}"))?;
    if vocabulary == 0 {
        return Err("vocabulary: it has no words".to_owned());
    }
    if let Some(shortlist) = &files.shortlist {
        let words = u64::try_from(vocabulary).unwrap_or(u64::MAX);
        container::check_shortlist(shortlist, words).map_err(about("shortlist"))?;
    }
    let loaded =
        guarded(|| Model::load_mmapped(&files.model, &files.source_vocabulary, &files.target_vocabulary))??;
    let loaded = match &files.shortlist {
        Some(path) => {
            let shortlist =
                guarded(|| Shortlist::load(path))?.map_err(|error| format!("shortlist: {error}"))?;
            loaded.with_shortlist(shortlist)
        }
        None => loaded,
    };
    let loaded = loaded.with_threads(threads);
    // Shapes that do not fit each other show at the first use.
    guarded(|| loaded.translate("1"))?;
    Ok(loaded)
}

/// Runs code of the engine, which ends in a panic when a file is not as it expects.
fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let message =
            panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        message.unwrap_or("its contents do not fit each other").to_owned()
    })
}
