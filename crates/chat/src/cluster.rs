//! Working together with other processes on the same PostgreSQL: gateways that take messages, translators that translate.
//!
//! Jobs and results are rows; what goes between the processes are hints that something is there ([`Channel`]). A hint that is
//! lost costs time and nothing else: a translator looks by itself every second, and a gateway that could not listen
//! reads what has come to an end meanwhile.

use crate::conversations::order_key;
use crate::{Chat, Event};
use meeshy_domain::{Language, MessageId};
use meeshy_store::translation_jobs::Priority;
use meeshy_store::translations::{self, Translation};
use meeshy_store::translators::{self, Translator};
use meeshy_store::{Channel, MAX_NOTICE_BYTES, Notice, StoreError, Tx, messages, visibility};
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc};

/// Notifications of jobs within this time are sent as one.
const COALESCE_WINDOW: Duration = Duration::from_millis(3);
/// How often the list of living translators is read.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// A translator without a heartbeat for this long is dead.
pub(crate) const TRANSLATOR_TIMEOUT: Duration = Duration::from_secs(10);
/// How far behind the time of a result its commit may be.
const LOOKBACK: Duration = Duration::from_secs(5);
/// How many translations it reads then; clients find older ones when they open the conversation.
const MAX_MISSED_TRANSLATIONS: i64 = 2_000;

/// New jobs: known to the worker here, and to the one who tells the others.
#[derive(Default)]
pub(crate) struct Jobs {
    live: Notify,
    backfill: Notify,
    remote: Notify,
}

impl Jobs {
    /// There are new jobs of a kind.
    pub fn notify(&self, priority: Priority) {
        self.here(priority).notify_one();
        self.remote.notify_one();
    }

    /// There are new texts for another process.
    pub fn notify_texts(&self) {
        self.remote.notify_one();
    }

    /// There are new jobs, of whatever kind.
    pub fn notify_all(&self) {
        self.notify_local();
        self.remote.notify_one();
    }

    fn notify_local(&self) {
        self.live.notify_one();
        self.backfill.notify_one();
    }

    /// Wakes the worker here.
    pub fn here(&self, priority: Priority) -> &Notify {
        match priority {
            Priority::Live => &self.live,
            Priority::Backfill => &self.backfill,
        }
    }
}

/// Results that may wait to be told. Of more the others find the newest in the database.
const MAX_WAITING_RESULTS: usize = 8_192;

/// Translations that were made here and that the others are to hear of.
pub(crate) struct Results {
    sender: mpsc::Sender<(MessageId, Language)>,
    receiver: tokio::sync::Mutex<mpsc::Receiver<(MessageId, Language)>>,
    /// Since when some were left out.
    dropped: Mutex<Option<Instant>>,
}

impl Default for Results {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel(MAX_WAITING_RESULTS);
        Self { sender, receiver: tokio::sync::Mutex::new(receiver), dropped: Mutex::default() }
    }
}

impl Results {
    /// Never waits: a thread of the store calls it.
    pub fn add(&self, message: MessageId, language: Language) {
        if self.sender.try_send((message, language)).is_err() {
            self.dropped().get_or_insert_with(Instant::now);
        }
    }

    fn dropped(&self) -> MutexGuard<'_, Option<Instant>> {
        self.dropped.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long ago the first of those was made that were left out, if some were.
    fn take_dropped(&self) -> Option<Duration> {
        self.dropped().take().map(|since| since.elapsed())
    }
}

/// Who translates in other processes, as of a moment ago.
#[derive(Default)]
pub(crate) struct Translators {
    known: RwLock<Vec<Translator>>,
}

impl Translators {
    /// Whether one of them serves this pair.
    pub fn serve(&self, from: Language, to: Language) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.iter().flat_map(|other| &other.pairs).any(|pair| (pair.from, pair.to) == (from, to))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.known.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The pairs that they serve and `serves` does not.
    pub fn pairs_but(&self, serves: impl Fn(Language, Language) -> bool) -> Vec<(Language, Language)> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let pairs: HashSet<_> =
            known.iter().flat_map(|other| &other.pairs).map(|pair| (pair.from, pair.to)).collect();
        pairs.into_iter().filter(|&(from, to)| !serves(from, to)).collect()
    }

    fn set(&self, all: Vec<Translator>, own_id: &str) {
        let others = all.into_iter().filter(|translator| translator.id != own_id).collect();
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = others;
    }
}

