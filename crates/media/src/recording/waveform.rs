//! The waveform of a recording.

/// How many values a waveform has.
pub const WAVEFORM_VALUES: usize = 64;
/// The peaks that are collected, for each second.
const PEAKS_PER_SECOND: u32 = 50;

/// How many are collected: for five hours.
const MAX_PEAKS: usize = 1_000_000;

/// Collects the peaks of a recording whose duration is not known before its end.
#[derive(Default)]
pub(super) struct Waveform {
    peaks: Vec<f32>,
    /// How many more frames the last peak is of.
    frames_left: u32,
}

impl Waveform {
    /// Adds frames of interleaved samples.
    pub fn add(&mut self, samples: &[f32], channels: usize, rate: u32) {
        for frame in samples.chunks_exact(channels.max(1)) {
            if self.frames_left == 0 && self.peaks.len() < MAX_PEAKS {
                self.frames_left = (rate / PEAKS_PER_SECOND).max(1);
                self.peaks.push(0.0);
            }
            self.frames_left = self.frames_left.saturating_sub(1);
            if let Some(peak) = self.peaks.last_mut() {
                *peak = frame.iter().fold(*peak, |peak, sample| peak.max(sample.abs()));
            }
        }
    }

    /// The loudest sample in each of as many parts of equal length as there are values; 255 is as loud as
    /// possible.
    pub fn values(&self) -> Option<Vec<u8>> {
        let count = self.peaks.len();
        let part = |index: usize| {
            let start = index * count / WAVEFORM_VALUES;
            let end = ((index + 1) * count / WAVEFORM_VALUES).max(start + 1);
            let peak = self.peaks[start..end].iter().fold(0.0, |loudest: f32, peak| loudest.max(*peak));
            // Between 0 and 255.
            (peak.min(1.0) * 255.0).round() as u8
        };
        (count > 0).then(|| (0..WAVEFORM_VALUES).map(part).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_the_peaks_of_equal_parts() {
        assert_eq!(Waveform::default().values(), None);
        let mut waveform = Waveform::default();
        // 64 seconds, the n-th one with a peak of n / 64 on the second channel.
        for second in 0..64_u8 {
            let mut samples = vec![0.0; 200];
            samples[101] = -f32::from(second) / 64.0;
            waveform.add(&samples, 2, 100);
        }
        let values = waveform.values().unwrap();
        assert_eq!(values.len(), WAVEFORM_VALUES);
        assert_eq!(
            values,
            (0..64_u8).map(|it| (f32::from(it) * 255.0 / 64.0).round() as u8).collect::<Vec<_>>()
        );
    }

    #[test]
    fn short_and_invalid_samples_give_values_too() {
        let mut waveform = Waveform::default();
        waveform.add(&[f32::NAN, 7.0, f32::NEG_INFINITY], 1, 0);
        let values = waveform.values().unwrap();
        assert_eq!((values.len(), values[0], values[63]), (WAVEFORM_VALUES, 0, 255));
    }
}
