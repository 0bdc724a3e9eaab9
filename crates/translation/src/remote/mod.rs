//! Remote translation servers: LibreTranslate, language models, another Meeshy.
//!
//! The languages of a server are requested in the background, so that nothing waits for them. Requests have
//! limits in time and size; responses are validated like the answers of any engine, and a server that keeps
//! failing is handled by a circuit breaker (`breaker`).

mod batch;
mod config;
mod http;
mod libretranslate;
mod marks;
mod openai;

pub use config::{RemoteConfig, RemoteKind};

use crate::engine::{Engine, Offer, Portion, Translated};
use crate::pair::Pair;
use crate::request::Urgency;
use crate::{EngineError, TranslationError};
use async_trait::async_trait;
use batch::Limits;
use config::Settings;
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use http::Server;
use libretranslate::Catalogue;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// How often the languages of a server are requested.
const POLL_INTERVAL: Duration = Duration::from_secs(600);
/// How long to wait after a failure; doubled after each further one.
const RETRY_DELAY: Duration = Duration::from_secs(2);
/// The maximum delay between retries, and the minimum delay after a failed translation request.
const MAX_RETRY_DELAY: Duration = Duration::from_secs(120);

/// Starts the configured engines, which request their languages from now on: those preferred to local
/// engines, and the others.
///
/// # Errors
/// If one is misconfigured, or two have the same name.
pub(crate) fn start(configs: &[RemoteConfig]) -> Result<(Engines, Engines), TranslationError> {
    let (mut before, mut after) = (Engines::new(), Engines::new());
    let mut names = HashSet::new();
    for config in configs {
        let settings = config.check()?;
        let wrong = |problem: String| TranslationError::Remote { name: config.name().to_owned(), problem };
        if !names.insert(settings.name.clone()) {
            return Err(wrong("another engine has the same name; set `name`".to_owned()));
        }
        let server = Server::new(&settings).map_err(|error| wrong(error.to_string()))?;
        let engine = Remote::start(settings, server);
        if config.first { before.push(engine) } else { after.push(engine) }
    }
    Ok((before, after))
}

type Engines = Vec<Arc<dyn Engine>>;

/// A server.
struct Remote {
    settings: Settings,
    server: Server,
    version: String,
    known: watch::Sender<Known>,
    revision: AtomicU64,
    /// Wakes the task that requests the languages.
    refresh: Arc<Notify>,
}

/// What is known about a server's languages.
enum Known {
    /// They are being requested for the first time.
    Asking,
    /// No request has succeeded; this is why.
    Nothing(String),
    /// The last successful response.
    Offers(Catalogue),
}

impl Remote {
    fn start(settings: Settings, server: Server) -> Arc<Self> {
        let known = match settings.kind {
            RemoteKind::OpenAi => Known::Offers(settings.stated()),
            RemoteKind::LibreTranslate | RemoteKind::Meeshy => Known::Asking,
        };
        let is_asked = matches!(known, Known::Asking);
        let remote = Arc::new(Self {
            version: settings.version(),
            settings,
            server,
            known: watch::Sender::new(known),
            revision: AtomicU64::new(0),
            refresh: Arc::default(),
        });
        if is_asked {
            tokio::spawn(poll_languages(Arc::downgrade(&remote), Arc::clone(&remote.refresh)));
        }
        remote
    }

    /// Requests the languages; returns whether that succeeded.
    async fn ask(&self) -> bool {
        match libretranslate::catalogue(&self.server).await {
            Ok(mut catalogue) => {
                catalogue.pairs.retain(|&pair| self.settings.allows(pair));
                let changed = self.known.send_if_modified(|known| {
                    let changed = !matches!(known, Known::Offers(old) if *old == catalogue);
                    *known = Known::Offers(catalogue);
                    changed
                });
                if changed {
                    self.revision.fetch_add(1, Ordering::Release);
                    tracing::info!(engine = self.settings.name, "Received the languages of a remote server");
                }
                true
            }
            Err(error) => {
                tracing::warn!(engine = self.settings.name, %error, "Failed to get the languages of a remote server; retrying later");
                self.known.send_if_modified(|known| {
                    let first = !matches!(known, Known::Offers(_));
                    if first {
                        *known = Known::Nothing(error.to_string());
                    }
                    first
                });
                false
            }
        }
    }

    /// The limits of a request.
    fn limits(&self) -> Limits {
        match self.settings.kind {
            RemoteKind::OpenAi => openai::LIMITS,
            RemoteKind::LibreTranslate | RemoteKind::Meeshy => libretranslate::LIMITS,
        }
    }

