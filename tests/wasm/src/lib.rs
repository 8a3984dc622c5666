//! The probe that is built natively and for wasm32, and must return the same bits both times.
//!
//! It never holds game rules of its own: it exports what the core and the arena compute, so that a
//! difference between the two builds is one that a player in a browser would see.

#![allow(unsafe_code, reason = "a wasm export needs `unsafe(no_mangle)`")]

use tickwire_shared::glam::{Quat, Vec2, Vec3};
use tickwire_shared::rng::Rng;

/// Seed of both runs.
const SEED: u64 = 0x71C6_7173;

/// Hash of the mirror of every tick of a fight among bots in the arena.
#[unsafe(no_mangle)]
pub extern "C" fn arena_hash(ticks: u32) -> u64 {
    tickwire_arena::replay_hash(SEED, ticks)
}

/// Hash of the bits of `rounds` rounds of the maths a game step is made of, on seeded operands:
/// square roots, sines, rotations and normalised vectors of the core's own vector types.
#[unsafe(no_mangle)]
pub extern "C" fn maths_hash(rounds: u32) -> u64 {
    let (mut rng, mut hash) = (Rng::new(SEED), 0);
    for _ in 0..rounds {
        let mut draw = || rng.range(-100.0, 100.0);
        let (vector, angle) = (Vec3::new(draw(), draw(), draw()), draw());
        let turned = Quat::from_rotation_z(angle) * vector;
        let (unit, heading) = (turned.normalize_or_zero(), Vec2::from_angle(angle));
        for part in [
            unit.x,
            unit.y,
            unit.z,
            vector.length(),
            heading.x,
            heading.y,
        ] {
            hash = fold(hash, part);
        }
    }
    hash
}

/// Adds the exact bits of a number to a hash; order matters.
fn fold(hash: u64, number: f32) -> u64 {
    Rng::of(hash, &[u64::from(number.to_bits())]).next_u64()
}

#[cfg(test)]
mod tests {
    use super::{arena_hash, maths_hash};

    #[test]
    fn each_round_counts() {
        assert_ne!(maths_hash(10), maths_hash(11));
        assert_eq!(maths_hash(10), maths_hash(10));
        assert_ne!(arena_hash(10), arena_hash(11));
    }
}
