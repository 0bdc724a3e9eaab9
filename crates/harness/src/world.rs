//! A chat without a gateway.

#![expect(clippy::unwrap_used, reason = "only tests use it, and they may panic")]

use crate::chat::{SIGNING_SECRET, counted_secrets, settings};
use crate::{Email, Engine, Inbox, Text};
use futures::FutureExt;
use meeshy_chat::model::{Notification, NotificationFilter};
use meeshy_chat::retention::Bounds;
use meeshy_chat::{
    Chat, ChatError, ConversationView, Device, Event, Feed, MessagePage, NewConversation, NewMessage,
    PageRequest, Registration, Sent, SignIn, SignedIn, Translate, Wanted,
};
use meeshy_domain::{Clock, UserId};
use meeshy_media::Depot;
use meeshy_store::translations::State;
use meeshy_store::{Store, StoreError, Tx, Value, notification_queue};
use meeshy_testkit::{Database, OnDatabase, api, clock, eventually};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::oneshot;

/// A chat with a manual clock, counted ids and secrets, and an [`Engine`]. It translates only when told.
pub struct World {
    /// The application.
    pub chat: Chat,
    /// Its database.
    pub store: Store,
    /// The engine that it translates with.
    pub engine: Arc<Engine>,
    /// Sets the clock.
    pub hand: clock::ClockControl,
    /// Its events.
    pub events: Feed,
    /// Where its database is.
    pub database: Arc<Database>,
    /// The e-mails and text messages that it sends.
    pub inbox: Inbox,
    /// The folder of uploaded files.
    pub uploads: TempDir,
}

impl OnDatabase for World {
    async fn on(database: Database) -> Self {
        Self::seeded(Arc::new(database), 1).await
    }
}

impl World {
    /// A process on a database, with ids and secrets that are counted from `seed`.
    pub async fn seeded(database: Arc<Database>, seed: u64) -> Self {
        Self::with_clock_of_store(database, (SIGNING_SECRET, seed), |store| store).await
    }

    /// Another process on a database, with another signing key.
    pub async fn with_secret(database: Arc<Database>, secret: &str) -> Self {
        Self::with_clock_of_store(database, (secret, 700_000), |store| store).await
    }

    /// A process with somebody who sees each statement before it runs.
    pub async fn observed(
        database: Arc<Database>,
        observer: impl Fn(&str, &[Value]) + Send + Sync + 'static,
    ) -> Self {
        Self::with_clock_of_store(database, (SIGNING_SECRET, 1), |store| store.with_observer(observer)).await
    }

    /// The same database after a restart.
    pub async fn restarted(self) -> Self {
        let database = Arc::clone(&self.database);
        drop(self);
        Self::with_clock_of_store(database, (SIGNING_SECRET, 1_000_000), |store| store).await
    }

    /// A process on a host with its own `clock`, which the database does not know.
    pub async fn on_host(database: Arc<Database>, clock: (Clock, clock::ClockControl), seed: u64) -> Self {
        let store = database.open().await.unwrap();
        Self::with(database, store, clock, (SIGNING_SECRET, seed)).await
    }

    async fn with_clock_of_store(
        database: Arc<Database>,
        secrets: (&str, u64),
        adjust: impl FnOnce(Store) -> Store,
    ) -> Self {
        let (clock, hand) = clock::manual();
        let store = database.reopen().await.unwrap().with_clock(clock.clone());
        Self::with(database, adjust(store), (clock, hand), secrets).await
    }

    async fn with(
        database: Arc<Database>,
        store: Store,
        (clock, hand): (Clock, clock::ClockControl),
        (secret, seed): (&str, u64),
    ) -> Self {
        let engine = Arc::new(Engine::default());
        let translator = Arc::clone(&engine) as Arc<dyn Translate>;
        let secrets = counted_secrets(seed);
        let inbox = Inbox::default();
        let mut settings = settings(secret);
        settings.mail = inbox.settings();
        settings.sms = Some(inbox.sms());
        let uploads = tempfile::tempdir().unwrap();
        settings.uploads.depot = Depot::new(uploads.path());
        let chat = Chat::open(store.clone(), translator, settings, clock, secrets).await.unwrap();
        let events = chat.events().feed().unwrap();
        Self { chat, store, engine, hand, events, database, inbox, uploads }
    }

    /// Registers a user.
    pub async fn sign_up(&self, username: &str, language: &str) -> SignedIn {
        self.chat.accounts().register(registration(username, language), Device::default()).await.unwrap()
    }

    /// Signs a user in who needs no code.
    pub async fn sign_in(&self, login: &str, remember: bool) -> SignedIn {
        let (login, password) = (login.to_owned(), api::PASSWORD.to_owned());
        let outcome = self.chat.sign_ins().with_password(login, password, remember, Device::default()).await;
        match outcome.unwrap() {
            SignIn::Done(signed_in) => *signed_in,
            other => panic!("{other:?}"),
        }
    }

    /// A new user who reads a language.
    pub async fn person(&self, username: &str, language: &str) -> UserId {
        self.sign_up(username, language).await.user.id
    }

    /// A new group.
    pub async fn group(&self, creator: UserId, others: &[UserId]) -> ConversationView {
        let new = NewConversation {
            kind: "group".into(),
            title: Some("Trip".into()),
            participant_ids: others.iter().map(ToString::to_string).collect(),
            ..NewConversation::default()
        };
        self.chat.conversations().create(creator, new).await.unwrap()
    }

