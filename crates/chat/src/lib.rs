//! The application: users sign in, create conversations, and send and read messages, each in their own
//! language.
//!
//! Every rule that needs the database is here; the gateway makes no decisions. A call is one transaction of
//! the store, and its events are published on the bus ([`Event`]) once that transaction is on disk.
//!
//! Invariants: time comes from the clock and randomness from [`Secrets`] only; a message is acknowledged only
//! after its commit; a translation never delays a message.
//!
//! # Errors
//! Every function fails with [`ChatError::Store`] when the database does. The `# Errors` sections only list
//! other errors.

mod accounts;
mod administration;
mod authority;
mod blocking;
mod budget;
mod call_limits;
mod caller;
mod cluster;
mod conversation_views;
mod conversations;
mod credential;
mod delegation;
mod edits;
mod error;
mod event;
mod event_bus;
mod event_log;
mod fair_queue;
mod file_links;
mod files;
mod gateways;
mod glossary;
mod jobs;
mod messages;
pub mod model;
mod pages;
mod passwords;
mod policy;
mod presence;
mod profiles;
mod race;
mod refresh;
mod remote_presence;
mod reports;
mod requests;
pub mod retention;
mod scheduled;
mod second_factor;
mod sessions;
mod setup;
mod sign_in;
mod texts;
mod tokens;
mod translate;
mod validity;
mod view;
mod worker;

pub use accounts::{Availability, Registration};
pub use administration::Account;
pub use authority::{Authority, Ended};
pub use call_limits::CallLimit;
pub use caller::{Caller, Device, SignedIn};
pub use conversations::{Audience, ListFilter, NewConversation};
pub use credential::Credential;
pub use edits::MessageEdit;
pub use error::ChatError;
pub use event::{Ephemeral, Event, FoundTranslation, Happened, HiddenFrom, Typing};
pub use event_bus::Feed;
pub use event_log::{AllCaughtUp, CaughtUp, Stretch};
pub use file_links::FileSignature;
pub use files::{FileRequest, ServedFile};
pub use gateways::GatewayError;
pub use glossary::NewTerm;
pub use meeshy_store::StoreError;
pub use meeshy_store::translators::Speed;
pub use meeshy_translation::Tier;
pub use messages::{NewMessage, Sent};
pub use pages::{MessagePage, PageRequest};
pub use passwords::HashingCost;
pub use presence::Presence;
pub use profiles::ProfilePatch;
pub use refresh::Refreshed;
pub use reports::{NewReport, Reported};
pub use requests::{Progress, Requested};
pub use scheduled::JobStates;
pub use second_factor::SignIn;
pub use setup::SetupState;
pub use texts::{Detected, Served, TextRequest, TextTranslation, TranslationCounts};
pub use tokens::{SECRET_BYTES, Secrets, SigningKey};
pub use translate::{Answer, Translate};
pub use view::{ConversationView, Figures, MemberView, MessageView, SenderView};

use event_bus::Events;
use file_links::FileLinks;
use jobs::{Jobs, Texts, Translators};
use meeshy_domain::{Clock, IdGenerator, Language, Timestamp, UserId, limits};
use meeshy_store::visibility::Viewer;
use meeshy_store::{Store, Tx};
use passwords::Passwords;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokens::Tokens;

/// Settings for sign-in and messages.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The key that signs tokens.
    pub signing_key: SigningKey,
    /// The token lifetime.
    pub token_lifetime: Duration,
    /// The session lifetime on a device that is not remembered.
    pub session_lifetime: Duration,
    /// The session lifetime on a remembered device.
    pub trusted_session_lifetime: Duration,
    /// The most sessions per user; the oldest are ended first.
    pub sessions_per_user: i64,
    /// The maximum length of a message, in characters.
    pub message_chars: usize,
    /// Whether failed sign-in attempts are limited; off for tests and benchmarks only.
    pub limit_sign_ins: bool,
    /// The cost of password hashes.
    pub hashing: HashingCost,
    /// Whether a file is served to whoever knows its path. Old clients need this, because they build URLs
    /// themselves.
    pub unsigned_file_paths: bool,
    /// The name of this machine in the list of translators.
    pub machine: String,
}

impl Settings {
    /// The default settings with this key.
    pub fn new(signing_key: SigningKey) -> Self {
        const DAY: Duration = Duration::from_secs(86_400);
        Self {
            signing_key,
            token_lifetime: DAY,
            session_lifetime: DAY * 30,
            trusted_session_lifetime: DAY * 365,
            sessions_per_user: 10,
            message_chars: limits::MESSAGE_CHARS,
            limit_sign_ins: true,
            hashing: HashingCost::default(),
            unsigned_file_paths: true,
            machine: String::new(),
        }
    }
}

/// The application. Cheap to clone.
#[derive(Clone)]
pub struct Chat {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    clock: Clock,
    secrets: Secrets,
    ids: IdGenerator,
    settings: Settings,
    passwords: Passwords,
    tokens: Tokens,
    file_links: FileLinks,
    presence: Arc<Presence>,
    translator: Arc<dyn Translate>,
    events: Events,
    jobs: Arc<Jobs>,
    texts: Texts,
    translators: Translators,
    /// Whether it translates in this process.
    translates: AtomicBool,
    failures: worker::Failures,
    turns: sign_in::Turns,
    /// The id of this process among those that use the database.
    process: String,
    /// Identifies the signing key without revealing it.
    key_fingerprint: String,
    membership: gateways::Membership,
}

