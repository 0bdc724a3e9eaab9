//! What waits for the engines.
//!
//! All calls for a step of an engine wait in one queue, and whatever waits goes to the engine in portions: no portion waits
//! until it is full, and no call has more than a portion before others have their turn. What can wait has a queue of its
//! own, so that nobody who waits is behind it.

use crate::EngineError;
use crate::engine::{Engine, Pair, Portion, Translated};
use crate::request::Urgency;
use futures::FutureExt;
use futures::future::join_all;
use std::collections::{HashMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, mpsc};

/// When so many calls in a row fail by themselves, the engine fails, and not for what they ask.
const FAILURES: usize = 2;

/// What came of the segment at a place of a call.
///
/// There is room for one answer for each place, and none is answered twice.
type Reply = mpsc::Sender<(usize, Result<Translated, EngineError>)>;

/// The queues of all engines.
#[derive(Default)]
pub(crate) struct Queues {
    by_step: Mutex<HashMap<(String, Pair, Urgency), Arc<Queue>>>,
    /// Of servers, by name: one takes so many portions at the same time, of whatever pairs.
    places: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl Queues {
    /// One answer for each text, in order. What was not asked yet when the caller gives up is not asked any more.
    pub(crate) async fn ask(
        &self,
        engine: &Arc<dyn Engine>,
        pair: Pair,
        urgency: Urgency,
        texts: &[String],
    ) -> Vec<Result<Translated, EngineError>> {
        let (reply, mut replies) = mpsc::channel(texts.len().max(1));
        let segments = texts.iter().cloned().enumerate().collect();
        self.queue(engine, pair, urgency).add(Call { segments, reply });
        let never = || Err(EngineError::Interrupted(format!("{} was stopped", engine.name())));
        let mut answers: Vec<_> = texts.iter().map(|_| never()).collect();
        while let Some((place, answer)) = replies.recv().await {
            answers[place] = answer;
        }
        answers
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

/// What waits for one step.
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
    /// Portions that are with the engine, or wait for room.
    under_way: usize,
}

/// What is left of a call.
struct Call {
    segments: VecDeque<(usize, String)>,
    reply: Reply,
}

/// What a call has in a portion.
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

    /// Hands portions to the engine until nothing waits. A portion is taken when the engine has room for it, and no earlier:
    /// the longer one waits, the more there is in it.
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
                () = self.hand_over(&shares) => {}
                // Nobody waits any more; an engine that hangs is not waited for.
                _ = join_all(shares.iter().map(|share| share.reply.closed())) => {}
            }
        }
    }

    /// Asks the engine for the shares together. If that fails, each by itself: a text that stops the engine is the trouble of
    /// one call only.
    async fn hand_over(&self, shares: &[Share]) {
        let error = match self.ask(shares).await {
            Ok(answers) => return give(shares, answers),
            Err(error) => error,
        };
        if shares.len() == 1 || matches!(error, EngineError::Broken(_)) {
            return shares.iter().for_each(|share| self.give_up(share, &error));
        }
        let mut failures = 0;
        for share in shares {
            if failures == FAILURES {
                self.give_up(share, &error);
                continue;
            }
            match self.ask(std::slice::from_ref(share)).await {
                Ok(answers) => {
                    failures = 0;
                    give(std::slice::from_ref(share), answers);
                }
                Err(error) => {
                    failures += 1;
                    self.give_up(share, &error);
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
            return Err(EngineError::Unusable(format!("{name} answered {came} of {asked} segments")));
        }
        Ok(answers)
    }

    /// The rest of a call is not tried where a part of it failed: each portion could take as long as an engine may hang.
    fn give_up(&self, share: &Share, error: &EngineError) {
        let mut places = share.places.clone();
        self.state().calls.retain(|call| {
            let goes_on = !call.reply.same_channel(&share.reply);
            if !goes_on {
                places.extend(call.segments.iter().map(|(place, _)| place));
            }
            goes_on
        });
        for place in places {
            // Whoever asked may have gone, here and below.
            let _ = share.reply.try_send((place, Err(error.clone())));
        }
    }
}

/// Gives each call its part of the answers to all of them.
fn give(shares: &[Share], answers: Vec<Translated>) {
    let places = shares.iter().flat_map(|share| share.places.iter().map(move |place| (place, &share.reply)));
    for ((place, reply), answer) in places.zip(answers) {
        let _ = reply.try_send((*place, Ok(answer)));
    }
}

/// Takes up to `bytes` of what waits, and at least one segment. A call of which something is left goes behind the others.
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
