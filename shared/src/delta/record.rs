//! The records of a snapshot packet behind its header: layout and the small codes they share.
//!
//! ```text
//! group      1 bit    (part 0) the session's prediction group follows, whole
//!   base     baseline tick, see below
//!   count    6 bits
//!   for each member, by slot:
//!     slot   18 bits
//!     what    2 bits  0 as in the baseline, 1 changed, 2 entered
//!     entered: kind 6 bits, generation 16 bits,
//!              spawn key 1 bit (age 7 bits, 127 = older, ordinal 8 bits),
//!              motion age, plain row at level Exact with owner words
//!     changed: motion age, row against the baseline, level Exact with owner words
//! events     1 bit, then one event, again 1 bit ... 0
//!   sequence 16 bits, age of its tick 7 bits, kind 6 bits, own 1 bit (ordinal 8 bits), plain words
//! blocks     1 bit, then one block record, again 1 bit ... 0
//!   gap      block - the last record's block, in Elias gamma (+ 1)
//!   base     1 bit as in the last record, else a baseline tick
//!   changed  mask
//!   others   1 bit: entered mask and left mask follow
//!   rare     1 bit, absent when none changed: some changed row has its rare flag set
//!   for each slot changed: motion age, row against the baseline (rare flags only when `rare`)
//!   for each slot entered: kind 6 bits, generation 16 bits, owner 1 bit (12 bits), motion age,
//!            plain row
//!
//! baseline tick   7 bits tick - base; 127: 32 bits of tick follow; 0: none
//! mask            2 bits: 0 none, 1 all, 2 the 32 bits, 3 a few: 3 bits count - 1, 5 bits each
//! motion age      kinds with declared motion only: tick - since in Elias gamma (+ 1)
//! ```

use crate::bits::{BitReader, BitWriter};
use crate::delta::DeltaError;
use crate::id::Tick;
use crate::schema::{Kind, Motion};
use crate::snapshot::slots_of;

/// Bits of a slot number.
pub const SLOT_BITS: u8 = 18;
/// Bits of a kind number.
pub const KIND_BITS: u8 = 6;
/// Bits of a seat number.
pub const SEAT_BITS: u8 = 12;

const _: () = assert!(crate::limits::ENTITIES_MAX <= 1 << SLOT_BITS);
const _: () = assert!(crate::limits::KINDS_MAX <= 1 << KIND_BITS);
const _: () = assert!(crate::limits::SEATS_MAX as usize <= 1 << SEAT_BITS);

/// Writes a baseline tick; [`Tick::ZERO`] is none.
pub fn put_base(out: &mut BitWriter, tick: Tick, base: Tick) {
    match tick.since(base) {
        _ if base == Tick::ZERO => out.put(0, 7),
        age @ 1..=126 => out.put(age, 7),
        _ => {
            out.put(127, 7);
            out.put(base.0, 32);
        }
    }
}

/// Reads a baseline tick.
///
/// # Errors
/// When the bytes end early or the baseline is not older than `tick`.
pub fn take_base(from: &mut BitReader<'_>, tick: Tick) -> Result<Tick, DeltaError> {
    let base = match from.take(7)? {
        0 => return Ok(Tick::ZERO),
        127 => Tick(from.take(32)?),
        age => tick.minus(age),
    };
    if base >= tick || base == Tick::ZERO {
        return Err(DeltaError::Malformed("baseline tick"));
    }
    Ok(base)
}

/// Writes a mask of slots in the fewest bits.
pub fn put_mask(out: &mut BitWriter, mask: u32) {
    match mask.count_ones() {
        0 => out.put(0, 2),
        32 => out.put(1, 2),
        few @ 1..=5 => {
            out.put(3, 2);
            out.put(few - 1, 3);
            slots_of(mask).for_each(|slot| out.put(slot as u32, 5));
        }
        _ => {
            out.put(2, 2);
            out.put(mask, 32);
        }
    }
}

/// Reads a mask of slots.
///
/// # Errors
/// When the bytes end early or the few slots are not in order.
pub fn take_mask(from: &mut BitReader<'_>) -> Result<u32, DeltaError> {
    match from.take(2)? {
        0 => Ok(0),
        1 => Ok(u32::MAX),
        2 => Ok(from.take(32)?),
        _ => {
            let mut mask = 0u32;
            for _ in 0..=from.take(3)? {
                let bit = 1u32 << from.take(5)?;
                if bit <= mask {
                    return Err(DeltaError::Malformed("mask order"));
                }
                mask |= bit;
            }
            Ok(mask)
        }
    }
}

/// Writes a positive number in Elias gamma: as many zeros as it has bits after the first, then
/// itself.
pub fn put_gamma(out: &mut BitWriter, value: u32) {
    debug_assert!(value > 0, "gamma codes start at 1");
    let extra = 31 - value.leading_zeros();
    out.put(0, extra as u8);
    out.put_bool(true);
    out.put(value, extra as u8);
}

/// Reads a positive number in Elias gamma.
///
/// # Errors
/// When the bytes end early or the number has more than 32 bits.
pub fn take_gamma(from: &mut BitReader<'_>) -> Result<u32, DeltaError> {
    let mut extra = 0u8;
    while !from.take_bool()? {
        extra += 1;
        if extra > 31 {
            return Err(DeltaError::Malformed("gamma code"));
        }
    }
    Ok(1 << extra | from.take(extra)?)
}

/// Writes the ticks since a row of a kind with declared motion became what it is.
pub fn put_motion_age(out: &mut BitWriter, kind: &Kind, tick: Tick, since: Tick) {
    if kind.def.motion != Motion::Free {
        put_gamma(out, tick.since(since) + 1);
    }
}

/// Reads what [`put_motion_age`] wrote: the tick at which the row became what it is.
///
/// # Errors
/// When the bytes end early.
pub fn take_motion_age(
    from: &mut BitReader<'_>,
    kind: &Kind,
    tick: Tick,
) -> Result<Tick, DeltaError> {
    if kind.def.motion == Motion::Free {
        return Ok(tick);
    }
    Ok(tick.minus(take_gamma(from)? - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn small_codes_come_back_equal() {
        for seed in 0..2_000 {
            let mut rng = Rng::new(seed);
            let mask = (rng.next_u64() & rng.next_u64() & rng.next_u64() << rng.below(40)) as u32;
            let (mask, number) = (
                if rng.chance(0.1) { u32::MAX } else { mask },
                rng.next_u32() >> rng.below(32),
            );
            let tick = Tick(1 + rng.next_u32() / 2);
            let base = if rng.chance(0.1) {
                Tick::ZERO
            } else {
                Tick(tick.0 - 1 - rng.below(tick.0.min(300)).min(tick.0 - 1))
            };
            let mut out = BitWriter::new();
            put_mask(&mut out, mask);
            put_gamma(&mut out, number.max(1));
            put_base(&mut out, tick, base);
            let bytes = out.finish().to_vec();
            let mut from = BitReader::new(&bytes);
            assert_eq!(take_mask(&mut from), Ok(mask), "seed {seed}");
            assert_eq!(take_gamma(&mut from), Ok(number.max(1)), "seed {seed}");
            assert_eq!(take_base(&mut from, tick), Ok(base), "seed {seed}");
            assert!(from.at_end(), "seed {seed}");
        }
    }
}
