//! Looking again at a folder that could not be read: soon at first, then less often. Until then, what was known of it holds.

use std::fmt::Display;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How soon to look again at first; twice as long after each further failure.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait.
const MAX_WAIT: Duration = Duration::from_secs(60);
/// A folder that was there and has been missing for so long has been removed on purpose. An upgrade takes less.
const REMOVE_AFTER: Duration = Duration::from_secs(60);

/// How the last looks at a folder went.
#[derive(Debug, Default)]
pub(crate) struct Look {
    failing: Mutex<Option<Failing>>,
}

#[derive(Debug, Clone, Copy)]
struct Failing {
    since: Instant,
    again: Instant,
    wait: Duration,
}

impl Look {
    /// Notes how a look at a folder went; the first failure of a row is logged, and the end of the row.
    pub(crate) fn note(&self, folder: &std::path::Path, problem: Option<&dyn Display>) {
        let now = Instant::now();
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        let path = folder.display();
        *failing = match (*failing, problem) {
            (None, None) => None,
            (Some(_), None) => {
                tracing::info!(%path, "a folder of the translator can be read again");
                None
            }
            (None, Some(problem)) => {
                tracing::warn!(%path, %problem, "cannot read a folder of the translator; what was read before is used");
                Some(Failing { since: now, again: now + FIRST_WAIT, wait: FIRST_WAIT })
            }
            (Some(known), Some(_)) if known.again > now => Some(known),
            (Some(known), Some(_)) => {
                let wait = (known.wait * 2).min(MAX_WAIT);
                Some(Failing { again: now + wait, wait, ..known })
            }
        };
    }

    /// When to look again, if the last look failed.
    pub(crate) fn again_at(&self) -> Option<Instant> {
        self.failing().map(|failing| failing.again)
    }

    /// Whether a folder that is missing was removed on purpose.
    pub(crate) fn is_gone(&self) -> bool {
        self.failing().is_some_and(|failing| failing.since.elapsed() >= REMOVE_AFTER)
    }

    fn failing(&self) -> Option<Failing> {
        *self.failing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[tokio::test(start_paused = true)]
    async fn waits_grow_until_a_look_succeeds() {
        let (look, folder) = (Look::default(), Path::new("/modes"));
        assert_eq!(look.again_at(), None);
        let mut waits = Vec::new();
        for _ in 0..8 {
            look.note(folder, Some(&"too many open files"));
            let again = look.again_at().unwrap();
            waits.push((again - Instant::now()).as_secs());
            // A look in between changes nothing.
            look.note(folder, Some(&"too many open files"));
            assert_eq!(look.again_at(), Some(again));
            tokio::time::advance(again - Instant::now()).await;
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert!(look.is_gone());
        look.note(folder, None);
        assert!(look.again_at().is_none() && !look.is_gone());
    }
}
