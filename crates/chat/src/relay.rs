//! Working together with other processes on the same PostgreSQL: gateways that take messages, translators that translate.
//!
//! Jobs and results are rows; what goes between the processes are hints that something is there ([`Bell`]). A hint that is
//! lost costs time and nothing else: a translator looks by itself every second, and a gateway that could not listen
//! reads what has come to an end meanwhile.

use crate::conversations::order_key;
use crate::{Chat, Event};
use meeshy_domain::{Language, MessageId};
use meeshy_store::translation_jobs::Priority;
use meeshy_store::translations::{self, Translation};
use meeshy_store::translators::{self, Translator};
use meeshy_store::{Bell, NOTE_BYTES, Ring, StoreError, Tx, messages, visibility};
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc};

/// What is rung for within this time is rung for once.
const TOGETHER: Duration = Duration::from_millis(3);
/// How often it is looked who translates.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// A translator that was not seen for so long is dead.
pub(crate) const DEAD_AFTER: Duration = Duration::from_secs(10);
/// How far behind the time of a result its commit may be.
const LOOK_BACK: Duration = Duration::from_secs(5);
/// How many translations it reads then; clients find older ones when they open the conversation.
const MAX_MISSED_TRANSLATIONS: i64 = 2_000;

/// New jobs: known to the worker here, and to the one who tells the others.
#[derive(Default)]
pub(crate) struct Jobs {
    live: Notify,
    backfill: Notify,
    elsewhere: Notify,
}

impl Jobs {
    /// There are new jobs of a kind.
    pub fn ring(&self, priority: Priority) {
        self.here(priority).notify_one();
        self.elsewhere.notify_one();
    }

    /// There are new texts for another process.
    pub fn ring_texts(&self) {
        self.elsewhere.notify_one();
    }

    /// There are new jobs, of whatever kind.
    pub fn ring_all(&self) {
        self.ring_here();
        self.elsewhere.notify_one();
    }

    fn ring_here(&self) {
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
    left_out: Mutex<Option<Instant>>,
}

impl Default for Results {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel(MAX_WAITING_RESULTS);
        Self { sender, receiver: tokio::sync::Mutex::new(receiver), left_out: Mutex::default() }
    }
}

impl Results {
    /// Never waits: a thread of the store calls it.
    pub fn add(&self, message: MessageId, language: Language) {
        if self.sender.try_send((message, language)).is_err() {
            self.left_out().get_or_insert_with(Instant::now);
        }
    }

    fn left_out(&self) -> MutexGuard<'_, Option<Instant>> {
        self.left_out.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long ago the first of those was made that were left out, if some were.
    fn take_left_out(&self) -> Option<Duration> {
        self.left_out().take().map(|since| since.elapsed())
    }
}

/// Who translates in other processes, as of a moment ago.
#[derive(Default)]
pub(crate) struct Others {
    known: RwLock<Vec<Translator>>,
}

impl Others {
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
    /// Tells other processes of jobs and results, and hears of theirs, until `stop` is ready. On a database that only
    /// this process uses there is nothing to do.
    pub async fn relay(&self, stop: impl Future<Output = ()>) {
        let Some(rings) = self.inner.store.listen() else { return };
        let relaying = async {
            tokio::join!(self.tell_of_jobs(), self.tell_of_results(), self.hear(rings), self.look_around());
        };
        tokio::select! {
            () = relaying => {}
            () = stop => {}
        }
    }

    async fn tell_of_jobs(&self) {
        loop {
            self.inner.jobs.elsewhere.notified().await;
            tokio::time::sleep(TOGETHER).await;
            self.ring(Bell::Jobs, self.inner.node.clone()).await;
        }
    }

    async fn tell_of_results(&self) {
        let mut results = self.inner.results.receiver.lock().await;
        let mut next = results.recv().await;
        while let Some((message, language)) = next {
            let mut note = format!("{}\n{message} {language}", self.inner.node);
            loop {
                next = results.try_recv().ok();
                match next {
                    Some((message, language)) if note.len() + 40 < NOTE_BYTES => {
                        note += &format!("\n{message} {language}");
                    }
                    _ => break,
                }
            }
            self.ring(Bell::Translated, note).await;
            if let Some(since) = self.inner.results.take_left_out() {
                let note = format!("{}\n{LEFT_OUT}{}", self.inner.node, since.as_secs() + 1);
                self.ring(Bell::Translated, note).await;
            }
            if next.is_none() {
                next = results.recv().await;
            }
        }
    }

