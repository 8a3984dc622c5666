//! Prints the native results of the probe, one `name value` a line, to compare with those of wasm.
//!
//! It never compares anything itself.

use tickwire_wasm_probe::{arena_hash, maths_hash};

/// Rounds when the command line gives none.
const ROUNDS_DEFAULT: u32 = 10_000;

fn main() {
    let rounds = std::env::args().nth(1).and_then(|text| text.parse().ok());
    let rounds = rounds.unwrap_or(ROUNDS_DEFAULT);
    println!("arena_hash {}", arena_hash(rounds));
    println!("maths_hash {}", maths_hash(rounds));
}
