//! Fuzz targets: each takes any bytes and asserts what must hold for them.
//!
//! Targets open nothing and keep no state between inputs that an input could spoil. The seeded
//! runner here works on every toolchain; the coverage-guided one wraps the same functions.

pub mod bits;
pub mod mutate;
pub mod runner;

use runner::Target;

/// Every target, for the seeded runner and the coverage-guided one.
pub const TARGETS: &[Target] = &[Target {
    name: "bits",
    run: bits::target,
    corpus: bits::corpus,
}];