    async fn request(&self, pair: Pair, segments: &[String]) -> Result<Vec<String>, EngineError> {
        let keeps_marks = self.settings.kind == RemoteKind::Meeshy;
        if self.settings.kind == RemoteKind::OpenAi {
            return openai::translate(&self.server, &self.settings.model, pair, segments).await;
        }
        let codes = match &*self.known.borrow() {
            Known::Offers(Catalogue { codes, .. }) => {
                codes.get(&pair.from).cloned().zip(codes.get(&pair.to).cloned())
            }
            Known::Asking | Known::Nothing(_) => None,
        };
        let Some((source, target)) = codes else {
            return Err(EngineError::Interrupted(format!("{} no longer offers {pair}", self.settings.name)));
        };
        libretranslate::translate(&self.server, &source, &target, segments, keeps_marks).await
    }
}

/// Requests the languages of a server: at once, periodically, and soon after a failure.
async fn poll_languages(remote: Weak<Remote>, refresh: Arc<Notify>) {
    let mut wait = RETRY_DELAY;
    while let Some(asked) = remote.upgrade() {
        // It runs as long as the program, so a panic counts as one failed request.
        let answered = AssertUnwindSafe(asked.ask()).catch_unwind().await.unwrap_or(false);
        drop(asked);
        if answered {
            wait = RETRY_DELAY;
            tokio::select! {
                () = tokio::time::sleep(POLL_INTERVAL) => {}
                () = refresh.notified() => tokio::time::sleep(MAX_RETRY_DELAY).await,
            }
        } else {
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(MAX_RETRY_DELAY);
        }
    }
}

#[async_trait]
impl Engine for Remote {
    fn name(&self) -> &str {
        &self.settings.name
    }

    fn keeps_quantities(&self) -> bool {
        true
    }

    fn offers(&self) -> Vec<Offer> {
        let Known::Offers(Catalogue { pairs, .. }) = &*self.known.borrow() else { return Vec::new() };
        let offer = |&pair| Offer {
            pair,
            model: None,
            version: self.version.clone(),
            lost: self.settings.lost,
            cost_ms: self.settings.cost_ms,
        };
        pairs.iter().map(offer).collect()
    }

    fn revision(&self) -> u64 {
        self.revision.load(Ordering::Acquire)
    }

    fn is_remote(&self) -> bool {
        true
    }

    async fn settle(&self, pair: Pair) -> Result<(), String> {
        if !self.settings.allows(pair) {
            return Ok(());
        }
        let mut known = self.known.subscribe();
        match known.wait_for(|known| !matches!(known, Known::Asking)).await.as_deref() {
            Ok(Known::Nothing(reason)) => Err(reason.clone()),
            _ => Ok(()),
        }
    }

    fn portion(&self, _: Urgency) -> Portion {
        Portion { bytes: self.limits().bytes, at_once: self.settings.max_concurrency }
    }

    async fn translate(
        &self,
        pair: Pair,
        segments: &[String],
        _: Urgency,
    ) -> Result<Vec<Translated>, EngineError> {
        let requests: Vec<_> = batch::requests(segments, self.limits())
            .into_iter()
            .map(|part| self.request(pair, part))
            .collect();
        let answers: Result<Vec<Vec<String>>, EngineError> =
            stream::iter(requests).buffered(self.settings.max_concurrency).try_collect().await;
        if answers.is_err() {
            self.refresh.notify_one();
        }
        Ok(answers?.into_iter().flatten().map(Translated::new).collect())
    }

    async fn rest(&self) {}
}

impl Settings {
    /// Whether the configuration allows a pair.
    fn allows(&self, pair: Pair) -> bool {
        let lists = |language| self.languages.is_empty() || self.languages.contains(&language);
        lists(pair.from) && lists(pair.to) && (self.pairs.is_empty() || self.pairs.contains(&pair))
    }

    /// The configured languages, for a server that does not list them.
    fn stated(&self) -> Catalogue {
        let mut pairs = self.pairs.clone();
        if pairs.is_empty() {
            let languages = &self.languages;
            let all = languages.iter().flat_map(|&from| languages.iter().map(move |&to| Pair { from, to }));
            pairs.extend(all.filter(|pair| pair.from != pair.to));
        }
        pairs.retain(|&pair| self.allows(pair));
        Catalogue { pairs, ..Catalogue::default() }
    }

    /// Changes with everything that affects the answers, as far as known here.
    fn version(&self) -> String {
        let prompt = if self.kind == RemoteKind::OpenAi { openai::PROMPT_REVISION } else { "" };
        let mut digest = Sha256::new();
        for part in [self.url.as_str(), &self.model, prompt] {
            digest.update(part.len().to_le_bytes());
            digest.update(part);
        }
        hex::encode(&digest.finalize()[..6])
    }
}
