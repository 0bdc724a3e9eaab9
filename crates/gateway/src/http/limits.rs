//! The rate limits and their defaults.

use std::time::Duration;

/// A number of calls per window of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    name: &'static str,
    calls: u32,
    window: Duration,
}

impl Limit {
    /// `calls` per `window`; `name` separates its counters from those of other limits.
    pub const fn new(name: &'static str, calls: u32, window: Duration) -> Self {
        Self { name, calls, window }
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn calls(&self) -> u32 {
        self.calls
    }

    pub(crate) fn window(&self) -> Duration {
        self.window
    }
}

/// Rate limits; `None` is no limit.
#[derive(Debug, Clone)]
pub struct RateLimits {
    /// REST calls: of signed-in callers per account, of others per address.
    pub rest: Option<Limit>,
    /// Sign-ins, per address and start of the name.
    pub login: Option<Limit>,
    /// Registrations, per address.
    pub register: Option<Limit>,
    /// Sign-ins and registrations together, per address. A known device is counted separately.
    pub authentication: Option<Limit>,
    /// Links to choose a new password, per network address and e-mail address.
    pub reset: Option<Limit>,
    /// The same, per e-mail address.
    pub reset_by_address: Option<Limit>,
    /// Other e-mails of one kind, per e-mail address or user.
    pub mail: Option<Limit>,
    /// Exports of everything that belongs to a user, per user.
    pub exports: Option<Limit>,
    /// Text messages with codes, per address or user. The messages to a number, and all of them, are limited as well.
    pub sms: Option<Limit>,
    /// Further messages with a code, per purpose.
    pub sms_again: Option<Limit>,
    /// Calls that show something of the owner of a telephone number, per address.
    pub phone_owners: Option<Limit>,
    /// Checks whether a telephone number is available, per address or user.
    pub phone_availability: Option<Limit>,
    /// Checks whether a name is available, per address.
    pub availability: Option<Limit>,
    /// Looking at links by which people join, per address.
    pub links: Option<Limit>,
    /// Guests who join, per address.
    pub guests: Option<Limit>,
    /// Requests that may need an engine (translation and detection), per user.
    pub translation: Option<Limit>,
    /// Translations requested by reading messages, per user; beyond that, pages are returned without.
    pub page_translations: Option<Limit>,
    /// New conversations, per user.
    pub conversations: Option<Limit>,
    /// Events, per socket and per user over all sockets.
    pub events: Option<Limit>,
    /// Messages and edits, per user.
    pub messages: Option<Limit>,
    /// Messages, per user and conversation.
    pub conversation_messages: Option<Limit>,
    /// Calls that are started, per user.
    pub call_starts: Option<Limit>,
    /// Calls that are joined, per user.
    pub call_joins: Option<Limit>,
    /// Signals to other participants of calls, per user.
    pub call_signals: Option<Limit>,
    /// Calls that are left, declined or ended, per user.
    pub call_leaves: Option<Limit>,
    /// Changes of the microphone and the camera in calls, per user.
    pub call_media: Option<Limit>,
    /// Whether typing notifications are limited, per user and by the size of the room.
    pub typing: bool,
}

impl Default for RateLimits {
    fn default() -> Self {
        const MINUTE: Duration = Duration::from_secs(60);
        Self {
            rest: Some(Limit::new("rest", 300, MINUTE)),
            login: Some(Limit::new("login", 5, MINUTE * 15)),
            register: Some(Limit::new("register", 3, MINUTE * 60)),
            reset: Some(Limit::new("reset", 3, MINUTE * 30)),
            reset_by_address: Some(Limit::new("reset_by_address", 3, MINUTE * 60 * 24)),
            mail: Some(Limit::new("mail", 3, MINUTE * 60)),
            exports: Some(Limit::new("exports", 5, MINUTE * 60)),
            sms: Some(Limit::new("sms", 5, MINUTE * 60)),
            sms_again: Some(Limit::new("sms_again", 1, MINUTE)),
            phone_owners: Some(Limit::new("phone_owners", 3, MINUTE * 60)),
            phone_availability: Some(Limit::new("phone_availability", 10, MINUTE * 60)),
            availability: Some(Limit::new("availability", 30, MINUTE)),
            authentication: Some(Limit::new("authentication", 20, MINUTE)),
            links: Some(Limit::new("links", 60, MINUTE)),
            guests: Some(Limit::new("guests", 30, MINUTE * 10)),
            translation: Some(Limit::new("translation", 60, MINUTE)),
            page_translations: Some(Limit::new("page_translations", 200, MINUTE)),
            conversations: Some(Limit::new("conversations", 30, MINUTE)),
            events: Some(Limit::new("events", 200, Duration::from_secs(10))),
            messages: Some(Limit::new("messages", 100, Duration::from_secs(10))),
            conversation_messages: Some(Limit::new("conversation_messages", 50, Duration::from_secs(10))),
            call_starts: Some(Limit::new("call_starts", 5, MINUTE)),
            call_joins: Some(Limit::new("call_joins", 20, MINUTE)),
            call_signals: Some(Limit::new("call_signals", 100, Duration::from_secs(10))),
            call_leaves: Some(Limit::new("call_leaves", 20, MINUTE)),
            call_media: Some(Limit::new("call_media", 50, MINUTE)),
            typing: true,
        }
    }
}

impl RateLimits {
    /// No limits: for tests and benchmarks.
    pub fn off() -> Self {
        Self {
            rest: None,
            login: None,
            register: None,
            reset: None,
            reset_by_address: None,
            mail: None,
            exports: None,
            sms: None,
            sms_again: None,
            phone_owners: None,
            phone_availability: None,
            availability: None,
            authentication: None,
            links: None,
            guests: None,
            translation: None,
            page_translations: None,
            conversations: None,
            events: None,
            messages: None,
            conversation_messages: None,
            call_starts: None,
            call_joins: None,
            call_signals: None,
            call_leaves: None,
            call_media: None,
            typing: false,
        }
    }
}
