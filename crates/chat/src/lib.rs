//! What Meeshy does: people sign in, open conversations, write, read, and each reads in their own language.
//!
//! Every rule that needs the database is here; the gateway decides nothing. A call is one transaction of the store,
//! and what others have to know of it goes on the bus ([`Event`]) once that transaction is on disk.
//!
//! Invariants: no time but the clock's, no randomness but that of [`Secrets`]; a message is acknowledged only after
//! its commit; a translation never holds a message back.
//!
//! # Errors
//! Every function fails with [`ChatError::Store`] when the database does. The `# Errors` sections only list other
//! errors.

mod accounts;
mod administration;
mod authority;
mod blocking;
mod call_limits;
mod cluster;
mod conversation_views;
mod conversations;
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
mod leader;
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
mod second_factor;
mod sessions;
mod setup;
mod sign_in;
mod texts;
mod tokens;
mod translate;
mod view;
mod worker;

pub use accounts::{Availability, Registration};
pub use administration::Account;
pub use authority::{Authority, Credential, Ended};
pub use call_limits::CallLimit;
pub use conversations::{Audience, ListFilter, NewConversation};
pub use edits::MessageEdit;
pub use error::ChatError;
pub use event::{Ephemeral, Event, Happened, HiddenFrom, Typing};
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
pub use second_factor::SignIn;
pub use sessions::{Caller, Device, SignedIn};
pub use setup::SetupState;
pub use texts::{Detected, Served, TextRequest, TextTranslation, TranslationCounts};
pub use tokens::{SECRET_BYTES, Secrets, SigningKey};
pub use translate::{Answer, Translate};
pub use view::{ConversationView, Figures, MemberView, MessageView, SenderView};

use cluster::{Jobs, Translators};
use delegation::Texts;
use event_bus::Events;
use file_links::FileLinks;
use meeshy_domain::{Clock, IdGenerator, Language, Timestamp, UserId, limits};
use meeshy_store::visibility::Viewer;
use meeshy_store::{Store, Tx};
use passwords::Passwords;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokens::Tokens;

/// What can be set about how people sign in and write.
#[derive(Debug, Clone)]
pub struct Settings {
    /// With what tokens are signed.
    pub signing_key: SigningKey,
    /// How long a token holds.
    pub token_lifetime: Duration,
    /// How long a session holds on a device that is not to be remembered.
    pub session_lifetime: Duration,
    /// How long a session holds on a device that is.
    pub trusted_session_lifetime: Duration,
    /// Sessions of one person, at most; the oldest go first.
    pub sessions_per_user: i64,
    /// Characters of a message, at most.
    pub message_chars: usize,
    /// Whether wrong passwords and codes are limited in number; off for tests and benchmarks only.
    pub limit_sign_ins: bool,
    /// What a password's hash costs.
    pub hashing: HashingCost,
    /// Whether a file is given to whoever knows its path, as the old clients need it: they build addresses themselves.
    pub unsigned_file_paths: bool,
    /// The name of this machine, for people who look who translates.
    pub machine: String,
}

impl Settings {
    /// The contract's values with this key.
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

/// Everything Meeshy does. Cheap to clone.
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
    /// Whether it translates here.
    translates: AtomicBool,
    failures: worker::Failures,
    turns: sign_in::Turns,
    /// Attempts to sign in, in this process.
    sign_ins: AtomicU64,
    /// Calls of this process that were counted over all gateways.
    counted_calls: AtomicU64,
    /// This process, among those that use the database.
    process: String,
    /// Tells the key that tokens are signed with from others.
    key_fingerprint: String,
    membership: gateways::Membership,
}

/// A few figures for the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statistics {
    /// Accounts.
    pub users: i64,
    /// Translations that wait or are under way.
    pub translation_jobs_waiting: i64,
    /// Processes that translate, this one included if it does.
    pub translators: usize,
}

/// How many notifications there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotificationCounts {
    /// Those that are not in the archive.
    pub active: i64,
    /// Those that are.
    pub archived: i64,
}

impl Chat {
    /// Takes up the data of `store`, with the room for everybody in it.
    ///
    /// # Errors
    /// When the settings are impossible or the database fails.
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
                sign_ins: AtomicU64::new(0),
                counted_calls: AtomicU64::new(0),
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

    /// Who is connected.
    pub fn presence(&self) -> &Presence {
        &self.inner.presence
    }

    /// The id of this process among those that use the database, another one at each start.
    pub fn process(&self) -> &str {
        &self.inner.process
    }

    /// Notes a sign of life of `user`, at most every few seconds. A failure is logged: it hinders nobody.
    pub async fn touch(&self, user: UserId) {
        let now = self.now();
        if self.inner.presence.is_due(user, now)
            && let Err(error) =
                self.inner.store.write(move |tx| meeshy_store::users::touch(tx, user, now)).await
        {
            tracing::warn!(%error, "Failed to update last_active_at");
        }
    }

    /// Whether what people do can be kept: a small change is written, at most one in a second.
    ///
    /// # Errors
    /// Why nothing can be written.
    pub async fn ready(&self) -> Result<(), ChatError> {
        self.inner.store.check_write().await.map_err(StoreError::into)
    }

    /// A few figures for the operator.
    ///
    /// # Errors
    /// When the database fails.
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

    /// How many notifications there are; it looks at every one of them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn notification_counts(&self) -> Result<NotificationCounts, ChatError> {
        let (active, archived) = self.inner.store.read(meeshy_store::notifications::counts).await?;
        Ok(NotificationCounts { active, archived })
    }

    /// Whether a pair of languages is served, here or in another process.
    fn serves(&self, from: Language, to: Language) -> bool {
        self.inner.translator.serves(from, to) || self.inner.translators.serve(from, to)
    }

    /// Characters of a message, at most.
    pub fn message_chars(&self) -> usize {
        self.inner.settings.message_chars
    }

    /// What makes things that nobody can guess.
    pub fn secrets(&self) -> &Secrets {
        &self.inner.secrets
    }

    /// What time it is, by the clock of this chat.
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// What a view of messages is put together with.
    fn lens(&self, viewer: Viewer) -> view::Lens<'_> {
        let Inner { presence, file_links, .. } = &*self.inner;
        view::Lens { presence, file_links, viewer, now: self.now() }
    }

    /// A person who looks now.
    fn viewer(&self, tx: &mut Tx<'_>, user: UserId) -> Result<Viewer, StoreError> {
        tx.fetch(Viewer::find(user, self.now()))
    }

    /// Everybody in a conversation, now.
    fn everybody(&self) -> Viewer {
        Viewer::anyone(self.now())
    }

    fn new_id<T: From<meeshy_domain::id::NewId>>(&self) -> T {
        self.inner.ids.next(self.now()).into()
    }
}
