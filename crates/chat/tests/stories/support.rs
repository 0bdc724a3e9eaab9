//! A chat with users, a manual clock, and an engine with predictable results.

use async_trait::async_trait;
use futures::FutureExt;
use meeshy_chat::retention::Bounds;
use meeshy_chat::{
    Answer, Chat, ChatError, ConversationView, Device, Event, Feed, HashingCost, MessagePage,
    NewConversation, NewMessage, PageRequest, Registration, Secrets, Sent, Settings, SignIn, SignedIn,
    SigningKey, Speed, Translate,
};
use meeshy_domain::{Clock, Language, Reason, ReasonCode, UserId};
use meeshy_store::translations::State;
use meeshy_store::{Store, Value};
use meeshy_testkit::{Database, clock};
use meeshy_translation::detect::Evidence;
use meeshy_translation::{Glossary, Pair, Request};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::oneshot;

pub fn nobody_speaks(language: Language) -> Reason {
    Reason::new(ReasonCode::NoEngine, format!("nobody speaks {language}"))
}

pub fn downloading() -> Reason {
    Reason::new(ReasonCode::ModelDownloading, "a model is being downloaded")
}

/// Translates `text` into `fr: text`, returns `ok` unchanged, and fails or does not know a pair if configured
/// so.
#[derive(Default)]
pub struct Engine {
    pub unknown: Mutex<HashSet<(Language, Language)>>,
    /// Whether models for unknown pairs are being downloaded.
    pub downloads: AtomicBool,
    /// `test` if not set.
    pub name: Mutex<Option<String>>,
    pub failures: AtomicU64,
    pub asked: Mutex<Vec<(Language, Language, usize)>>,
    pub glossaries: Mutex<Vec<Arc<Glossary>>>,
}

#[async_trait]
impl Translate for Engine {
    async fn translate(&self, request: &Request, texts: &[String]) -> Vec<Answer> {
        let Pair { from, to } = request.pair;
        self.asked.lock().unwrap().push((from, to, texts.len()));
        self.glossaries.lock().unwrap().push(Arc::clone(&request.glossary));
        let Some(engine) = self.engine(request) else {
            let reason =
                if self.downloads.load(Ordering::SeqCst) { downloading() } else { nobody_speaks(to) };
            return texts.iter().map(|_| Answer::Unavailable { reason: reason.clone() }).collect();
        };
        let fails = self
            .failures
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
            .is_ok();
        let answer = |text: &String| match text.as_str() {
            _ if fails => {
                Answer::Failed { reason: Reason::new(ReasonCode::EngineFailed, "the engine is out of order") }
            }
            "ok" => Answer::Identical,
            text => Answer::Done { text: format!("{to}: {text}"), engine: engine.clone(), score: Some(0.5) },
        };
        texts.iter().map(answer).collect()
    }

    fn engine(&self, request: &Request) -> Option<String> {
        let is_known = !self.unknown.lock().unwrap().contains(&(request.pair.from, request.pair.to));
        let first = self.name.lock().unwrap().clone().unwrap_or_else(|| "test".into());
        let mut names = [first, "another".to_owned()].into_iter();
        is_known.then(|| names.find(|name| !request.avoid.contains(name))).flatten()
    }

    fn pairs(&self) -> Vec<Speed> {
        let language = |code| Language::parse(code).unwrap();
        let pairs = ["en", "es", "fr", "de"].map(language).into_iter().flat_map(|from| {
            ["en", "es", "fr", "de"].map(language).into_iter().map(move |to| Speed { from, to, cost_ms: 1.0 })
        });
        pairs.filter(|pair| self.serves(pair.from, pair.to)).collect()
    }

    async fn evidence(&self, text: &str) -> Evidence {
        Evidence::of(text)
    }
}

/// The signing key.
pub const SIGNING_SECRET: &str = "0123456789abcdef0123456789abcdef";

pub struct World {
    pub chat: Chat,
    pub store: Store,
    pub engine: Arc<Engine>,
    pub hand: clock::ClockControl,
    pub events: Feed,
    pub database: Arc<Database>,
}

/// A new world on each database, with the name of the database for messages.
pub async fn worlds() -> Vec<(&'static str, World)> {
    let mut worlds = Vec::new();
    for (kind, database) in Database::both() {
        worlds.push((kind, World::on(Arc::new(database)).await));
    }
    worlds
}

impl World {
    pub async fn on(database: Arc<Database>) -> Self {
        Self::seeded(database, 1).await
    }

    /// Another process on a database, with ids and secrets of its own.
    pub async fn seeded(database: Arc<Database>, seed: u64) -> Self {
        let (clock, hand) = clock::manual();
        let store = database.open().await.unwrap().with_clock(clock.clone());
        Self::with(database, store, (clock, hand), (SIGNING_SECRET, seed)).await
    }

    /// Another process on a database, with another signing key.
    pub async fn with_secret(database: Arc<Database>, secret: &str) -> Self {
        let (clock, hand) = clock::manual();
        let store = database.open().await.unwrap().with_clock(clock.clone());
        Self::with(database, store, (clock, hand), (secret, 700_000)).await
    }

    /// The same, with somebody who sees each statement before it runs.
    pub async fn observed(
        database: Arc<Database>,
        observer: impl Fn(&str, &[Value]) + Send + Sync + 'static,
    ) -> Self {
        let (clock, hand) = clock::manual();
        let store = database.open().await.unwrap().with_clock(clock.clone()).with_observer(observer);
        Self::with(database, store, (clock, hand), (SIGNING_SECRET, 1)).await
    }

