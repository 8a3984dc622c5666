//! The text format of Prometheus, line by line.
//!
//! Never knows which metrics there are.

use std::fmt::{Display, Write};

use super::super::{ByLane, Histogram};

/// Upper bounds of the buckets that are shown, in microseconds.
const BOUNDS_MICROS: [u64; 12] = [
    100, 250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 33_000, 100_000, 250_000, 1_000_000,
];

/// The same of sizes.
const BOUNDS_SIZES: [u64; 8] = [1, 2, 4, 8, 16, 64, 256, 512];

/// The text so far. Writing to a string cannot fail.
pub(super) struct Text(String);

impl Text {
    /// An empty one with room for so many bytes.
    pub fn with_capacity(bytes: usize) -> Text {
        Text(String::with_capacity(bytes))
    }

    /// What was written.
    pub fn finish(self) -> String {
        self.0
    }

    /// What a metric is called and what it means.
    pub fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP tickwire_{name} {help}");
        let _ = writeln!(self.0, "# TYPE tickwire_{name} {kind}");
    }

    /// One number of it.
    pub fn sample(&mut self, name: &str, labels: &str, value: impl Display) {
        let _ = writeln!(self.0, "tickwire_{name}{labels} {value}");
    }

    /// A metric of one number that only grows.
    pub fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, "counter", help);
        self.sample(name, "", value);
    }

    /// A metric of one number.
    pub fn gauge(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, "gauge", help);
        self.sample(name, "", value);
    }

    /// A counter for each lane.
    pub fn by_lane(&mut self, name: &str, counters: &ByLane) {
        self.head(name, "counter", "By lane, without what the transport adds.");
        for (lane, label) in ByLane::LANES {
            let labels = format!("{{lane=\"{label}\"}}");
            self.sample(name, &labels, counters.of(lane).get());
        }
    }

    /// A histogram of numbers that are no times.
    pub fn sizes(&mut self, name: &str, help: &str, histogram: &Histogram) {
        self.head(name, "histogram", help);
        let bucket = format!("{name}_bucket");
        for size in BOUNDS_SIZES {
            let labels = format!("{{le=\"{size}\"}}");
            self.sample(&bucket, &labels, histogram.count_up_to(size));
        }
        let count = histogram.count();
        self.sample(&bucket, "{le=\"+Inf\"}", count);
        self.sample(&format!("{name}_sum"), "", histogram.sum_micros());
        self.sample(&format!("{name}_count"), "", count);
    }

    /// A histogram of times.
    pub fn histogram(&mut self, name: &str, help: &str, histogram: &Histogram) {
        self.head(name, "histogram", help);
        let bucket = format!("{name}_bucket");
        for micros in BOUNDS_MICROS {
            let labels = format!("{{le=\"{}\"}}", micros as f64 / 1e6);
            self.sample(&bucket, &labels, histogram.count_up_to(micros));
        }
        let count = histogram.count();
        self.sample(&bucket, "{le=\"+Inf\"}", count);
        self.sample(
            &format!("{name}_sum"),
            "",
            histogram.sum_micros() as f64 / 1e6,
        );
        self.sample(&format!("{name}_count"), "", count);
    }
}
