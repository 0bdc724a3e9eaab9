//! The events of this process and of the others, those of a conversation in the order of their numbers and each once.
//!
//! What is announced, or missing before an event that came, is read from the log. Since an announcement may be lost (its
//! process was killed between the commit and the note, or the connection that listens was cut), the numbers of the
//! conversations that are followed are also looked up, at once after such a cut and otherwise every second or more.

use super::bus::{Heard, Subscription};
use super::delivery::News;
use super::followed::Followed;
use super::note::{self, Line};
use crate::event_log::Stretch;
use crate::{Chat, Ephemeral, Event, Happened};
use meeshy_domain::ConversationId;
use meeshy_store::{StoreError, events};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// Conversations whose logs are read together, at most, and rows of each.
const CONVERSATIONS_AT_ONCE: usize = 32;
const ROWS_OF_EACH: i64 = 64;
/// The pause after a read that has failed.
const RETRY_PAUSE: Duration = Duration::from_millis(200);
/// How often the numbers of all conversations that are followed are looked up, as long as these are few.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// For each further so many of them there is one more such interval between two looks.
const FOLLOWED_PER_INTERVAL: usize = 20_000;
/// Conversations whose numbers are looked up with one read.
const NUMBERS_AT_ONCE: usize = 1_024;

type Behind = Vec<(ConversationId, i64)>;

/// What happens, in order. [`next`](Self::next) may be dropped and called again.
pub struct Feed {
    chat: Chat,
    local: mpsc::Receiver<Happened>,
    /// Of the other processes, if there may be any.
    subscription: Option<Box<dyn Subscription>>,
    /// What is to be delivered next.
    ready: VecDeque<Happened>,
    /// The read of some logs that is under way; it fails with what it was to read.
    reading: Option<JoinHandle<Result<Vec<Stretch>, Behind>>>,
    /// The look at the numbers that is under way.
    polling: Option<JoinHandle<()>>,
    next_poll: Instant,
}

impl Chat {
    /// What happens from now on, here and in other processes, the events of a conversation in the order of their numbers. Can
    /// be taken once.
    pub fn events(&self) -> Option<Feed> {
        let local = self.inner.events.take_receiver()?;
        Some(Feed::new(self.clone(), local))
    }
}

impl Feed {
    fn new(chat: Chat, local: mpsc::Receiver<Happened>) -> Self {
        let events = &chat.inner.events.0;
        let subscription = events.is_shared.then(|| events.bus.subscribe());
        let next_poll = Instant::now() + POLL_INTERVAL;
        Self { chat, local, subscription, ready: VecDeque::new(), reading: None, polling: None, next_poll }
    }

    /// What happened next; waits for it. `None` when nothing can happen any more.
    pub async fn next(&mut self) -> Option<Happened> {
        loop {
            if let Some(happened) = self.ready.pop_front() {
                return Some(happened);
            }
            self.advance().await?;
        }
    }

    /// What is left to be delivered of all that has happened so far; `None` when that is nothing.
    pub async fn next_of_past(&mut self) -> Option<Happened> {
        loop {
            if let Some(happened) = self.ready.pop_front() {
                return Some(happened);
            }
            let is_over = self.local.is_empty() && self.reading.is_none() && self.followed().is_level();
            if is_over {
                return None;
            }
            self.advance().await?;
        }
    }

    fn followed(&self) -> &Followed {
        &self.chat.inner.events.0.followed
    }

    /// Waits until one thing has come, and sees to it.
    async fn advance(&mut self) -> Option<()> {
        self.read_some();
        let events = self.chat.inner.events.clone();
        tokio::select! {
            local = self.local.recv() => self.take(local?),
            read = finished(&mut self.reading) => match read {
                Ok(stretches) => stretches.into_iter().for_each(|stretch| self.deliver(stretch)),
                Err(behind) => self.followed().put_back(&behind),
            },
            () = events.0.followed.fell_behind() => {}
            heard = heard(&mut self.subscription) => self.hear(heard),
            () = finished(&mut self.polling) => {
                let intervals = 1 + self.followed().all().len() / FOLLOWED_PER_INTERVAL;
                let intervals = u32::try_from(intervals).unwrap_or(u32::MAX);
                self.next_poll = Instant::now() + POLL_INTERVAL * intervals;
            }
            () = tokio::time::sleep_until(self.next_poll), if self.subscription.is_some() && self.polling.is_none() => {
                self.polling = Some(tokio::spawn(poll(self.chat.clone())));
            }
        }
        Some(())
    }

    /// An event of this process: to be delivered unless it was read from the log, or waits for others before it.
    fn take(&mut self, happened: Happened) {
        let place = happened.event.conversation().zip(happened.number);
        if place.is_none_or(|(conversation, number)| self.followed().is_next(conversation, number)) {
            self.ready.push_back(happened);
        }
    }

    /// Begins to read the logs of some conversations that are behind.
    fn read_some(&mut self) {
        if self.reading.is_some() {
            return;
        }
        let behind = self.followed().take_behind(CONVERSATIONS_AT_ONCE);
        if behind.is_empty() {
            return;
        }
        let chat = self.chat.clone();
        self.reading = Some(tokio::spawn(async move {
            let read = chat.stretches_for_all(behind.clone(), ROWS_OF_EACH).await;
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
        let followed = &self.chat.inner.events.0.followed;
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
        let events = self.chat.inner.events.clone();
        for line in note::decode(&note, &self.chat.inner.process) {
            match line {
                Line::Number { conversation, number, is_new } => {
                    events.0.followed.announced(conversation, number, is_new);
                    events.tell_waiting(News::Changed(conversation));
                }
                Line::SessionEnded(session_id, user) => {
                    self.deliver_unnumbered(Event::SessionEnded { session_id, user });
                }
                Line::Ephemeral(Ephemeral::Typing(typing)) => self.deliver_unnumbered(Event::Typing(typing)),
                Line::LeftOut => self.look(),
            }
        }
    }

    fn deliver_unnumbered(&mut self, event: Event) {
        self.ready.push_back(Happened { number: None, event, is_local: false });
    }

    /// Looks at the numbers now: something could not be heard.
    fn look(&mut self) {
        self.next_poll = Instant::now();
        self.chat.inner.events.tell_waiting(News::Missed);
    }
}

/// Looks up the newest numbers of all conversations that are followed.
async fn poll(chat: Chat) {
    let all = chat.inner.events.0.followed.all();
    for some in all.chunks(NUMBERS_AT_ONCE) {
        let ids = some.to_vec();
        match chat.inner.store.read(move |tx| events::last(tx, &ids)).await {
            Ok(numbers) => {
                let followed = &chat.inner.events.0.followed;
                numbers.iter().for_each(|(id, number)| followed.announced(*id, *number, false));
            }
            Err(error) => {
                let error: StoreError = error;
                tracing::warn!(%error, "failed to look up what has happened in other processes; trying again");
                return;
            }
        }
    }
}

/// What has come of a task, once it has; never if there is none. Nothing is lost when the future is dropped.
async fn finished<T>(task: &mut Option<JoinHandle<T>>) -> T {
    loop {
        let Some(running) = task else { return std::future::pending().await };
        let outcome = running.await;
        *task = None;
        match outcome {
            Ok(outcome) => return outcome,
            Err(error) => tracing::error!(%error, "a read of events panicked"),
        }
    }
}

async fn heard(subscription: &mut Option<Box<dyn Subscription>>) -> Heard {
    match subscription {
        Some(subscription) => subscription.next().await,
        None => std::future::pending().await,
    }
}
