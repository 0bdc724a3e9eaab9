//! The events of calls at other gateways, in order per call and each once.
//!
//! They are rows ([`call_events`]). Whoever adds one announces its number, and the numbers of the last seconds are also
//! polled, because an announcement may be lost.

use super::Events;
use super::task::finished;
use crate::event_bus::Event;
use meeshy_domain::CallId;
use meeshy_store::call_events::{self, CallEventRow};
use meeshy_store::{StoreError, Tx};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// The most calls whose events are read together, and the most events of each.
const CALLS_AT_ONCE: usize = 32;
const EVENTS_OF_EACH: i64 = 64;
/// The most calls whose progress is remembered; others are found by a later poll.
const MAX_CALLS: usize = 65_536;
/// How long the progress in a call without further events is remembered: longer than its events are kept.
const REMEMBERED: Duration = Duration::from_secs(180);
/// How far back the numbers are polled, and how many.
const POLLED: Duration = Duration::from_secs(30);
const POLLED_NUMBERS: i64 = 1_024;
/// The delay after a failed read.
const RETRY_PAUSE: Duration = Duration::from_millis(200);

/// The calls of which a gateway has heard.
#[derive(Default)]
pub(super) struct CallFeed {
    known: HashMap<CallId, Progress>,
    /// Calls with events to read.
    behind: HashSet<CallId>,
    reading: Option<JoinHandle<Read>>,
}

struct Progress {
    /// Everything up to this number was delivered.
    delivered: i64,
    /// The newest known number.
    newest: i64,
    announced_at: Instant,
}

/// What was to be read, each call with the delivered and the newest number; and the rows, unless the read failed.
type Read = (Vec<(CallId, i64, i64)>, Option<Vec<Vec<CallEventRow>>>);

impl CallFeed {
    /// Another gateway has announced a number of a call, or it was polled.
    pub fn announced(&mut self, call: CallId, number: i64) {
        let now = Instant::now();
        if self.known.len() >= MAX_CALLS {
            self.forget_old(now);
        }
        if self.known.len() >= MAX_CALLS && !self.known.contains_key(&call) {
            return;
        }
        let fresh = Progress { delivered: 0, newest: 0, announced_at: now };
        let progress = self.known.entry(call).or_insert(fresh);
        if number > progress.newest {
            (progress.newest, progress.announced_at) = (number, now);
            self.behind.insert(call);
        }
    }

    fn forget_old(&mut self, now: Instant) {
        self.known.retain(|_, progress| now.duration_since(progress.announced_at) < REMEMBERED);
        self.behind.retain(|call| self.known.contains_key(call));
    }

    /// Whether there is nothing to read.
    pub fn is_level(&self) -> bool {
        self.behind.is_empty() && self.reading.is_none()
    }

    /// Starts reading the events of some calls.
    pub fn read_some(&mut self, events: &Events) {
        if self.reading.is_some() || self.behind.is_empty() {
            return;
        }
        self.forget_old(Instant::now());
        let some: Vec<CallId> = self.behind.iter().take(CALLS_AT_ONCE).copied().collect();
        let mut asked = Vec::new();
        for call in some {
            self.behind.remove(&call);
            asked.extend(self.known.get(&call).map(|known| (call, known.delivered, known.newest)));
        }
        let context = Arc::clone(&events.context);
        self.reading = Some(tokio::spawn(async move {
            let (calls, process) = (asked.clone(), context.process.clone());
            let read = move |tx: &mut Tx<'_>| {
                let after = |(call, delivered, _): &(CallId, i64, i64)| {
                    call_events::after(*call, *delivered, &process, EVENTS_OF_EACH)
                };
                tx.fetch(calls.iter().map(after).collect::<Vec<_>>())
            };
            let rows: Result<_, StoreError> = context.store.read(read).await;
            if let Err(error) = &rows {
                tracing::warn!(%error, "failed to read the events of calls at other gateways; trying again");
                tokio::time::sleep(RETRY_PAUSE).await;
            }
            (asked, rows.ok())
        }));
    }

    /// The events that the running read has found. Cancel safe.
    pub async fn found(&mut self) -> Vec<Event> {
        let (asked, rows) = finished(&mut self.reading).await;
        let Some(rows) = rows else {
            self.behind.extend(asked.into_iter().map(|(call, ..)| call));
            return Vec::new();
        };
        let mut found = Vec::new();
        for ((call, _, newest), rows) in asked.into_iter().zip(rows) {
            let Some(progress) = self.known.get_mut(&call) else { continue };
            let is_full = i64::try_from(rows.len()).is_ok_and(|rows| rows >= EVENTS_OF_EACH);
            for row in rows {
                if row.number <= progress.delivered {
                    continue;
                }
                progress.delivered = row.number;
                // One of a newer version of the program cannot be read.
                if let Ok(event) = serde_json::from_str(&row.payload) {
                    found.push(Event::Call { number: row.number, event: Arc::new(event) });
                }
            }
            if is_full {
                self.behind.insert(call);
            } else {
                // The rest happened here.
                progress.delivered = progress.delivered.max(newest);
            }
        }
        found
    }
}

/// The newest events of the last seconds at other gateways: each call with a number.
pub(super) async fn poll(events: &Events) -> Vec<(CallId, i64)> {
    let process = events.context.process.clone();
    let read = move |tx: &mut Tx<'_>| {
        let since = tx.now()?.minus(POLLED);
        tx.fetch(call_events::newest_since(since, &process, POLLED_NUMBERS))
    };
    let polled: Result<_, StoreError> = events.context.store.read(read).await;
    polled.unwrap_or_else(|error| {
        tracing::warn!(%error, "failed to look up the events of calls at other gateways; trying again");
        Vec::new()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(number: usize) -> CallId {
        format!("{number:024x}").parse().unwrap()
    }

    #[test]
    fn an_announced_number_is_read_once() {
        let mut feed = CallFeed::default();
        feed.announced(call(1), 3);
        feed.announced(call(1), 2);
        assert_eq!(feed.behind.len(), 1);
        feed.behind.clear();
        feed.announced(call(1), 3);
        assert!(feed.is_level(), "it is known");
        feed.announced(call(1), 4);
        assert!(!feed.is_level());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_remembered_is_bounded() {
        let mut feed = CallFeed::default();
        for number in 0..=MAX_CALLS {
            feed.announced(call(number), 1);
        }
        assert_eq!(feed.known.len(), MAX_CALLS);
        tokio::time::advance(REMEMBERED).await;
        feed.announced(call(MAX_CALLS), 1);
        assert_eq!((feed.known.len(), feed.behind.len()), (1, 1));
    }
}