impl Chat {
    /// Exchanges notifications of jobs and results with other processes until `stop` is ready. On a database that only
    /// this process uses there is nothing to do.
    pub async fn run_cluster(&self, stop: impl Future<Output = ()>) {
        let Some(notices) = self.inner.store.listen() else { return };
        let relaying = async {
            tokio::join!(
                self.announce_jobs(),
                self.announce_results(),
                self.receive(notices),
                self.watch_translators()
            );
        };
        tokio::select! {
            () = relaying => {}
            () = stop => {}
        }
    }

    async fn announce_jobs(&self) {
        loop {
            self.inner.jobs.remote.notified().await;
            tokio::time::sleep(COALESCE_WINDOW).await;
            self.notify(Channel::Jobs, self.inner.process.clone()).await;
        }
    }

    async fn announce_results(&self) {
        let mut results = self.inner.results.receiver.lock().await;
        let mut next = results.recv().await;
        while let Some((message, language)) = next {
            let mut payload = format!("{}\n{message} {language}", self.inner.process);
            loop {
                next = results.try_recv().ok();
                match next {
                    Some((message, language)) if payload.len() + 40 < MAX_NOTICE_BYTES => {
                        payload += &format!("\n{message} {language}");
                    }
                    _ => break,
                }
            }
            self.notify(Channel::Translated, payload).await;
            if let Some(since) = self.inner.results.take_dropped() {
                let payload = format!("{}\n{DROPPED_SINCE}{}", self.inner.process, since.as_secs() + 1);
                self.notify(Channel::Translated, payload).await;
            }
            if next.is_none() {
                next = results.recv().await;
            }
        }
    }

    async fn notify(&self, channel: Channel, payload: String) {
        if let Err(error) = self.inner.store.notify(channel, payload).await {
            tracing::warn!(%error, "Failed to notify other processes; they will find out by polling");
        }
    }

    async fn receive(&self, mut notices: mpsc::Receiver<Notice>) {
        let mut last_heard = Instant::now();
        while let Some(notice) = notices.recv().await {
            match notice {
                Notice::Received(Channel::Jobs, _) => {
                    self.inner.jobs.notify_local();
                    self.inner.texts.asked.notify_one();
                }
                Notice::Received(Channel::Texts, _) => self.inner.texts.answered.notify_waiters(),
                Notice::Received(Channel::Translated, payload) => {
                    if let Some(results) = results_of_another(&payload, &self.inner.process) {
                        self.pass_on(results).await;
                    }
                    if let Some(since) = dropped_by_another(&payload, &self.inner.process) {
                        self.catch_up(since).await;
                    }
                }
                Notice::Received(Channel::Presence, payload) => self.presence_changed(&payload).await,
                Notice::Missed => {
                    self.inner.jobs.notify_local();
                    self.catch_up(last_heard.elapsed()).await;
                }
            }
            last_heard = Instant::now();
        }
    }

