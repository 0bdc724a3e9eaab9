//! Request bodies that must arrive at a minimum pace.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};

/// How slowly a request body may arrive: within `grace`, extended for every byte received, up to `max`
/// (like Apache's `RequestReadTimeout`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyPace {
    /// How long even a small body may take.
    pub grace: Duration,
    /// The number of bytes that extend the time by one second.
    pub bytes_per_second: u32,
    /// How long even a large body may take.
    pub max: Duration,
}

impl Default for BodyPace {
    fn default() -> Self {
        Self { grace: Duration::from_secs(20), bytes_per_second: 1024, max: Duration::from_secs(600) }
    }
}

impl BodyPace {
    /// How long a body may have taken after this many bytes.
    fn allowed(&self, received: u64) -> Duration {
        let earned = Duration::from_secs(received / u64::from(self.bytes_per_second.max(1)));
        self.grace.saturating_add(earned).min(self.max)
    }
}

/// A request body that fails when it is too slow.
pub struct PacedBody {
    body: Incoming,
    pace: BodyPace,
    received: u64,
    /// Set when the body had to be waited for: most arrive together with their head.
    waiting: Option<Waiting>,
    is_late: Arc<AtomicBool>,
}

struct Waiting {
    since: Instant,
    timer: Pin<Box<Sleep>>,
}

/// The body took too long to arrive.
#[derive(Debug)]
pub struct TooSlow;

impl fmt::Display for TooSlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body of the request took too long to arrive")
    }
}

impl std::error::Error for TooSlow {}

impl PacedBody {
    /// Sets `is_late` if the body was too slow.
    pub fn new(body: Incoming, pace: BodyPace, is_late: Arc<AtomicBool>) -> Self {
        Self { body, pace, received: 0, waiting: None, is_late }
    }
}

impl Body for PacedBody {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            if let Some(Ok(frame)) = &frame {
                self.received += frame.data_ref().map_or(0, |data| data.len() as u64);
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let allowed = self.pace.allowed(self.received);
        let waiting = self.waiting.get_or_insert_with(|| {
            let since = Instant::now();
            Waiting { since, timer: Box::pin(sleep_until(since + allowed)) }
        });
        let deadline = waiting.since + allowed;
        if waiting.timer.deadline() != deadline {
            waiting.timer.as_mut().reset(deadline);
        }
        ready!(waiting.timer.as_mut().poll(context));
        self.is_late.store(true, Ordering::Relaxed);
        Poll::Ready(Some(Err(TooSlow.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_extends_the_time_up_to_the_maximum() {
        let pace = BodyPace::default();
        assert_eq!(pace.allowed(0), Duration::from_secs(20));
        assert_eq!(pace.allowed(10 * 1024), Duration::from_secs(30));
        assert_eq!(pace.allowed(u64::MAX), Duration::from_secs(600));
    }
}
