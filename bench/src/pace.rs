//! An open loop: events at a fixed rate, whether or not the server keeps up.

use std::time::{Duration, Instant};
use tokio::time::MissedTickBehavior;

/// How often the pacer checks the clock.
const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// Calls `act` `per_second` times a second for `length`, each time with the instant at which it was due. A
/// latency measured from there includes the delays of a slow generator or server.
pub async fn at_rate(per_second: u32, length: Duration, mut act: impl FnMut(Instant)) {
    let began = Instant::now();
    let mut ticks = tokio::time::interval(POLL_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut done = 0_u32;
    loop {
        let due = began + Duration::from_secs(1) * done / per_second;
        if due.duration_since(began) >= length {
            return;
        }
        if due > Instant::now() {
            ticks.tick().await;
        } else {
            act(due);
            done += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_acts_at_the_given_rate_and_never_early() {
        let mut dues = Vec::new();
        at_rate(1_000, Duration::from_millis(50), |due| {
            assert!(due <= Instant::now());
            dues.push(due);
        })
        .await;
        assert_eq!(dues.len(), 50);
        assert!(dues.is_sorted());
    }
}