    /// Sends a message.
    ///
    /// # Errors
    /// If it is rejected.
    pub async fn say(&self, who: UserId, talk: &ConversationView, content: &str) -> Result<Sent, ChatError> {
        let conversation = talk.conversation.id.to_string();
        let new = NewMessage { conversation, content: content.into(), ..NewMessage::default() };
        self.chat.messages().send(who, new).await
    }

    /// The newest messages.
    pub async fn page(&self, who: UserId, talk: &ConversationView) -> MessagePage {
        let request = PageRequest { limit: 50, ..PageRequest::default() };
        self.chat.messages().page(who, &talk.conversation.id.to_string(), request, || true).await.unwrap()
    }

    /// The events so far.
    pub fn happened(&mut self) -> Vec<Event> {
        let next = || tokio::task::unconstrained(self.events.next()).now_or_never().flatten();
        std::iter::from_fn(next).map(|happened| happened.event).collect()
    }

    /// The states of the translations that have ended so far.
    pub fn ended(&mut self) -> Vec<State> {
        let state = |event| match event {
            Event::Translated { translation, .. } => Some(translation.state),
            _ => None,
        };
        self.happened().into_iter().filter_map(state).collect()
    }

    /// Runs the worker until no job is left, or for a second: others are due later.
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
        self.run_jobs_until(bounds, "every scheduled job has succeeded", async || {
            let scheduled = self.store.read(meeshy_store::jobs::scheduled).await.unwrap();
            !scheduled.is_empty() && scheduled.iter().all(|job| job.last_succeeded_at.is_some())
        })
        .await;
    }

    async fn run_jobs_until(&self, bounds: Bounds, what: &str, is_done: impl AsyncFnMut() -> bool) {
        let (stop, stopping) = oneshot::channel::<()>();
        let chat = self.chat.clone();
        let worker =
            tokio::spawn(async move { chat.jobs().run(bounds, async { drop(stopping.await) }).await });
        eventually(what, is_done).await;
        drop(stop);
        worker.await.unwrap();
    }

    /// Does jobs until all messages can be searched.
    pub async fn index_messages(&self) {
        self.run_jobs_until(Bounds::default(), "every message is indexed", async || {
            !self.store.read(meeshy_store::search_queue::has_work).await.unwrap()
        })
        .await;
    }

    /// Does jobs until users are notified of everything that does not wait for a translation, on all their devices.
    pub async fn notify(&self) {
        self.run_jobs_until(Bounds::default(), "users are notified", async || {
            let now = self.chat.now();
            let is_settled = move |tx: &mut Tx<'_>| {
                let pushed = "SELECT 1 AS one FROM jobs WHERE kind = 'push-notification' AND run_at <= $1";
                Ok::<_, StoreError>(
                    notification_queue::due(tx, 1)?.is_empty() && !tx.exists(pushed, &[now.into()])?,
                )
            };
            self.store.read(is_settled).await.unwrap()
        })
        .await;
    }

    /// The notifications of a user, the newest first.
    pub async fn notifications(&self, user: UserId) -> Vec<Notification> {
        self.notify().await;
        let list = self.chat.notifications().list(user, NotificationFilter::default(), 50, 0);
        list.await.unwrap().notifications
    }

    /// Does jobs until all e-mails are sent; returns those since the last call.
    pub async fn emails(&self) -> Vec<Email> {
        self.finish_jobs().await;
        self.inbox.take()
    }

    /// Does jobs until all text messages are sent; returns those since the last call.
    pub async fn texts(&self) -> Vec<Text> {
        self.finish_jobs().await;
        self.inbox.take_texts()
    }

    /// Does jobs until all that something has caused are done.
    pub async fn finish_jobs(&self) {
        self.run_jobs_until(Bounds::default(), "every job with a cause is done", async || {
            let waiting = "SELECT count(*) FROM jobs WHERE kind IN ('send-mail', 'send-sms', 'delete-account', 'prepare-file', 'remove-file', 'end-guests') AND NOT is_dead";
            self.store.read(|tx| tx.fetch_one::<i64>(waiting, &[])).await.unwrap() == 0
        })
        .await;
    }

    /// Changes a column of an account.
    pub async fn set(&self, user: UserId, column: &'static str, value: impl Into<Value>) {
        let value = value.into();
        let update = move |tx: &mut Tx<'_>| {
            let sql = format!("UPDATE users SET {column} = $2 WHERE id = $1");
            tx.execute(&sql, &[user.into(), value.clone()])
        };
        self.store.write(update).await.unwrap();
    }
}

/// What a user registers with.
#[must_use]
pub fn registration(username: &str, language: &str) -> Registration {
    Registration {
        username: username.into(),
        password: api::PASSWORD.into(),
        first_name: username.into(),
        last_name: "test".into(),
        email: format!("{username}@example.org"),
        system_language: Some(language.into()),
        regional_language: None,
        ..Registration::default()
    }
}

/// A username and an address that somebody asks about before registering.
#[must_use]
pub fn wanted(username: Option<&str>, email: Option<&str>) -> Wanted {
    Wanted { username: username.map(str::to_owned), email: email.map(str::to_owned), ..Wanted::default() }
}
