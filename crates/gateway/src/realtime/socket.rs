//! The state of a connection and of its user: little, since there are many.

use super::own_calls::OwnCalls;
use super::pending::{Pending, Permit};
use super::waiting::Waiting;
use crate::http::limits::Limit;
use meeshy_chat::{Authority, Caller, GuestCaller};
use meeshy_domain::{ConversationId, GuestId, Language, Network, UserId};
use meeshy_socketio::Handle;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// How many times a connection may try to authenticate by an event.
const ATTEMPTS: u32 = 5;

/// Credentials in the first request of a connection. Contains secrets, so it has no `Debug`.
#[derive(Default)]
pub struct Shown {
    pub bearer: Option<Box<str>>,
    pub in_query: Option<Box<str>>,
    pub session_token: Option<Box<str>>,
}

/// A connection, with or without a user, over all its joins.
pub struct Client {
    from: Network,
    handle: Handle,
    /// The credentials of its first request. Boxed: dropped with the first join.
    shown: Mutex<Option<Box<Shown>>>,
    /// `None` once it is authenticated.
    permit: Mutex<Option<Permit>>,
    attempts: AtomicU32,
    pace: Mutex<Option<Pace>>,
}

impl Client {
    /// A connection from `from`, which counts as unauthenticated.
    pub fn new(pending: &Arc<Pending>, from: Network, handle: Handle, shown: Shown) -> Self {
        let permit = pending.admit(from, handle.clone());
        Self {
            from,
            handle,
            shown: Mutex::new(Some(Box::new(shown))),
            permit: Mutex::new(Some(permit)),
            attempts: AtomicU32::default(),
            pace: Mutex::default(),
        }
    }

    /// It joins and is unauthenticated, even if it was authenticated before. Returns the credentials of its
    /// first request, the first time.
    pub fn begin(&self, pending: &Arc<Pending>) -> Option<Box<Shown>> {
        lock(&self.permit).get_or_insert_with(|| pending.admit(self.from, self.handle.clone()));
        lock(&self.shown).take()
    }

    /// It is authenticated.
    pub fn authenticated(&self) {
        let permit = lock(&self.permit).take();
        drop(permit);
    }

    /// Counts a failed authentication; returns whether it may try again.
    pub fn failed(&self) -> bool {
        self.attempts.fetch_add(1, Ordering::Relaxed) + 1 < ATTEMPTS
    }

    /// Counts an event: over the limit it is rejected, over twice the limit the socket is disconnected.
    pub fn count(&self, limit: Option<Limit>) -> Verdict {
        let Some(limit) = limit else { return Verdict::Handle };
        let mut pace = lock(&self.pace);
        let pace = match pace.as_mut().filter(|pace| pace.began.elapsed() < limit.window()) {
            Some(pace) => pace,
            None => pace.insert(Pace { began: Instant::now(), events: 0 }),
        };
        pace.events = pace.events.saturating_add(1);
        match pace.events {
            events if events <= limit.calls() => Verdict::Handle,
            events if events <= limit.calls().saturating_mul(2) => Verdict::Refuse,
            _ => Verdict::Disconnect,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Who holds an authenticated socket.
#[derive(Debug)]
pub enum Holder {
    /// A user.
    User(Box<Peer>),
    /// A guest.
    Guest(Box<GuestPeer>),
}

/// The guest of a socket.
#[derive(Debug)]
pub struct GuestPeer {
    pub id: GuestId,
    pub display_name: Box<str>,
    pub language: Language,
    pub conversation: ConversationId,
    /// They see the messages after the one with this number.
    pub sees_after: i64,
}

impl GuestPeer {
    pub fn new(caller: &GuestCaller) -> Self {
        let guest = caller.seat.guest();
        Self {
            id: guest.id,
            display_name: guest.username.as_str().into(),
            language: guest.language,
            conversation: caller.conversation.id,
            sees_after: caller.seat.sees_after,
        }
    }

    /// Whether the guest sees the message with this number.
    pub fn sees(&self, sequence: i64) -> bool {
        sequence > self.sees_after
    }
}

/// The user of a socket.
#[derive(Debug)]
pub struct Peer {
    pub user: UserId,
    pub display_name: Box<str>,
    pub language: Language,
    /// Requests for reactions that wait.
    pub reaction_syncs: Waiting,
    /// The calls in which the socket takes part.
    pub calls: OwnCalls,
    authority: Mutex<Authority>,
    /// The state of the memberships when the rooms of the socket were last compared with them, plus one; 0
    /// before that.
    compared: AtomicI64,
}

#[derive(Debug)]
struct Pace {
    began: Instant,
    events: u32,
}

/// What to do with the next event of a connection.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    Handle,
    Refuse,
    /// It ignored the rejections.
    Disconnect,
}

impl Peer {
    pub fn new(caller: &Caller) -> Self {
        let user = &caller.user;
        Self {
            user: user.id,
            display_name: user.display_name.as_str().into(),
            language: user.languages.system_language,
            reaction_syncs: Waiting::default(),
            calls: OwnCalls::default(),
            authority: Mutex::new(Authority::of(caller)),
            compared: AtomicI64::default(),
        }
    }

    /// Whether the rooms of the socket were last compared with this state of the memberships.
    pub fn is_compared(&self, memberships: i64) -> bool {
        self.compared.load(Ordering::Relaxed) == memberships + 1
    }

    /// Records that the rooms of the socket were compared with this state of the memberships.
    pub fn compared(&self, memberships: i64) {
        self.compared.store(memberships + 1, Ordering::Relaxed);
    }

    /// The authority of the connection.
    pub fn authority(&self) -> Authority {
        self.held().clone()
    }

    /// A new token of the same session lets it stay longer.
    pub fn renew(&self, caller: &Caller) {
        let (fresh, mut held) = (Authority::of(caller), self.held());
        if (fresh.user, fresh.session) == (held.user, held.session) && fresh.expires_at >= held.expires_at {
            *held = fresh;
        }
    }

    fn held(&self) -> MutexGuard<'_, Authority> {
        self.authority.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_flood_is_refused_and_then_has_to_go() {
        let client = Client::new(
            &Arc::default(),
            Network::default(),
            meeshy_socketio::Handle::default(),
            Shown::default(),
        );
        let limit = Limit::new("test", 2, Duration::from_secs(60));
        let verdicts: Vec<Verdict> = (0..5).map(|_| client.count(Some(limit))).collect();
        use Verdict::{Disconnect, Handle, Refuse};
        assert_eq!(verdicts, [Handle, Handle, Refuse, Refuse, Disconnect]);
        assert_eq!(client.count(None), Handle);
    }
}