    /// The same database after a restart.
    pub async fn restarted(self) -> Self {
        let database = Arc::clone(&self.database);
        drop(self);
        let (clock, hand) = clock::manual();
        let opened = async {
            loop {
                // The threads of a dropped store release its folder a moment later.
                match database.open().await {
                    Ok(store) => break store,
                    Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        };
        let store = tokio::time::timeout(Duration::from_secs(10), opened).await.unwrap();
        let store = store.with_clock(clock.clone());
        Self::with(database, store, (clock, hand), (SIGNING_SECRET, 1_000_000)).await
    }

    /// A process on a host with its own `clock`, which the database does not know.
    pub async fn on_host(database: Arc<Database>, clock: (Clock, clock::ClockControl), seed: u64) -> Self {
        let store = database.open().await.unwrap();
        Self::with(database, store, clock, (SIGNING_SECRET, seed)).await
    }

    async fn with(
        database: Arc<Database>,
        store: Store,
        (clock, hand): (Clock, clock::ClockControl),
        (secret, seed): (&str, u64),
    ) -> Self {
        let engine = Arc::new(Engine::default());
        let mut settings = Settings::new(SigningKey::Secret(secret.into()));
        settings.hashing = HashingCost { memory_kib: 64, passes: 1, at_once: 2 };
        let counter = AtomicU64::new(seed);
        let secrets = Secrets::new(move |bytes| {
            for chunk in bytes.chunks_mut(8) {
                let number =
                    counter.fetch_add(1, Ordering::SeqCst).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
                chunk.copy_from_slice(&number[..chunk.len()]);
            }
        });
        let chat =
            Chat::open(store.clone(), Arc::clone(&engine) as Arc<dyn Translate>, settings, clock, secrets)
                .await
                .unwrap();
        let events = chat.events().feed().unwrap();
        Self { chat, store, engine, hand, events, database }
    }

    pub async fn sign_up(&self, username: &str, language: &str) -> SignedIn {
        self.chat.accounts().register(registration(username, language), Device::default()).await.unwrap()
    }

    pub async fn sign_in(&self, login: &str, remember: bool) -> SignedIn {
        let password = "correct horse".to_owned();
        match self
            .chat
            .sign_ins()
            .with_password(login.to_owned(), password, remember, Device::default())
            .await
            .unwrap()
        {
            SignIn::Done(signed_in) => *signed_in,
            other => panic!("{other:?}"),
        }
    }

    pub async fn person(&self, username: &str, language: &str) -> UserId {
        self.sign_up(username, language).await.user.id
    }

    pub async fn group(&self, creator: UserId, others: &[UserId]) -> ConversationView {
        let new = NewConversation {
            kind: "group".into(),
            title: Some("Trip".into()),
            participant_ids: others.iter().map(ToString::to_string).collect(),
            ..NewConversation::default()
        };
        self.chat.conversations().create(creator, new).await.unwrap()
    }

    pub async fn say(&self, who: UserId, talk: &ConversationView, content: &str) -> Result<Sent, ChatError> {
        let conversation = talk.conversation.id.to_string();
        self.chat
            .messages()
            .send(who, NewMessage { conversation, content: content.into(), ..NewMessage::default() })
            .await
    }

    pub async fn page(&self, who: UserId, talk: &ConversationView) -> MessagePage {
        let request = PageRequest { limit: 50, ..PageRequest::default() };
        self.chat.messages().page(who, &talk.conversation.id.to_string(), request, || true).await.unwrap()
    }

    /// The events so far.
    pub fn happened(&mut self) -> Vec<Event> {
        let next = || tokio::task::unconstrained(self.events.next()).now_or_never().flatten();
        std::iter::from_fn(next).map(|happened| happened.event).collect()
    }

    /// The states of the translations that have finished so far.
    pub fn ended(&mut self) -> Vec<State> {
        let state = |event| match event {
            Event::Translated { translation, .. } => Some(translation.state),
            _ => None,
        };
        self.happened().into_iter().filter_map(state).collect()
    }

    /// Runs the worker until no job is due, or for a few seconds.
    pub async fn translate(&self) {
        let (stop, stopping) = oneshot::channel::<()>();
        let chat = self.chat.clone();
        let worker = tokio::spawn(async move { chat.worker().run(async { drop(stopping.await) }).await });
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_millis(10)).await;
            if self.chat.health().statistics().await.unwrap().translation_jobs_waiting == 0 {
                break;
            }
        }
        drop(stop);
        worker.await.unwrap();
    }

    /// Does jobs until every scheduled one has succeeded.
    pub async fn run_jobs(&self, bounds: Bounds) {
        let (stop, stopping) = oneshot::channel::<()>();
        let chat = self.chat.clone();
        let worker =
            tokio::spawn(async move { chat.jobs().run(bounds, async { drop(stopping.await) }).await });
        let succeeded = async {
            loop {
                let scheduled = self.chat.jobs().states().await.unwrap().scheduled;
                if !scheduled.is_empty() && scheduled.iter().all(|job| job.last_succeeded_at.is_some()) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), succeeded).await.expect("every job succeeds");
        drop(stop);
        worker.await.unwrap();
    }
}

/// Changes a column of an account.
pub async fn set(world: &World, user: UserId, column: &'static str, value: impl Into<Value>) {
    let value = value.into();
    let update = move |tx: &mut meeshy_store::Tx<'_>| {
        tx.execute(&format!("UPDATE users SET {column} = $2 WHERE id = $1"), &[user.into(), value.clone()])
    };
    world.store.write(update).await.unwrap();
}

pub fn registration(username: &str, language: &str) -> Registration {
    Registration {
        username: username.into(),
        password: "correct horse".into(),
        first_name: username.into(),
        last_name: "test".into(),
        email: format!("{username}@example.org"),
        system_language: Some(language.into()),
        regional_language: None,
        setup_code: None,
    }
}
