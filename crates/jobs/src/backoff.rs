//! Delays between attempts.

use std::time::Duration;

/// A delay that grows four times longer with each failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The delay after the first attempt.
    pub first: Duration,
    /// The longest delay.
    pub longest: Duration,
}

impl Backoff {
    /// The delay after this many failed attempts.
    #[must_use]
    pub fn wait_after(self, attempts: i64) -> Duration {
        let failed_before = u32::try_from(attempts.saturating_sub(1).max(0)).unwrap_or(u32::MAX);
        self.first.saturating_mul(4_u32.saturating_pow(failed_before)).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_four_times_the_last_up_to_the_longest() {
        let backoff = Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(100) };
        let waits = [i64::MIN, 0, 1, 2, 3, 4, 5, i64::MAX].map(|n| backoff.wait_after(n).as_secs());
        assert_eq!(waits, [1, 1, 1, 4, 16, 64, 100, 100]);
    }
}
