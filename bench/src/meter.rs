//! The resources used by server and load generator in a window of time.

use crate::process;
use std::time::{Duration, Instant};

/// Started at the beginning of a window.
pub struct Meter {
    server: u32,
    began: Instant,
    server_cpu: Duration,
    own_cpu: Duration,
    all_cpu: Duration,
}

/// Read at its end.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    /// The length of the window.
    pub elapsed: Duration,
    /// The server's processor time.
    pub server_cpu: Duration,
    /// The share of its processor that the generator used, in percent: near 100, the generator limits the
    /// rate.
    pub generator_busy: f64,
    /// What everything else on the machine used, in percent of one processor: unless near 0, the results are
    /// worth little.
    pub others_busy: f64,
}

impl Meter {
    /// Starts a window.
    ///
    /// # Errors
    /// If the server is gone.
    pub fn start(server: u32) -> anyhow::Result<Self> {
        Ok(Self {
            server,
            began: Instant::now(),
            server_cpu: process::cpu_time(server)?,
            own_cpu: process::cpu_time(std::process::id())?,
            all_cpu: process::busy_time()?,
        })
    }

    /// Ends it.
    ///
    /// # Errors
    /// If the server is gone.
    pub fn stop(self) -> anyhow::Result<Usage> {
        let elapsed = self.began.elapsed();
        let server_cpu = process::cpu_time(self.server)?.saturating_sub(self.server_cpu);
        let own_cpu = process::cpu_time(std::process::id())?.saturating_sub(self.own_cpu);
        let all_cpu = process::busy_time()?.saturating_sub(self.all_cpu);
        let percent = |time: Duration| time.as_secs_f64() / elapsed.as_secs_f64() * 100.0;
        Ok(Usage {
            elapsed,
            server_cpu,
            generator_busy: percent(own_cpu),
            others_busy: percent(all_cpu.saturating_sub(own_cpu + server_cpu)),
        })
    }
}

impl Usage {
    /// Server processor time per item, in microseconds.
    pub fn cpu_us_per(&self, count: u64) -> f64 {
        self.server_cpu.as_secs_f64() * 1e6 / count as f64
    }

    /// Items per second.
    pub fn per_second(&self, count: u64) -> f64 {
        count as f64 / self.elapsed.as_secs_f64()
    }
}
