//! How fast this machine is just now: a fixed piece of work that no change of the project touches.
//!
//! Never measures the project. Where other programs share the processor's caches and memory, or its
//! clock is slower, everything takes longer by the processor's own count; what a test measures is
//! set against what this takes at the same time.
//!
//! The work is of the kind a simulated run does: short buffers that come and go, ordered maps,
//! bits that are moved and mixed.

use std::collections::BTreeMap;
use std::hint::black_box;

use crate::seeds::thread_cpu_s;

/// Steps of one measurement.
const STEPS: u64 = 150_000;

/// Entries of the map, some megabytes: more than a core has to itself.
const ENTRIES: u64 = 8_192;

/// What one measurement takes on the machine on which bounds of speed were set, in seconds of
/// processor time.
pub const USUAL_S: f64 = 0.1;

/// How many times longer than usual the work takes just now; `None` where processor time cannot be
/// read.
#[must_use]
pub fn slowness() -> Option<f64> {
    let before = thread_cpu_s()?;
    black_box(work());
    Some((thread_cpu_s()? - before) / USUAL_S)
}

fn work() -> u64 {
    let (mut number, mut packets, mut sum) = (1u64, BTreeMap::new(), 0u64);
    for _ in 0..STEPS {
        number ^= number << 13;
        number ^= number >> 7;
        number ^= number << 17;
        let length = 64 + (number >> 32) as usize % 960;
        let mut packet = Vec::with_capacity(length);
        let mut word = number;
        while packet.len() + 8 <= length {
            word = (word ^ (word >> 29)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            packet.extend_from_slice(&word.to_le_bytes());
        }
        sum = sum.rotate_left(7) ^ word;
        if let Some(old) = packets.insert(number % ENTRIES, packet) {
            sum = old
                .iter()
                .fold(sum, |sum, &byte| sum.wrapping_add(u64::from(byte)));
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_work_is_that_which_the_usual_time_was_read_for() {
        assert_eq!(work(), 5_498_633_901_886_199_790);
    }
}
