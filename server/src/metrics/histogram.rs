//! A histogram of microseconds that any thread may write without a lock.
//!
//! Never allocates after it is made and never forgets: buckets are exact below 64 µs and within
//! 1/32 of the value above, up to a minute, where everything longer lands too.

use std::sync::atomic::{AtomicU64, Ordering};

/// Buckets of one microsecond each.
const EXACT: u64 = 64;
/// Buckets in each doubling above [`EXACT`].
const PER_DOUBLING: u64 = 32;
/// Doublings above [`EXACT`]: 64 µs to 67 s.
const DOUBLINGS: u64 = 20;
const BUCKETS: usize = (EXACT + DOUBLINGS * PER_DOUBLING) as usize;

/// Counts of values in microseconds.
#[derive(Debug)]
pub struct Histogram {
    buckets: Box<[AtomicU64]>,
    sum: AtomicU64,
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram {
            buckets: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect(),
            sum: AtomicU64::new(0),
        }
    }
}

impl Histogram {
    /// Counts one value.
    pub fn record(&self, micros: u64) {
        if let Some(bucket) = self.buckets.get(bucket_of(micros)) {
            bucket.fetch_add(1, Ordering::Relaxed);
            self.sum.fetch_add(micros, Ordering::Relaxed);
        }
    }

    /// Values counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts().sum()
    }

    /// Sum of all values, in microseconds.
    #[must_use]
    pub fn sum_micros(&self) -> u64 {
        self.sum.load(Ordering::Relaxed)
    }

    /// Values of at most `micros`, up to the width of a bucket.
    #[must_use]
    pub fn count_up_to(&self, micros: u64) -> u64 {
        self.counts().take(bucket_of(micros) + 1).sum()
    }

    /// The value that the share `quantile` (0 to 1) of all values does not exceed; 0 without any.
    #[must_use]
    pub fn quantile_micros(&self, quantile: f64) -> u64 {
        let total = self.count();
        let rank = (quantile.clamp(0.0, 1.0) * total as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (index, count) in self.counts().enumerate() {
            seen += count;
            if seen >= rank {
                return highest_of(index);
            }
        }
        0
    }

    /// Forgets everything. A value counted meanwhile may be lost.
    pub fn reset(&self) {
        for bucket in &self.buckets {
            bucket.store(0, Ordering::Relaxed);
        }
        self.sum.store(0, Ordering::Relaxed);
    }

    fn counts(&self) -> impl Iterator<Item = u64> {
        self.buckets
            .iter()
            .map(|bucket| bucket.load(Ordering::Relaxed))
    }
}

/// Which bucket counts this value.
fn bucket_of(micros: u64) -> usize {
    if micros < EXACT {
        return micros as usize;
    }
    let doubling = u64::from(micros.ilog2() - EXACT.ilog2());
    let within = (micros >> (doubling + 1)) - PER_DOUBLING;
    ((EXACT + doubling * PER_DOUBLING + within) as usize).min(BUCKETS - 1)
}

/// The largest value that a bucket counts.
fn highest_of(index: usize) -> u64 {
    let index = index as u64;
    if index < EXACT {
        return index;
    }
    let (doubling, within) = (
        (index - EXACT) / PER_DOUBLING,
        (index - EXACT) % PER_DOUBLING,
    );
    ((PER_DOUBLING + within + 1) << (doubling + 1)) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_in_its_bucket() {
        for micros in (0..200_000).chain((200_000..60_000_000).step_by(9_973)) {
            let index = bucket_of(micros);
            assert!(micros <= highest_of(index), "{micros} above its bucket");
            assert!(
                index == 0 || micros > highest_of(index - 1),
                "{micros} below its bucket"
            );
        }
        assert_eq!(bucket_of(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn quantiles_are_within_a_32nd() {
        let histogram = Histogram::default();
        assert_eq!(histogram.quantile_micros(0.5), 0);
        for micros in 1..=10_000 {
            histogram.record(micros);
        }
        for (quantile, exact) in [(0.5, 5_000.0), (0.99, 9_900.0), (1.0, 10_000.0)] {
            let found = histogram.quantile_micros(quantile) as f64;
            assert!(found >= exact && found <= exact * 33.0 / 32.0, "{found}");
        }
        assert_eq!(histogram.count(), 10_000);
        assert_eq!(histogram.sum_micros(), 50_005_000);
        assert_eq!(histogram.count_up_to(63), 63);
    }
}