    /// Passes on what came to an end while nothing could be heard. What was passed on before does no harm: clients know
    /// a translation by its id.
    async fn catch_up(&self, deaf: Duration) {
        let read = move |tx: &mut Tx<'_>| {
            let from = tx.now()?.minus(deaf + LOOKBACK);
            translations::since(tx, from, MAX_MISSED_TRANSLATIONS)
        };
        let missed = self.inner.store.read(read).await;
        match missed {
            Ok(missed) => self.pass_on(missed).await,
            Err(error) => tracing::warn!(%error, "Failed to read translations made by other processes"),
        }
    }

    /// Puts translations that another process has made on the bus here.
    async fn pass_on(&self, results: Vec<(MessageId, Language)>) {
        if results.is_empty() || !self.inner.bus.is_heard() {
            return;
        }
        let chat = self.clone();
        let publish = move |tx: &mut Tx<'_>| {
            for event in translated(tx, &results)? {
                let (bus, Event::Translated { conversation_id, .. }) = (chat.inner.bus.clone(), &event)
                else {
                    continue;
                };
                tx.after_commit(order_key(*conversation_id), move || bus.publish(event));
            }
            Ok::<_, StoreError>(())
        };
        // A write, in which no text changes: an edit would overtake the translations of the text before it.
        if let Err(error) = self.inner.store.write_retrying(publish).await {
            tracing::warn!(%error, "Failed to read translations made by other processes");
        }
    }

    /// Keeps the list of living translators.
    async fn watch_translators(&self) {
        loop {
            let read = |tx: &mut Tx<'_>| {
                let dead_before = tx.now()?.minus(TRANSLATOR_TIMEOUT);
                let mut all = translators::list(tx)?;
                all.retain(|translator| translator.seen_at >= dead_before);
                Ok::<_, StoreError>(all)
            };
            match self.inner.store.read(read).await {
                Ok(alive) => self.inner.translators.set(alive, &self.inner.process),
                Err(error) => tracing::debug!(%error, "Failed to read the list of translators"),
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
}

/// What a payload says instead of results when there were too many, with the seconds since the first of them.
const DROPPED_SINCE: &str = "dropped since ";

/// For how long another process has left out results, if that is what its payload says; at most an hour.
fn dropped_by_another(payload: &str, process: &str) -> Option<Duration> {
    let (by, rest) = payload.split_once('\n')?;
    let seconds: u64 = rest.strip_prefix(DROPPED_SINCE)?.parse().ok()?;
    (by != process).then(|| Duration::from_secs(seconds.min(3_600)))
}

/// The results in a payload, unless it is our own.
fn results_of_another(payload: &str, process: &str) -> Option<Vec<(MessageId, Language)>> {
    let mut lines = payload.lines();
    if lines.next()? == process {
        return None;
    }
    let result = |line: &str| {
        let (message, language) = line.split_once(' ')?;
        Some((message.parse().ok()?, Language::parse(language).ok()?))
    };
    Some(lines.filter_map(result).collect())
}

fn translated(tx: &mut Tx<'_>, results: &[(MessageId, Language)]) -> Result<Vec<Event>, StoreError> {
    let wanted: HashSet<&(MessageId, Language)> = results.iter().collect();
    let mut ids: Vec<MessageId> = results.iter().map(|(id, _)| *id).collect();
    ids.sort_unstable();
    ids.dedup();
    let sources: std::collections::HashMap<_, _> =
        messages::hold_all(tx, &ids)?.into_iter().map(|message| (message.id, message)).collect();
    let event = |translation: Translation| {
        let source = sources.get(&translation.message_id)?;
        let is_wanted = wanted.contains(&(translation.message_id, translation.language));
        (is_wanted && translation.revision == source.revision).then_some(Event::Translated {
            conversation_id: source.conversation_id,
            source_language: source.original_language,
            translation,
            hidden_from: Vec::new(),
        })
    };
    let mut events: Vec<Event> = tx.fetch(translations::list(&ids))?.into_iter().filter_map(event).collect();
    for event in &mut events {
        let Event::Translated { translation, hidden_from, .. } = event else { continue };
        *hidden_from = tx.fetch(visibility::hidden_from(translation.message_id))?;
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_and_our_own_is_not() {
        let payload = "abcd\n65a0c0ffee0123456789abcd fr\nnonsense\n65a0c0ffee0123456789abcd xx";
        let results = results_of_another(payload, "ef01").unwrap();
        assert_eq!(results, [("65a0c0ffee0123456789abcd".parse().unwrap(), Language::parse("fr").unwrap())]);
        assert_eq!(results_of_another(payload, "abcd"), None);
        assert_eq!(results_of_another("", "abcd"), None);
        assert_eq!(dropped_by_another(payload, "ef01"), None);
    }

    #[test]
    fn results_that_have_no_room_are_left_out_and_told_of() {
        let results = Results::default();
        let message = "65a0c0ffee0123456789abcd".parse().unwrap();
        let french = Language::parse("fr").unwrap();
        (0..MAX_WAITING_RESULTS).for_each(|_| results.add(message, french));
        assert_eq!(results.take_dropped(), None);
        results.add(message, french);
        assert!(results.take_dropped().is_some());
        assert_eq!(results.take_dropped(), None, "told once");

        let payload = format!("abcd\n{DROPPED_SINCE}7");
        assert_eq!(dropped_by_another(&payload, "ef01"), Some(Duration::from_secs(7)));
        assert_eq!(dropped_by_another(&payload, "abcd"), None);
        assert_eq!(results_of_another(&payload, "ef01"), Some(Vec::new()));
    }
}
