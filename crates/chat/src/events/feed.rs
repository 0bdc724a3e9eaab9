//! The events of all processes, in order per conversation and each once.
//!
//! Events that were announced, or are missing before an event that came, are read from the log. An
//! announcement may be lost (its process was killed between the commit and the note, or the connection was
//! lost). Therefore the numbers of followed conversations are also polled: at once after a lost connection,
//! and otherwise every second or more.

use super::Events;
use super::call_feed::{self, CallFeed};
use super::log::Stretch;
use super::task::finished;
use crate::event_bus::{Ephemeral, Event, Followed, Happened, Heard, Line, News, Subscription, decode};
use meeshy_domain::{CallId, ConversationId, Timestamp};
use meeshy_store::StoreError;
use meeshy_store::events::last;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

/// The most conversations whose logs are read together, and the most rows of each.
const CONVERSATIONS_AT_ONCE: usize = 32;
const ROWS_OF_EACH: i64 = 64;
/// The delay after a failed read.
const RETRY_PAUSE: Duration = Duration::from_millis(200);
/// How often the numbers of all followed conversations are polled, if they are few.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// For each further number of conversations like this, the interval grows by one unit.
const FOLLOWED_PER_INTERVAL: usize = 20_000;
/// Conversations whose numbers are read together.
const NUMBERS_AT_ONCE: usize = 1_024;

/// The most translations to repeat that are read at the same time; more are dropped.
const MAX_FINDING: usize = 64;

type Behind = Vec<(ConversationId, i64)>;

/// The events, in order. [`next`](Self::next) is cancel safe.
pub struct Feed {
    events: Events,
    local: mpsc::Receiver<Happened>,
    /// From other processes, if there may be any.
    subscription: Option<Box<dyn Subscription>>,
    /// Events to deliver next.
    ready: VecDeque<Happened>,
    /// The running read of some logs; on failure it returns what it was to read.
    reading: Option<JoinHandle<Result<Vec<Stretch>, Behind>>>,
    /// The running poll of numbers.
    polling: Option<JoinHandle<Polled>>,
    next_poll: Instant,
    /// Translations to repeat that are being read.
    finding: JoinSet<Option<Event>>,
    calls: CallFeed,
}

/// What a poll has found.
struct Polled {
    /// Conversations that the database has set back.
    set_back: Vec<ConversationId>,
    /// The newest numbers of calls.
    calls: Vec<(CallId, i64)>,
}

impl Events {
    /// The events from now on, of all processes, in the order of their numbers per conversation. Can be taken
    /// once.
    pub fn feed(&self) -> Option<Feed> {
        let local = self.context.delivery.take_receiver()?;
        Some(Feed::new(self.clone(), local))
    }
}

impl Feed {
    fn new(events: Events, local: mpsc::Receiver<Happened>) -> Self {
        let subscription = events.context.delivery.subscribe();
        let next_poll = Instant::now() + POLL_INTERVAL;
        let (ready, finding) = (VecDeque::new(), JoinSet::new());
        let calls = CallFeed::default();
        Self { events, local, subscription, ready, reading: None, polling: None, next_poll, finding, calls }
    }

    /// Waits for the next event; `None` when there can be no more.
    pub async fn next(&mut self) -> Option<Happened> {
        loop {
            if let Some(happened) = self.ready.pop_front() {
                return Some(happened);
            }
            self.advance().await?;
        }
    }

    /// The rest of the events that have happened so far; `None` at the end.
    pub async fn next_of_past(&mut self) -> Option<Happened> {
        loop {
            if let Some(happened) = self.ready.pop_front() {
                return Some(happened);
            }
            let is_read = self.reading.is_none() && self.followed().is_level() && self.calls.is_level();
            let is_over = self.local.is_empty() && is_read;
            if is_over {
                return None;
            }
            self.advance().await?;
        }
    }

    fn followed(&self) -> &Followed {
        self.events.followed()
    }

    /// Waits for one thing to arrive, and handles it.
    async fn advance(&mut self) -> Option<()> {
        self.read_some();
        self.calls.read_some(&self.events);
        let events = self.events.clone();
        tokio::select! {
            local = self.local.recv() => self.take(local?),
            read = finished(&mut self.reading) => match read {
                Ok(stretches) => stretches.into_iter().for_each(|stretch| self.deliver(stretch)),
                Err(behind) => self.followed().put_back(&behind),
            },
            () = events.followed().fell_behind() => {}
            found = self.calls.found() => found.into_iter().for_each(|event| self.deliver_unnumbered(event)),
            heard = heard(&mut self.subscription) => self.hear(heard),
            Some(found) = self.finding.join_next(), if !self.finding.is_empty() => {
                found.ok().flatten().into_iter().for_each(|event| self.deliver_unnumbered(event));
            }
            polled = finished(&mut self.polling) => {
                self.reload(polled.set_back);
                polled.calls.into_iter().for_each(|(call, number)| self.calls.announced(call, number));
                let intervals = 1 + self.followed().all().len() / FOLLOWED_PER_INTERVAL;
                let intervals = u32::try_from(intervals).unwrap_or(u32::MAX);
                self.next_poll = Instant::now() + POLL_INTERVAL * intervals;
            }
            () = tokio::time::sleep_until(self.next_poll), if self.subscription.is_some() && self.polling.is_none() => {
                let events = self.events.clone();
                self.polling = Some(tokio::spawn(async move {
                    let (set_back, calls) = tokio::join!(poll(&events), call_feed::poll(&events));
                    Polled { set_back, calls }
                }));
            }
        }
        Some(())
    }

    /// Handles an event of this process: delivers it unless it was already read from the log or others have
    /// to come first.
    fn take(&mut self, happened: Happened) {
        let place = happened.event.conversation().zip(happened.number);
        if place.is_none_or(|(conversation, number)| self.followed().is_next(conversation, number)) {
            self.ready.push_back(happened);
        }
    }

