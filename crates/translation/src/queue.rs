//! Queues of segments for the engines.
//!
//! All calls for a step of an engine share a queue, and whatever is queued is sent to the engine in portions:
//! no portion waits until it is full, and no call gets more than a portion before others have their turn.
//! Work that can wait has a separate queue, so that it never delays live work.

use crate::EngineError;
use crate::engine::{Engine, Portion, Translated};
use crate::pair::Pair;
use crate::request::Urgency;
use futures::FutureExt;
use futures::future::join_all;
use std::collections::{HashMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::Instant;

/// After this many consecutive calls that fail on their own, the engine has failed, not the texts.
const MAX_CALL_FAILURES: usize = 2;

/// The result of the segment at an index of a call.
///
/// The channel has room for one result per index, and none is sent twice.
type Reply = mpsc::Sender<(usize, Result<Translated, EngineError>)>;

/// The queues of all engines.
#[derive(Default)]
pub(crate) struct Queues {
    by_step: Mutex<HashMap<(String, Pair, Urgency), Arc<Queue>>>,
    /// By name of a server: limits its concurrent portions, over all pairs.
    places: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl Queues {
    /// Translates texts, in order. Segments that were not sent yet when the caller gives up are dropped.
    pub(crate) async fn ask(
        &self,
        engine: &Arc<dyn Engine>,
        pair: Pair,
        urgency: Urgency,
        texts: &[String],
    ) -> Vec<Result<Translated, EngineError>> {
        let (reply, mut replies) = mpsc::channel(texts.len().max(1));
        let segments = texts.iter().cloned().enumerate().collect();
        self.queue(engine, pair, urgency).add(Call { segments, reply, since: Instant::now() });
        let never = || Err(EngineError::Interrupted(format!("{} was stopped", engine.name())));
        let mut answers: Vec<_> = texts.iter().map(|_| never()).collect();
        while let Some((place, answer)) = replies.recv().await {
            answers[place] = answer;
        }
        answers
    }

    /// How long the first live call has been waiting for an engine and a pair.
    pub(crate) fn waiting_time(&self, engine: &str, pair: Pair) -> Duration {
        let queues = self.by_step.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = queues.get(&(engine.to_owned(), pair, Urgency::Live));
        let since = queue.and_then(|queue| queue.state().calls.front().map(|call| call.since));
        since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn queue(&self, engine: &Arc<dyn Engine>, pair: Pair, urgency: Urgency) -> Arc<Queue> {
        let mut queues = self.by_step.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = || {
            let (engine, portion) = (Arc::clone(engine), engine.portion(urgency));
            let places = self.places(engine.as_ref(), portion);
            Arc::new(Queue { portion, places, engine, pair, urgency, state: Mutex::default() })
        };
        Arc::clone(queues.entry((engine.name().to_owned(), pair, urgency)).or_insert_with(queue))
    }

    fn places(&self, engine: &dyn Engine, portion: Portion) -> Arc<Semaphore> {
        let places = || Arc::new(Semaphore::new(portion.at_once));
        if !engine.is_remote() {
            return places();
        }
        let mut known = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(engine.name().to_owned()).or_insert_with(places))
    }
}

/// The queue of a step.
struct Queue {
    engine: Arc<dyn Engine>,
    pair: Pair,
    urgency: Urgency,
    portion: Portion,
    places: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    calls: VecDeque<Call>,
    /// Portions that are with the engine, or wait for a permit.
    under_way: usize,
}

/// The rest of a call.
struct Call {
    segments: VecDeque<(usize, String)>,
    reply: Reply,
    since: Instant,
}

/// A call's part of a portion.
struct Share {
    places: Vec<usize>,
    texts: Vec<String>,
    reply: Reply,
}

impl Queue {
    fn add(self: Arc<Self>, call: Call) {
        let mut state = self.state();
        state.calls.push_back(call);
        if state.under_way < self.portion.at_once {
            state.under_way += 1;
            tokio::spawn(Arc::clone(&self).work());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends portions to the engine until the queue is empty. A portion is taken only when the engine has
    /// room for it: the longer it waits, the larger it gets.
    async fn work(self: Arc<Self>) {
        loop {
            let _place = self.places.acquire().await;
            let shares = {
                let mut state = self.state();
                let shares = take(&mut state.calls, self.portion.bytes);
                if shares.is_empty() {
                    state.under_way -= 1;
                    return;
                }
                shares
            };
            tokio::select! {
                () = self.send(&shares) => {}
                // Nobody waits any more; do not wait for an engine that hangs.
                _ = join_all(shares.iter().map(|share| share.reply.closed())) => {}
            }
        }
    }

    /// Sends the shares to the engine together. If that fails, each on its own: a text that crashes the
    /// engine then affects only its own call.
    async fn send(&self, shares: &[Share]) {
        let error = match self.ask(shares).await {
            Ok(answers) => return reply(shares, answers),
            Err(error) => error,
        };
        if shares.len() == 1 || matches!(error, EngineError::Broken(_)) {
            return shares.iter().for_each(|share| self.drop_rest(share, &error));
        }
        let mut failures = 0;
        for share in shares {
            if failures == MAX_CALL_FAILURES {
                self.drop_rest(share, &error);
                continue;
            }
            match self.ask(std::slice::from_ref(share)).await {
                Ok(answers) => {
                    failures = 0;
                    reply(std::slice::from_ref(share), answers);
                }
                Err(error) => {
                    failures += 1;
                    self.drop_rest(share, &error);
                }
            }
        }
    }

    async fn ask(&self, shares: &[Share]) -> Result<Vec<Translated>, EngineError> {
        let texts: Vec<String> = shares.iter().flat_map(|share| share.texts.iter().cloned()).collect();
        let asked = AssertUnwindSafe(self.engine.translate(self.pair, &texts, self.urgency)).catch_unwind();
        let name = self.engine.name();
        let stopped = || Err(EngineError::Interrupted(format!("{name} failed on a text")));
        let answers = asked.await.unwrap_or_else(|_| stopped())?;
        let (asked, came) = (texts.len(), answers.len());
        if asked != came {
            return Err(EngineError::Unusable(format!("{name} returned {came} of {asked} segments")));
        }
        Ok(answers)
    }

    /// The rest of a call is not tried if a part of it failed: each portion could take as long as the
    /// engine's time-out.
    fn drop_rest(&self, share: &Share, error: &EngineError) {
        let mut places = share.places.clone();
        self.state().calls.retain(|call| {
            let goes_on = !call.reply.same_channel(&share.reply);
            if !goes_on {
                places.extend(call.segments.iter().map(|(place, _)| place));
            }
            goes_on
        });
        for place in places {
            // The caller may be gone, here and below.
            let _ = share.reply.try_send((place, Err(error.clone())));
        }
    }
}

/// Sends each call its part of the answers.
fn reply(shares: &[Share], answers: Vec<Translated>) {
    let places = shares.iter().flat_map(|share| share.places.iter().map(move |place| (place, &share.reply)));
    for ((place, reply), answer) in places.zip(answers) {
        let _ = reply.try_send((*place, Ok(answer)));
    }
}

/// Takes up to `bytes` of the queue, and at least one segment. The rest of a call moves to the end of the
/// queue.
fn take(calls: &mut VecDeque<Call>, bytes: usize) -> Vec<Share> {
    let (mut shares, mut size) = (Vec::new(), 0);
    while let Some(mut call) = calls.pop_front() {
        if call.reply.is_closed() {
            continue;
        }
        let mut share = Share { places: Vec::new(), texts: Vec::new(), reply: call.reply.clone() };
        let fits = |size: usize, text: &String| size == 0 || size + text.len() <= bytes;
        while let Some((place, text)) = call.segments.pop_front_if(|(_, text)| fits(size, text)) {
            size += text.len();
            share.places.push(place);
            share.texts.push(text);
        }
        if !share.places.is_empty() {
            shares.push(share);
        }
        if !call.segments.is_empty() {
            calls.push_back(call);
            break;
        }
    }
    shares
}
