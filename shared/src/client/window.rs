//! A sliding window of measurements and its quantiles.
//!
//! Never grows: the oldest sample goes when it is full or too old.

use core::time::Duration;

use crate::limits::CLOCK_SAMPLES_MAX;
use crate::time::Instant;

/// The newest measurements of one quantity, in microseconds.
#[derive(Clone, Debug)]
pub struct Window {
    span: Duration,
    samples: Vec<(Instant, i64)>,
    next: usize,
    sorted: Vec<i64>,
}

impl Window {
    /// An empty window that looks back `span`.
    #[must_use]
    pub fn new(span: Duration) -> Window {
        Window {
            span,
            samples: Vec::with_capacity(CLOCK_SAMPLES_MAX),
            next: 0,
            sorted: Vec::with_capacity(CLOCK_SAMPLES_MAX),
        }
    }

    /// Adds a measurement; the oldest goes at [`CLOCK_SAMPLES_MAX`].
    pub fn add(&mut self, now: Instant, micros: i64) {
        if self.samples.len() < CLOCK_SAMPLES_MAX {
            self.samples.push((now, micros));
        } else {
            self.samples[self.next] = (now, micros);
            self.next = (self.next + 1) % CLOCK_SAMPLES_MAX;
        }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.samples.clear();
        self.next = 0;
    }

    /// Takes stock at `now`, so that quantiles can be asked for; the number of samples in the span.
    pub fn settle(&mut self, now: Instant) -> usize {
        self.sorted.clear();
        let fresh = self
            .samples
            .iter()
            .filter(|(at, _)| now.since(*at) <= self.span);
        self.sorted.extend(fresh.map(|&(_, micros)| micros));
        self.sorted.sort_unstable();
        self.sorted.len()
    }

    /// The value that `percent` of the samples at the last [`Window::settle`] do not exceed;
    /// `None` without samples.
    #[must_use]
    pub fn quantile(&self, percent: usize) -> Option<i64> {
        let last = self.sorted.len().checked_sub(1)?;
        self.sorted.get((last * percent).div_ceil(100)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_the_fresh_samples() {
        let mut window = Window::new(Duration::from_secs(2));
        assert_eq!(window.quantile(95), None);
        window.add(Instant::from_millis(0), 1_000_000);
        for at in 1..=100 {
            window.add(Instant::from_millis(1_000 + at), at as i64);
        }
        assert_eq!(window.settle(Instant::from_millis(2_500)), 100);
        assert_eq!(window.quantile(0), Some(1));
        assert_eq!(window.quantile(95), Some(96));
        assert_eq!(window.quantile(100), Some(100));
    }

    #[test]
    fn the_oldest_go_at_the_bound() {
        let mut window = Window::new(Duration::from_secs(100));
        for at in 0..CLOCK_SAMPLES_MAX as i64 + 10 {
            window.add(Instant::from_millis(at as u64), at);
        }
        assert_eq!(
            window.settle(Instant::from_millis(1_000)),
            CLOCK_SAMPLES_MAX
        );
        assert_eq!(window.quantile(0), Some(10));
    }
}
