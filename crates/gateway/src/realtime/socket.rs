//! What we keep of a socket: little, since there are many.

use crate::limit::Limit;
use meeshy_domain::UserId;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// The person behind a socket.
#[derive(Debug)]
pub struct Peer {
    pub user: UserId,
    pub display_name: Box<str>,
    pace: Mutex<Pace>,
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
    pub fn new(user: UserId, display_name: &str) -> Self {
        let pace = Mutex::new(Pace { began: Instant::now(), events: 0 });
        Self { user, display_name: display_name.into(), pace }
    }

    /// Counts an event: over the limit it is refused, over twice the limit the socket has to go.
    pub fn count(&self, limit: Option<Limit>) -> Verdict {
        let Some(limit) = limit else { return Verdict::Handle };
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        if pace.began.elapsed() >= limit.window() {
            *pace = Pace { began: Instant::now(), events: 0 };
        }
        pace.events = pace.events.saturating_add(1);
        match pace.events {
            events if events <= limit.calls() => Verdict::Handle,
            events if events <= limit.calls().saturating_mul(2) => Verdict::Refuse,
            _ => Verdict::Disconnect,
        }
    }
}
