//! Killing programs at moments spread over their run.

use std::process::Child;
use std::time::Duration;

/// How often a test kills: `usual`, or the number in `MEESHY_KILLS`.
#[expect(clippy::disallowed_methods, reason = "how long a test runs is not for the configuration")]
pub fn kills(usual: usize) -> usize {
    std::env::var("MEESHY_KILLS").ok().and_then(|number| number.parse().ok()).unwrap_or(usual)
}

/// Kills runs of a program until enough of them were still running.
pub struct Kills {
    wanted: u32,
    killed: u32,
    rounds: u32,
    /// How long a run takes, about. Other load can make the first, measured one longer than the rest.
    duration: Duration,
}

impl Kills {
    pub fn new(usual: usize, duration: Duration) -> Self {
        Self { wanted: u32::try_from(kills(usual)).unwrap(), killed: 0, rounds: 0, duration }
    }

    /// The number of the next run, from 0.
    pub fn next_round(&mut self) -> Option<u32> {
        if self.killed == self.wanted {
            return None;
        }
        let round = self.rounds;
        assert!(round < 5 * self.wanted, "only {} of {round} runs were killed while running", self.killed);
        self.rounds += 1;
        Some(round)
    }

    /// Waits until the moment of this round, and kills.
    pub fn kill(&mut self, mut child: Child) {
        std::thread::sleep(self.duration * (self.killed + 1) / (self.wanted + 1));
        if child.try_wait().unwrap().is_some() {
            self.duration = self.duration * 3 / 4;
        } else {
            self.killed += 1;
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}
