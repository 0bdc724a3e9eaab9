//! The thread of a model.
//!
//! A loaded model can be read by many threads but must be dropped on the one that loaded it, so each model
//! has a thread, which spreads a request over the cores. Work that can wait is done by a second thread, which
//! the kernel schedules only when the first is idle.

use super::container;
use super::inbox::{Inbox, Request};
use crate::EngineError;
use crate::models::{Files, Installed, ModelError};
use crate::request::Urgency;
use fxtranslate::engine::Engine as Model;
use fxtranslate::shortlist::Shortlist;
use fxtranslate::spm::SpmVocab;
use std::borrow::Cow;
use std::ffi::OsStr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// Segments per thread in a batch: more save nothing, and the shortest would wait for the longest.
const BATCH_PER_THREAD: usize = 8;

/// The niceness of threads for work that can wait: the maximum.
const NICE: i32 = 19;

/// A running model.
pub(super) struct Host {
    /// Whether the model could be loaded, once known.
    outcome: Arc<OnceLock<Result<(), EngineError>>>,
    inbox: Arc<Inbox>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Host {
    /// Starts the thread, which validates and loads the model, and reports the outcome.
    pub(super) fn start(
        model: Installed,
        threads: usize,
        idle: Duration,
        settled: impl FnOnce() + Send + 'static,
    ) -> Result<Self, EngineError> {
        let inbox = Arc::new(Inbox::new(idle));
        let outcome = Arc::new(OnceLock::new());
        let settle = {
            let outcome = Arc::clone(&outcome);
            move |loaded: Result<(), EngineError>| {
                let _ = outcome.set(loaded);
                settled();
            }
        };
        let asked = Arc::clone(&inbox);
        let thread = std::thread::Builder::new()
            .name(format!("model {}", model.pair))
            .spawn(move || live(&model, threads, &Closing(asked), settle))
            .map_err(|error| {
                EngineError::Interrupted(format!("failed to start a thread for a model: {error}"))
            })?;
        Ok(Self { outcome, inbox, thread: Mutex::new(Some(thread)) })
    }

    /// Whether the model could be loaded; `None` until that is known.
    pub(super) fn outcome(&self) -> Option<&Result<(), EngineError>> {
        self.outcome.get()
    }

    /// Whether it was unloaded, has ended or never started, so that another must be started.
    pub(super) fn has_ended(&self) -> bool {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(self.outcome(), Some(Err(_)))
            || self.inbox.is_closed()
            || thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Translates texts, in order.
    ///
    /// # Errors
    /// `Broken` if the files are invalid, `Interrupted` if the host has ended.
    pub(super) async fn translate(
        &self,
        texts: Vec<String>,
        urgency: Urgency,
    ) -> Result<Vec<String>, EngineError> {
        let (answer, answered) = oneshot::channel();
        if !self.inbox.put(urgency, Request { texts, answer }) {
            return Err(self.ended());
        }
        answered.await.unwrap_or_else(|_| Err(self.ended()))
    }

    /// Starts the idle time again.
    pub(super) fn keep(&self) {
        self.inbox.restart_idle_time();
    }

    fn ended(&self) -> EngineError {
        match self.outcome() {
            Some(Err(error)) => error.clone(),
            _ => EngineError::Interrupted("the model was unloaded just when it was needed".to_owned()),
        }
    }

    /// Stops the thread once it has answered all requests.
    pub(super) async fn end(&self) {
        self.inbox.close();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A thread that panicked has ended too.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

/// Closes the inbox however its thread ends, so that nobody waits for an answer.
struct Closing(Arc<Inbox>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.fail();
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.inbox.close();
    }
}

fn live(model: &Installed, threads: usize, inbox: &Closing, settle: impl FnOnce(Result<(), EngineError>)) {
    let loaded = match load(model, threads) {
        Ok(loaded) => loaded,
        Err(error) => {
            tracing::error!(pair = %model.pair, %error, "Failed to load a model");
            return settle(Err(error));
        }
    };
    tracing::debug!(pair = %model.pair, version = model.version(), "Loaded a model");
    settle(Ok(()));
    let serve = |urgency| {
        while let Some(request) = inbox.0.next(urgency) {
            if let Err(error) = answer(&loaded, request, threads) {
                tracing::error!(pair = %model.pair, %error, "A model failed");
                inbox.0.fail();
            }
            inbox.0.restart_idle_time();
        }
    };
    std::thread::scope(|scope| {
        let later = std::thread::Builder::new().name(format!("later {}", model.pair));
        let later = later.spawn_scoped(scope, || {
            // If the niceness cannot be set, it works all the same.
            let _ = rustix::process::nice(NICE);
            serve(Urgency::Later);
        });
        match later {
            Ok(_) => serve(Urgency::Live),
            Err(error) => {
                tracing::error!(pair = %model.pair, %error, "Failed to start the threads of a model");
            }
        }
    });
}

/// Translates the texts of a request, batched by length.
fn answer(model: &Model, request: Request, threads: usize) -> Result<(), String> {
    let texts = &request.texts;
    let mut order: Vec<usize> = (0..texts.len()).collect();
    order.sort_by_key(|&at| texts[at].len());
    let mut answers = vec![String::new(); texts.len()];
    for batch in order.chunks(threads * BATCH_PER_THREAD) {
        let sources: Vec<&str> = batch.iter().map(|&at| texts[at].as_str()).collect();
        match guarded(|| model.translate_batch(&sources)) {
            Ok(translated) => {
                for (&at, text) in batch.iter().zip(translated) {
                    answers[at] = text;
                }
            }
            Err(message) => {
                let error = EngineError::Broken(format!("the model failed on a text: {message}"));
                let _ = request.answer.send(Err(error));
                return Err(message);
            }
        }
    }
    // The caller may be gone.
    let _ = request.answer.send(Ok(answers));
    Ok(())
}

/// Checks the files against the manifest, validates their format, and loads them.
fn load(model: &Installed, threads: usize) -> Result<Model, EngineError> {
    let unusable = |error: ModelError| {
        let kind = if error.is_passing() { EngineError::Interrupted } else { EngineError::Broken };
        kind(error.to_string())
    };
    model.verify().map_err(unusable)?;
    let files = model.files().map_err(unusable)?;
    let loaded = load_files(&files, threads);
    loaded.map_err(|reason| {
        let pair = model.pair;
        EngineError::Broken(format!(
            "the model {pair} is unusable: {reason}; download it again with `meeshy models pull --force {pair}`"
        ))
    })
}

fn load_files(files: &Files, threads: usize) -> Result<Model, String> {
    let (model, vocabulary) = (name_of(&files.model), name_of(&files.target_vocabulary));
    container::check_model(&files.model).map_err(|damage| format!("{model}: {damage}"))?;
    let words = guarded(|| SpmVocab::load(&files.target_vocabulary).map(|vocabulary| vocabulary.len()))?
        .map_err(|error| format!("{vocabulary}: {error}"))?;
    if words == 0 {
        return Err(format!("{vocabulary}: no words"));
    }
    if let Some(shortlist) = &files.shortlist {
        let words = u64::try_from(words).unwrap_or(u64::MAX);
        container::check_shortlist(shortlist, words)
            .map_err(|damage| format!("{}: {damage}", name_of(shortlist)))?;
    }
    let loaded =
        guarded(|| Model::load_mmapped(&files.model, &files.source_vocabulary, &files.target_vocabulary))??;
    let loaded = match &files.shortlist {
        Some(path) => {
            let shortlist =
                guarded(|| Shortlist::load(path))?.map_err(|error| format!("{}: {error}", name_of(path)))?;
            loaded.with_shortlist(shortlist)
        }
        None => loaded,
    };
    let loaded = loaded.with_threads(threads);
    // Incompatible shapes show at the first use.
    guarded(|| loaded.translate("1"))?;
    Ok(loaded)
}

fn name_of(path: &Path) -> Cow<'_, str> {
    path.file_name().map_or(Cow::Borrowed("a file"), OsStr::to_string_lossy)
}

/// Runs code of the engine, which panics on unexpected files.
fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let message =
            panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        message.unwrap_or("inconsistent contents").to_owned()
    })
}
