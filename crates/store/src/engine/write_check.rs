//! Whether the database can be written, tested with a small write.
//!
//! One test runs at a time and its result is valid for a second, so frequent health checks cost nothing.

use crate::StoreError;
use crate::engine::queue::{Access, Verdict, Work};
use crate::engine::tx::{Connection, Tx};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};

/// How long a result is valid.
const FRESH: Duration = Duration::from_secs(1);
/// The size of the write: as much as the longest message, since a full disk may have room for less.
const BYTES: usize = 16 * 1_024;

/// The last result, and whether a test is running.
#[derive(Clone)]
pub(crate) struct WriteCheck {
    last: watch::Sender<Option<Outcome>>,
    is_under_way: Arc<AtomicBool>,
    number: Arc<AtomicU64>,
}

#[derive(Clone)]
struct Outcome {
    at: Instant,
    result: Result<(), StoreError>,
}

impl WriteCheck {
    pub(crate) fn new() -> Self {
        Self { last: watch::Sender::new(None), is_under_way: Arc::default(), number: Arc::default() }
    }

    /// Whether a change can be written and kept, as of the last second, with a change that goes to `writers` if need be.
    pub(crate) async fn run(&self, writers: &mpsc::Sender<Box<dyn Work>>) -> Result<(), StoreError> {
        let mut last = self.last.subscribe();
        if let Some(outcome) = &*last.borrow_and_update()
            && outcome.at.elapsed() < FRESH
        {
            return outcome.result.clone();
        }
        if !self.is_under_way.swap(true, Ordering::SeqCst) {
            let number = self.number.fetch_add(1, Ordering::Relaxed);
            let attempt = Attempt { check: self.clone(), content: filler(number), result: Ok(()) };
            if writers.try_send(Box::new(attempt)).is_err() {
                return Err(StoreError::Unavailable("more changes wait than can be written".into()));
            }
        }
        let outcome =
            last.wait_for(|outcome| outcome.as_ref().is_some_and(|known| known.at.elapsed() < FRESH)).await;
        let stopped = || StoreError::Unavailable("the store has stopped".into());
        outcome.ok().and_then(|outcome| outcome.clone()).map_or_else(|| Err(stopped()), |known| known.result)
    }
}

/// Text that does not compress.
fn filler(number: u64) -> String {
    let mut content = String::with_capacity(BYTES + 64);
    let mut block = number;
    while content.len() < BYTES {
        block = block.wrapping_add(1 << 32);
        for byte in Sha256::digest(block.to_le_bytes()) {
            content.push(char::from(b'0' + byte % 64));
        }
    }
    content
}

/// One test, in the queue of the writer.
struct Attempt {
    check: WriteCheck,
    content: String,
    result: Result<(), StoreError>,
}

impl Work for Attempt {
    fn access(&self) -> Access {
        Access::Write
    }

    fn run(&mut self, connection: &mut dyn Connection) -> Verdict {
        let written = Tx::new(connection).execute(
            "INSERT INTO write_checks (id, content) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET content = excluded.content",
            &[(&self.content).into()],
        );
        self.result = written.map(drop);
        if self.result.is_ok() { Verdict::Commit(Vec::new()) } else { Verdict::Undo }
    }

    fn finish(mut self: Box<Self>, committed: Result<(), StoreError>) {
        let result = std::mem::replace(&mut self.result, Ok(())).and(committed);
        self.check.last.send_replace(Some(Outcome { at: Instant::now(), result }));
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        // Also when the thread of the store has ended and the test never runs.
        self.check.is_under_way.store(false, Ordering::SeqCst);
    }
}
