//! What we keep of a socket: little, since there are many.

use crate::limit::Limit;
use meeshy_domain::{Language, UserId};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::oneshot;

/// The person behind a socket.
#[derive(Debug)]
pub struct Peer {
    pub user: UserId,
    pub display_name: Box<str>,
    pub language: Language,
    pace: Mutex<Pace>,
    /// The end of the line of messages.
    last: Mutex<Option<oneshot::Receiver<()>>>,
    gone: AtomicBool,
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
    pub fn new(user: UserId, display_name: &str, language: Language) -> Self {
        Self {
            user,
            display_name: display_name.into(),
            language,
            pace: Mutex::new(Pace { began: Instant::now(), events: 0 }),
            last: Mutex::new(None),
            gone: AtomicBool::new(false),
        }
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

    /// Takes the next place in the line of this socket's messages.
    pub fn line_up(&self) -> Turn {
        let (done, next) = oneshot::channel();
        let before = self.last.lock().unwrap_or_else(PoisonError::into_inner).replace(next);
        Turn { before, _done: done }
    }

    /// Notes that the socket is gone; says whether this is the first to notice.
    pub fn leave(&self) -> bool {
        !self.gone.swap(true, Ordering::SeqCst)
    }
}

/// A place in a line; whoever holds it gives way when it is dropped.
#[derive(Debug)]
pub struct Turn {
    before: Option<oneshot::Receiver<()>>,
    _done: oneshot::Sender<()>,
}

impl Turn {
    /// Waits until those in front are done.
    pub async fn comes(&mut self) {
        if let Some(before) = self.before.take() {
            // Nothing is ever sent: the sender is dropped.
            let _ = before.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::sync::mpsc;

    fn peer() -> Peer {
        let user = "65a0c0ffee0123456789abcd".parse().unwrap();
        Peer::new(user, "Léa", Language::parse("fr").unwrap())
    }

    #[test]
    fn a_flood_is_refused_and_then_has_to_go() {
        let (peer, limit) = (peer(), Limit::new("test", 2, Duration::from_secs(60)));
        let verdicts: Vec<Verdict> = (0..5).map(|_| peer.count(Some(limit))).collect();
        use Verdict::{Disconnect, Handle, Refuse};
        assert_eq!(verdicts, [Handle, Handle, Refuse, Refuse, Disconnect]);
        assert_eq!(peer.count(None), Handle);
    }

    #[tokio::test]
    async fn the_line_keeps_its_order_whoever_is_ready_first() {
        let (peer, (out, mut done)) = (peer(), mpsc::unbounded_channel());
        let turns: Vec<Turn> = (0..10).map(|_| peer.line_up()).collect();
        for (place, mut turn) in turns.into_iter().enumerate().rev() {
            let out = out.clone();
            tokio::spawn(async move {
                turn.comes().await;
                out.send(place).unwrap();
            });
        }
        for place in 0..10 {
            assert_eq!(done.recv().await, Some(place));
        }
    }

    #[test]
    fn one_leaves_once() {
        let peer = peer();
        assert!(peer.leave());
        assert!(!peer.leave());
    }
}
