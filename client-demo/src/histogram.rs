//! Percentiles of many samples in fixed memory.
//!
//! Never stores a sample: each falls into one of a few thousand bins whose width is at most 1/64
//! of its value, so that a percentile is right to 1.6 %.

use std::time::Duration;

use serde::Serialize;

/// Bins per power of two.
const FINE: u32 = 64;

/// Bins in all: the values below 64 µs singly, then 64 for each power of two up to 2^40 µs
/// (12 days). Longer samples count as that.
const BINS: usize = (FINE + FINE * 34) as usize;

/// Counts of durations.
#[derive(Clone, Debug)]
pub struct Histogram {
    counts: Vec<u32>,
    samples: u64,
}

/// What a report says of a histogram, in milliseconds; `null` when nothing was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Percentiles {
    /// Half of the samples are at most this.
    pub p50: Option<f64>,
    /// 99 of 100 samples are at most this.
    pub p99: Option<f64>,
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram {
            counts: vec![0; BINS],
            samples: 0,
        }
    }
}

impl Histogram {
    /// Counts one sample.
    pub fn add(&mut self, sample: Duration) {
        let micros = u64::try_from(sample.as_micros()).unwrap_or(u64::MAX);
        if let Some(count) = self.counts.get_mut(bin_of(micros)) {
            *count = count.saturating_add(1);
            self.samples += 1;
        }
    }

    /// How many samples there are.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// The smallest value that at least `share` (0.0 to 1.0) of the samples do not exceed, to
    /// 1.6 %; `None` without samples.
    #[must_use]
    pub fn percentile(&self, share: f64) -> Option<Duration> {
        let rank = ((self.samples as f64 * share).ceil() as u64).clamp(1, self.samples.max(1));
        let mut seen = 0;
        for (bin, &count) in self.counts.iter().enumerate() {
            seen += u64::from(count);
            if seen >= rank {
                return Some(Duration::from_micros(middle_of(bin)));
            }
        }
        None
    }

    /// Median and 99th percentile in milliseconds.
    #[must_use]
    pub fn percentiles(&self) -> Percentiles {
        let ms = |share| {
            let micros = self.percentile(share)?.as_micros() as f64;
            Some(micros / 1_000.0)
        };
        Percentiles {
            p50: ms(0.50),
            p99: ms(0.99),
        }
    }
}

fn bin_of(micros: u64) -> usize {
    let fine = u64::from(FINE);
    if micros < fine {
        return micros as usize;
    }
    let power = micros.ilog2() - FINE.ilog2();
    let step = (micros >> power) - fine;
    (fine + u64::from(power) * fine + step).min(BINS as u64 - 1) as usize
}

fn middle_of(bin: usize) -> u64 {
    let (bin, fine) = (bin as u64, u64::from(FINE));
    if bin < fine {
        return bin;
    }
    let (power, step) = ((bin - fine) / fine, (bin - fine) % fine);
    let low = (fine + step) << power;
    low + (1 << power) / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickwire_shared::rng::Rng;

    #[test]
    fn percentiles_are_those_of_the_sorted_samples() {
        for seed in 0..20 {
            let mut rng = Rng::new(seed);
            let (mut histogram, mut sorted) = (Histogram::default(), Vec::new());
            for _ in 0..1 + rng.below(3_000) {
                let micros = u64::from(rng.next_u32() >> rng.below(32));
                histogram.add(Duration::from_micros(micros));
                sorted.push(micros);
            }
            sorted.sort_unstable();
            for share in [0.0, 0.5, 0.9, 0.99, 1.0] {
                let rank = (sorted.len() as f64 * share).ceil().max(1.0) as usize;
                let (want, got) = (sorted[rank - 1], histogram.percentile(share));
                let got = got.expect("there are samples").as_micros() as u64;
                assert!(
                    got.abs_diff(want) <= want / 60,
                    "seed {seed}: {got} for {want}"
                );
            }
        }
    }

    #[test]
    fn extremes_have_a_place() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.percentiles(), Percentiles::default());
        histogram.add(Duration::MAX);
        assert!(histogram.percentile(0.5) > Some(Duration::from_secs(86_400)));
        assert_eq!(histogram.samples(), 1);
    }
}
