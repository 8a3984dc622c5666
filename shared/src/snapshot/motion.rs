//! Declared motion: what a row becomes by itself, in integers.
//!
//! Server and client start from the same row of the same tick and compute the row of a later tick
//! directly, never step by step, so both get equal words. A ballistic velocity changes by a whole
//! number of 1/65536 words a tick.

use crate::schema::{Kind, Motion, Predictor};

/// Farther than any field reaches, in words.
const FAR: i128 = 1 << 40;

/// The row that `words` has become `ticks` ticks later. Rows of free kinds stay as they are.
pub fn advance(kind: &Kind, words: &mut [u32], ticks: u32) {
    if ticks == 0 || kind.def.motion == Motion::Free {
        return;
    }
    for position in 0..words.len().min(kind.words.len()) {
        let Predictor::Carried {
            velocity,
            ratio_q32,
        } = kind.words[position].predictor
        else {
            continue;
        };
        let Some(&speed) = words.get(usize::from(velocity)) else {
            continue;
        };
        let spec = &kind.words[usize::from(velocity)];
        let start = i64::from(speed) - i64::from(spec.zero);
        let gain = velocity_gain_q16(kind, usize::from(velocity), ticks);
        // A game moves by the velocity at the end of each tick: n ticks that gain g each add up to
        // n * start + g * n * (n + 1) / 2.
        let twice_sum_q16 = (i128::from(start) << 17) * i128::from(ticks)
            + i128::from(gain) * (i128::from(ticks) + 1);
        // A broken server may name any age, so nothing here may overflow; the field ends far
        // before.
        let moved = twice_sum_q16.saturating_mul(i128::from(ratio_q32)) >> 49;
        let moved = moved.clamp(-FAR, FAR) as i64;
        words[position] = clamped(i64::from(words[position]) + moved, kind.words[position].max);
    }
    for (at, word) in words.iter_mut().enumerate().take(kind.words.len()) {
        let gain = velocity_gain_q16(kind, at, ticks);
        if gain != 0 {
            *word = clamped(i64::from(*word) + (gain >> 16), kind.words[at].max);
        }
    }
}

/// Whether a row lies on the trajectory: every word equal, positions and velocities within half a
/// step of level Full.
#[must_use]
pub fn on_trajectory(kind: &Kind, expected: &[u32], actual: &[u32]) -> bool {
    expected
        .iter()
        .zip(actual)
        .enumerate()
        .all(|(at, (&expected, &actual))| {
            let spec = &kind.words[at];
            let moves =
                matches!(spec.predictor, Predictor::Carried { .. }) || is_velocity(kind, at);
            let slack = if moves && spec.full_shift > 0 {
                1u32 << (spec.full_shift - 1)
            } else {
                0
            };
            expected.abs_diff(actual) <= slack
        })
}

fn is_velocity(kind: &Kind, word: usize) -> bool {
    kind.words.iter().any(|spec| {
        let Predictor::Carried { velocity, .. } = spec.predictor else {
            return false;
        };
        usize::from(velocity) == word
    })
}

/// How many 1/65536 words a velocity word gains in `ticks` ticks by a ballistic acceleration.
fn velocity_gain_q16(kind: &Kind, word: usize, ticks: u32) -> i64 {
    kind.gain_q16
        .get(word)
        .map_or(0, |gain| gain.saturating_mul(i64::from(ticks)))
}

fn clamped(word: i64, max: u32) -> u32 {
    word.clamp(0, i64::from(max)) as u32
}
