//! Quantise: values to the integer words of the mirror and back.
//!
//! Never uses a function whose result differs between platforms: only IEEE addition,
//! multiplication, division, square root and casts, in f64. What was read back quantises to the
//! same words again; the write-back after each step relies on that.
//!
//! Zero is exact: it has a word of its own, and level Full keeps that word (it is the centre of
//! the words that share its sent bits), so that what rests is seen to rest.

mod grid;
mod quat;
#[cfg(test)]
mod tests;
mod value;

pub use grid::{Grid, QUAT_BITS_MAX, UNITS_MAX, grid_of, round};
