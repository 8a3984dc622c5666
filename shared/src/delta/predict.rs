//! Predicting a word of a row from the one baseline row.
//!
//! All arithmetic is in integers, so encoder and decoder agree on every platform. A velocity is
//! turned by how much the heading turned since the baseline; a position moves by velocities that
//! change evenly from the baseline's to the current one (known to both sides: it is coded first).

use std::sync::OnceLock;

use crate::schema::{Kind, Predictor, WordSpec};

/// Steps of the sine table: one for each value of a 10-bit angle.
const TURN_STEPS: usize = 1_024;

/// Predicted mirror word number `at`, from the baseline row and the words of the current row that
/// are coded before it. `age` is the ticks between the two rows.
#[inline]
#[must_use]
pub fn predict(kind: &Kind, at: usize, base: &[u32], now: &[u32], age: u32) -> u32 {
    let spec = &kind.words[at];
    match spec.predictor {
        Predictor::Hold => base[at],
        Predictor::Turned {
            heading,
            other,
            sine,
        } => turned(
            kind,
            at,
            usize::from(heading),
            usize::from(other),
            sine,
            base,
            now,
        ),
        Predictor::Carried {
            velocity,
            ratio_q32,
        } => carried(
            spec,
            &kind.words[usize::from(velocity)],
            at,
            usize::from(velocity),
            ratio_q32,
            base,
            now,
            age,
        ),
    }
}

#[inline]
fn turned(
    kind: &Kind,
    at: usize,
    heading: usize,
    other: usize,
    sine: i8,
    base: &[u32],
    now: &[u32],
) -> u32 {
    let angle = &kind.words[heading];
    let turn = now[heading].wrapping_sub(base[heading]) & angle.max;
    if turn == 0 {
        return base[at];
    }
    let step = if angle.bits >= 10 {
        turn >> (angle.bits - 10)
    } else {
        turn << (10 - angle.bits)
    };
    let (sin, cos) = sine_table()[step as usize % TURN_STEPS];
    let own = i64::from(base[at]) - i64::from(kind.words[at].zero);
    let across = i64::from(base[other]) - i64::from(kind.words[other].zero);
    let turned = own * i64::from(cos) + i64::from(sine) * across * i64::from(sin);
    let word = ((turned + (1 << 13)) >> 14) + i64::from(kind.words[at].zero);
    word.clamp(0, i64::from(kind.words[at].max)) as u32
}

#[inline]
#[expect(
    clippy::too_many_arguments,
    reason = "a leaf of `predict` that takes what it read"
)]
fn carried(
    spec: &WordSpec,
    speed: &WordSpec,
    at: usize,
    velocity: usize,
    ratio_q32: i64,
    base: &[u32],
    now: &[u32],
    age: u32,
) -> u32 {
    let zero = i64::from(speed.zero);
    let (then, now) = (
        i64::from(base[velocity]) - zero,
        i64::from(now[velocity]) - zero,
    );
    let age = i64::from(age.min(255));
    // A game moves by the velocity at the end of each tick: n of them that change evenly from
    // `then` (which has moved already) to `now` add up to n * (then + now) / 2 + (now - then) / 2.
    let twice_sum = (then + now) * age + (now - then);
    // Velocity words have at most 24 bits and ratios up to 32: the product needs more than 64.
    let moved = (i128::from(twice_sum) * i128::from(ratio_q32) + (1 << 32)) >> 33;
    (i64::from(base[at]) + moved as i64).clamp(0, i64::from(spec.max)) as u32
}

/// Sine and cosine of each 1/1024 turn, times 2^14, by libm: equal on every platform.
fn sine_table() -> &'static [(i32, i32); TURN_STEPS] {
    static TABLE: OnceLock<[(i32, i32); TURN_STEPS]> = OnceLock::new();
    TABLE.get_or_init(|| {
        core::array::from_fn(|step| {
            let angle = step as f64 * core::f64::consts::TAU / TURN_STEPS as f64;
            let scaled = |value: f64| libm::round(value * 16_384.0) as i32;
            (scaled(libm::sin(angle)), scaled(libm::cos(angle)))
        })
    })
}
