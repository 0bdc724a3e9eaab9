//! What we keep of a socket: little, since there are many.

use super::pending::Permit;
use crate::limit::Limit;
use meeshy_chat::{Authority, Caller};
use meeshy_domain::{Language, SessionId, Timestamp, UserId};
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// Times that a socket may try to authenticate by an event.
const ATTEMPTS: u32 = 5;

/// A socket, whoever is behind it.
#[derive(Debug, Default)]
pub struct Client {
    peer: OnceLock<Peer>,
    /// `None` once somebody is known to be behind it. Boxed: most sockets have none.
    pending: Mutex<Option<Box<PendingSince>>>,
    attempts: AtomicU32,
    /// How many memberships its person had when its rooms were last compared with them, and one more; 0 before that.
    compared: AtomicI64,
    pace: Mutex<Option<Pace>>,
}

impl Client {
    /// The person behind it, once it has authenticated.
    pub fn peer(&self) -> Option<&Peer> {
        self.peer.get()
    }

    /// Notes that nobody is known to be behind it yet. It counts as pending if it has a permit.
    pub fn begin(&self, permit: Option<Permit>) {
        *self.pending() = Some(Box::new(PendingSince { since: Instant::now(), _permit: permit }));
    }

    /// Whether nobody has been behind it for so long.
    pub fn is_overdue(&self, deadline: Duration) -> bool {
        self.pending().as_ref().is_some_and(|pending| pending.since.elapsed() >= deadline)
    }

    fn pending(&self) -> MutexGuard<'_, Option<Box<PendingSince>>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes who is behind it.
    pub fn authenticated(&self, peer: Peer) -> &Peer {
        *self.pending() = None;
        self.peer.get_or_init(|| peer)
    }

    /// Whether its rooms were compared with so many memberships of its person, and these are still so many.
    pub fn is_compared(&self, memberships: i64) -> bool {
        self.compared.load(Ordering::Relaxed) == memberships + 1
    }

    /// Notes that its rooms were compared with so many memberships.
    pub fn compared(&self, memberships: i64) {
        self.compared.store(memberships + 1, Ordering::Relaxed);
    }

    /// Counts a failure to authenticate; says whether it may try again.
    pub fn failed(&self) -> bool {
        self.attempts.fetch_add(1, Ordering::Relaxed) + 1 < ATTEMPTS
    }

    /// Counts an event: over the limit it is refused, over twice the limit the socket has to go.
    pub fn count(&self, limit: Option<Limit>) -> Verdict {
        let Some(limit) = limit else { return Verdict::Handle };
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
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

#[derive(Debug)]
struct PendingSince {
    since: Instant,
    _permit: Option<Permit>,
}

/// The person behind a socket.
#[derive(Debug)]
pub struct Peer {
    pub user: UserId,
    pub display_name: Box<str>,
    pub language: Language,
    session: Option<SessionId>,
    /// In milliseconds since 1970.
    expires_at: AtomicI64,
}

#[derive(Debug)]
struct Pace {
    began: Instant,
    events: u32,
}

/// What to do with the next event of a socket.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    Handle,
    Refuse,
    /// It was told, and goes on.
    Disconnect,
}

impl Peer {
    pub fn new(caller: &Caller) -> Self {
        let user = &caller.user;
        Self {
            user: user.id,
            display_name: user.display_name.as_str().into(),
            language: user.languages.system_language,
            session: caller.session_id,
            expires_at: AtomicI64::new(caller.expires_at.millis()),
        }
    }

    /// By what right it is here.
    pub fn authority(&self) -> Authority {
        let expires_at = Timestamp::from_millis(self.expires_at.load(Ordering::Relaxed));
        Authority { user: self.user, session: self.session, expires_at }
    }

    /// A fresh token of the same session lets it stay longer.
    pub fn renew(&self, caller: &Caller) {
        if (caller.user.id, caller.session_id) == (self.user, self.session) {
            self.expires_at.fetch_max(caller.expires_at.millis(), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_refused_and_then_has_to_go() {
        let (client, limit) = (Client::default(), Limit::new("test", 2, Duration::from_secs(60)));
        let verdicts: Vec<Verdict> = (0..5).map(|_| client.count(Some(limit))).collect();
        use Verdict::{Disconnect, Handle, Refuse};
        assert_eq!(verdicts, [Handle, Handle, Refuse, Refuse, Disconnect]);
        assert_eq!(client.count(None), Handle);
    }
}