    /// Starts reading the logs of some conversations that are behind.
    fn read_some(&mut self) {
        if self.reading.is_some() {
            return;
        }
        let behind = self.followed().take_behind(CONVERSATIONS_AT_ONCE);
        if behind.is_empty() {
            return;
        }
        let events = self.events.clone();
        self.reading = Some(tokio::spawn(async move {
            let read = events.stretches_for_all(behind.clone(), ROWS_OF_EACH).await;
            match read {
                Ok(stretches) => Ok(stretches),
                Err(error) => {
                    tracing::warn!(%error, "failed to read the events of other processes; trying again");
                    tokio::time::sleep(RETRY_PAUSE).await;
                    Err(behind)
                }
            }
        }));
    }

    fn deliver(&mut self, stretch: Stretch) {
        let followed = self.events.followed();
        let id = stretch.conversation_id;
        let is_new = |happened: &Happened| happened.number.is_some_and(|number| followed.deliver(id, number));
        self.ready.extend(stretch.events.into_iter().filter(is_new));
        followed.read_up_to(id, stretch.last);
        if stretch.has_more {
            followed.announced(id, stretch.last + 1, false);
        }
        if stretch.is_too_old {
            let event = Event::Missed { conversation_id: id };
            self.ready.push_back(Happened { number: None, event, is_local: false });
        }
    }

    fn hear(&mut self, heard: Heard) {
        let note = match heard {
            Heard::Note(note) => note,
            Heard::Missed => return self.look(),
        };
        let events = self.events.clone();
        for line in decode(&note, &events.context.process) {
            match line {
                Line::Number { conversation, number, is_new } => {
                    events.followed().announced(conversation, number, is_new);
                    events.context.delivery.tell_waiting(News::Changed(conversation));
                }
                Line::Call { call, number } => self.calls.announced(call, number),
                Line::SessionEnded(session_id, user) => {
                    self.deliver_unnumbered(Event::SessionEnded { session_id, user });
                }
                Line::Ephemeral(Ephemeral::Typing(typing)) => self.deliver_unnumbered(Event::Typing(typing)),
                Line::Ephemeral(Ephemeral::ReadInSecret(read)) => self.deliver_unnumbered(Event::Read {
                    conversation_id: read.conversation_id,
                    user: read.user,
                    read_sequence: read.read_sequence,
                    left: read.left,
                    at: Timestamp::from_millis(read.at),
                    hidden_from: Vec::new(),
                    is_hidden: true,
                }),
                Line::Ephemeral(Ephemeral::PrivacyChanged(user)) => {
                    self.deliver_unnumbered(Event::PrivacyChanged { user });
                }
                Line::Ephemeral(Ephemeral::TranslationFound(found)) if self.finding.len() < MAX_FINDING => {
                    self.finding.spawn(self.events.clone().found(found));
                }
                Line::Ephemeral(Ephemeral::TranslationFound(_)) => {}
                Line::Ephemeral(Ephemeral::FriendRequest(change)) => {
                    self.deliver_unnumbered(Event::FriendRequest(change));
                }
                Line::Ephemeral(Ephemeral::Notifications(change)) => {
                    self.deliver_unnumbered(Event::Notifications(change));
                }
                Line::Ephemeral(Ephemeral::Notification(new)) => {
                    self.deliver_unnumbered(Event::Notification(new));
                }
                Line::Ephemeral(Ephemeral::Separated(separation)) => {
                    self.deliver_unnumbered(Event::Separated(separation));
                }
                Line::LeftOut => self.look(),
            }
        }
    }

    fn deliver_unnumbered(&mut self, event: Event) {
        self.ready.push_back(Happened { number: None, event, is_local: false });
    }

    /// Makes clients reload conversations that the database has set back.
    fn reload(&mut self, set_back: Vec<ConversationId>) {
        if !set_back.is_empty() {
            tracing::warn!(
                conversations = set_back.len(),
                "the database was set back to an earlier state; clients reload"
            );
        }
        for conversation_id in set_back {
            self.deliver_unnumbered(Event::Missed { conversation_id });
        }
    }

    /// Polls the numbers now, because notes may have been lost.
    fn look(&mut self) {
        self.next_poll = Instant::now();
        self.events.context.delivery.tell_waiting(News::Missed);
    }
}

/// Polls the newest numbers of all followed conversations. Returns those that the database has set back, as
/// after a restore or a failover that lost commits: members have seen what no longer exists.
async fn poll(events: &Events) -> Vec<ConversationId> {
    let mut set_back = Vec::new();
    let all = events.followed().all();
    for some in all.chunks(NUMBERS_AT_ONCE) {
        let ids: Vec<ConversationId> = some.iter().map(|(id, _)| *id).collect();
        match events.context.store.read(move |tx| last(tx, &ids)).await {
            Ok(numbers) => {
                // As it was before the read: what is delivered was committed earlier.
                let delivered: HashMap<ConversationId, i64> = some.iter().copied().collect();
                let followed = events.followed();
                for (id, number) in numbers {
                    if delivered.get(&id).is_some_and(|delivered| number < *delivered) {
                        followed.set_back(id, number);
                        set_back.push(id);
                    } else {
                        followed.announced(id, number, false);
                    }
                }
            }
            Err(error) => {
                let error: StoreError = error;
                tracing::warn!(%error, "failed to look up what has happened in other processes; trying again");
                break;
            }
        }
    }
    set_back
}

async fn heard(subscription: &mut Option<Box<dyn Subscription>>) -> Heard {
    match subscription {
        Some(subscription) => subscription.next().await,
        None => std::future::pending().await,
    }
}