    async fn ring(&self, bell: Bell, note: String) {
        if let Err(error) = self.inner.store.ring(bell, note).await {
            tracing::warn!(%error, "Other processes could not be told; they find out by themselves");
        }
    }

    async fn hear(&self, mut rings: mpsc::Receiver<Ring>) {
        let mut last_heard = Instant::now();
        while let Some(ring) = rings.recv().await {
            match ring {
                Ring::Rang(Bell::Jobs, _) => {
                    self.inner.jobs.ring_here();
                    self.inner.texts.asked.notify_one();
                }
                Ring::Rang(Bell::Texts, _) => self.inner.texts.answered.notify_waiters(),
                Ring::Rang(Bell::Translated, note) => {
                    if let Some(results) = results_of_another(&note, &self.inner.node) {
                        self.pass_on(results).await;
                    }
                    if let Some(since) = left_out_by_another(&note, &self.inner.node) {
                        self.catch_up(since).await;
                    }
                }
                Ring::Missed => {
                    self.inner.jobs.ring_here();
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
            let from = tx.now()?.minus(deaf + LOOK_BACK);
            translations::since(tx, from, MAX_MISSED_TRANSLATIONS)
        };
        let missed = self.inner.store.read(read).await;
        match missed {
            Ok(missed) => self.pass_on(missed).await,
            Err(error) => tracing::warn!(%error, "Translations that others have made could not be read"),
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
            tracing::warn!(%error, "Translations that others have made could not be read");
        }
    }

    /// Keeps in mind who translates.
    async fn look_around(&self) {
        loop {
            let read = |tx: &mut Tx<'_>| {
                let dead_before = tx.now()?.minus(DEAD_AFTER);
                let mut all = translators::list(tx)?;
                all.retain(|translator| translator.seen_at >= dead_before);
                Ok::<_, StoreError>(all)
            };
            match self.inner.store.read(read).await {
                Ok(alive) => self.inner.others.set(alive, &self.inner.node),
                Err(error) => tracing::debug!(%error, "Who translates could not be read"),
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// What a note says instead of results when there were too many, with the seconds since the first of them.
const LEFT_OUT: &str = "left out since ";

/// For how long another process has left out results, if that is what its note says; at most an hour.
fn left_out_by_another(note: &str, node: &str) -> Option<Duration> {
    let (by, rest) = note.split_once('\n')?;
    let seconds: u64 = rest.strip_prefix(LEFT_OUT)?.parse().ok()?;
    (by != node).then(|| Duration::from_secs(seconds.min(3_600)))
}

/// The results in a note, unless it is our own.
fn results_of_another(note: &str, node: &str) -> Option<Vec<(MessageId, Language)>> {
    let mut lines = note.lines();
    if lines.next()? == node {
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
    let mut events: Vec<Event> = translations::list(tx, &ids)?.into_iter().filter_map(event).collect();
    for event in &mut events {
        let Event::Translated { translation, hidden_from, .. } = event else { continue };
        *hidden_from = visibility::hidden_from(tx, translation.message_id)?;
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_and_our_own_is_not() {
        let note = "abcd\n65a0c0ffee0123456789abcd fr\nnonsense\n65a0c0ffee0123456789abcd xx";
        let results = results_of_another(note, "ef01").unwrap();
        assert_eq!(results, [("65a0c0ffee0123456789abcd".parse().unwrap(), Language::parse("fr").unwrap())]);
        assert_eq!(results_of_another(note, "abcd"), None);
        assert_eq!(results_of_another("", "abcd"), None);
        assert_eq!(left_out_by_another(note, "ef01"), None);
    }

    #[test]
    fn results_that_have_no_room_are_left_out_and_told_of() {
        let results = Results::default();
        let message = "65a0c0ffee0123456789abcd".parse().unwrap();
        let french = Language::parse("fr").unwrap();
        (0..MAX_WAITING_RESULTS).for_each(|_| results.add(message, french));
        assert_eq!(results.take_left_out(), None);
        results.add(message, french);
        assert!(results.take_left_out().is_some());
        assert_eq!(results.take_left_out(), None, "told once");

        let note = format!("abcd\n{LEFT_OUT}7");
        assert_eq!(left_out_by_another(&note, "ef01"), Some(Duration::from_secs(7)));
        assert_eq!(left_out_by_another(&note, "abcd"), None);
        assert_eq!(results_of_another(&note, "ef01"), Some(Vec::new()));
    }
}