/// Statistics for the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statistics {
    /// Accounts.
    pub users: i64,
    /// Waiting and running translations.
    pub translation_jobs_waiting: i64,
    /// Processes that translate, including this one if it does.
    pub translators: usize,
}

/// The numbers of notifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotificationCounts {
    /// Outside the archive.
    pub active: i64,
    /// In the archive.
    pub archived: i64,
}

impl Chat {
    /// Opens the application on `store`, and creates the room for everybody if it is missing.
    ///
    /// # Errors
    /// When the settings are invalid.
    pub async fn open(
        store: Store,
        translator: Arc<dyn Translate>,
        settings: Settings,
        clock: Clock,
        secrets: Secrets,
    ) -> Result<Self, ChatError> {
        let fresh = secrets.hex(16);
        let data_set = store.write(move |tx| meeshy_store::data_set::id(tx, &fresh)).await?;
        let [p0, p1, p2, p3, p4, c0, c1, c2] = secrets.number().to_be_bytes();
        let chat = Self {
            inner: Arc::new(Inner {
                ids: IdGenerator::new([p0, p1, p2, p3, p4], u32::from_be_bytes([0, c0, c1, c2])),
                passwords: Passwords::new(settings.hashing)?,
                tokens: Tokens::new(&settings.signing_key)?,
                file_links: FileLinks::new(&settings.signing_key, &data_set)?,
                key_fingerprint: settings.signing_key.fingerprint(&data_set)?,
                membership: gateways::Membership::default(),
                presence: Arc::new(Presence::new(!store.is_exclusive())),
                events: Events::new(&store),
                jobs: Arc::default(),
                texts: Texts::default(),
                translators: Translators::default(),
                translates: AtomicBool::new(false),
                failures: worker::Failures::default(),
                turns: sign_in::Turns::default(),
                process: secrets.hex(8),
                store,
                clock,
                secrets,
                settings,
                translator,
            }),
        };
        if let Some(cost) = chat.inner.store.read(meeshy_store::users::bcrypt_cost).await? {
            chat.inner.passwords.expect_bcrypt(cost);
        }
        chat.open_global_room().await?;
        Ok(chat)
    }

    /// The connected users.
    pub fn presence(&self) -> &Presence {
        &self.inner.presence
    }

    /// The id of this process among those that use the database, a new one at each start.
    pub fn process(&self) -> &str {
        &self.inner.process
    }

    /// Updates the last activity of `user`, at most every few seconds. A failure is only logged.
    pub async fn touch(&self, user: UserId) {
        let now = self.now();
        if self.inner.presence.is_due(user, now)
            && let Err(error) =
                self.inner.store.write(move |tx| meeshy_store::users::touch(tx, user, now)).await
        {
            tracing::warn!(%error, "Failed to update last_active_at");
        }
    }

    /// Whether the database can be written: tested with a small write, at most once per second.
    ///
    /// # Errors
    /// The reason why nothing can be written.
    pub async fn ready(&self) -> Result<(), ChatError> {
        self.inner.store.check_write().await.map_err(StoreError::into)
    }

    /// Statistics for the operator.
    pub async fn statistics(&self) -> Result<Statistics, ChatError> {
        let read = |tx: &mut Tx<'_>| {
            Ok::<_, ChatError>(Statistics {
                users: meeshy_store::users::count(tx)?,
                translation_jobs_waiting: meeshy_store::translation_jobs::waiting(tx)?,
                translators: 0,
            })
        };
        let known = self.inner.store.read(read).await?;
        let here = usize::from(self.inner.translates.load(Ordering::SeqCst));
        Ok(Statistics { translators: here + self.inner.translators.count(), ..known })
    }

    /// The numbers of notifications; scans all of them.
    pub async fn notification_counts(&self) -> Result<NotificationCounts, ChatError> {
        let (active, archived) = self.inner.store.read(meeshy_store::notifications::counts).await?;
        Ok(NotificationCounts { active, archived })
    }

    /// Whether a language pair is served, here or in another process.
    fn serves(&self, from: Language, to: Language) -> bool {
        self.inner.translator.serves(from, to) || self.inner.translators.serve(from, to)
    }

    /// The maximum length of a message, in characters.
    pub fn message_chars(&self) -> usize {
        self.inner.settings.message_chars
    }

    /// The source of randomness.
    pub fn secrets(&self) -> &Secrets {
        &self.inner.secrets
    }

    /// The time of this application's clock.
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// What is needed to build message views.
    fn lens(&self, viewer: Viewer) -> view::Lens<'_> {
        let Inner { presence, file_links, .. } = &*self.inner;
        view::Lens { presence, file_links, viewer, now: self.now() }
    }

    /// A user as a viewer, now.
    fn viewer(&self, tx: &mut Tx<'_>, user: UserId) -> Result<Viewer, StoreError> {
        tx.fetch(Viewer::find(user, self.now()))
    }

    /// Every member of a conversation as a viewer, now.
    fn everybody(&self) -> Viewer {
        Viewer::anyone(self.now())
    }

    fn new_id<T: From<meeshy_domain::id::NewId>>(&self) -> T {
        self.inner.ids.next(self.now()).into()
    }
}
