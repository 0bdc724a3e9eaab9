//! Latencies of a measurement window.

use hdrhistogram::Histogram;
use std::time::Duration;

/// A histogram of latencies, to three digits, from a microsecond to a minute.
pub struct Latencies(Histogram<u64>);

const MAX_US: u64 = 60_000_000;

impl Latencies {
    /// An empty histogram.
    ///
    /// # Errors
    /// Never with these bounds.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self(Histogram::new_with_bounds(1, MAX_US, 3)?))
    }

    /// Records a latency; those longer than a minute count as a minute.
    pub fn record(&mut self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(MAX_US);
        self.0.saturating_record(micros.max(1));
    }

    /// The quantile `share` (0 to 1), in milliseconds.
    pub fn quantile_ms(&self, share: f64) -> f64 {
        self.0.value_at_quantile(share) as f64 / 1000.0
    }

    /// Removes all records.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_in_milliseconds() {
        let mut latencies = Latencies::new().unwrap();
        for millis in 1..=100 {
            latencies.record(Duration::from_millis(millis));
        }
        let close = |value: f64, expected: f64| (value - expected).abs() < expected * 0.002;
        assert!(close(latencies.quantile_ms(0.5), 50.0) && close(latencies.quantile_ms(0.99), 99.0));
        latencies.clear();
        latencies.record(Duration::from_secs(3600));
        assert!(close(latencies.quantile_ms(0.5), 60_000.0));
    }
}
