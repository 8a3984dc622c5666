//! Unit quaternions by their smallest three components.
//!
//! Never keeps the sign of the whole: `q` and `-q` are one rotation and give the same words.
//!
//! Words: `[largest, a, b, c]`, where `largest` says which of x, y, z, w is left out because it
//! follows from the others. Rounding may make another component the largest one, and then the
//! words would not come back from their own value. In that rare case all three shrink by one step:
//! the one left out grows past them by at least half a step, which is more than an f32 rounds.

use glam::Quat;

use super::grid::Grid;

/// Quantises a rotation; what is no rotation (zero or NaN) becomes the identity.
pub(super) fn put(value: Quat, grid: &Grid, words: &mut [u32]) {
    let first = nearest(value, grid);
    let settled = if nearest(get(grid, &first), grid) == first {
        first
    } else {
        shrink(first, grid)
    };
    words.copy_from_slice(&settled);
}

/// The rotation of four words, whatever they are.
pub(super) fn get(grid: &Grid, words: &[u32]) -> Quat {
    let &[largest, a, b, c] = words else {
        return Quat::IDENTITY;
    };
    let three = [grid.value(a), grid.value(b), grid.value(c)];
    let sum: f64 = three.iter().map(|part| part * part).sum();
    // Coarse or foreign words may be longer than a unit; then they are scaled down to one.
    let scale = if sum > 1.0 { 1.0 / sum.sqrt() } else { 1.0 };
    let mut parts = [0.0f32; 4];
    let mut rest = three.iter();
    for (at, part) in parts.iter_mut().enumerate() {
        *part = if at as u32 == largest.min(3) {
            (1.0 - sum).max(0.0).sqrt() as f32
        } else {
            (rest.next().copied().unwrap_or(0.0) * scale) as f32
        };
    }
    Quat::from_array(parts)
}

/// The nearest words, which need not come back from their own value.
fn nearest(value: Quat, grid: &Grid) -> [u32; 4] {
    let parts = value.to_array().map(f64::from);
    let length = parts.iter().map(|part| part * part).sum::<f64>().sqrt();
    if !length.is_normal() {
        let zero = grid.word(0.0);
        return [3, zero, zero, zero];
    }
    let mut largest = 0;
    for at in 1..4 {
        if parts[at].abs() > parts[largest].abs() {
            largest = at;
        }
    }
    let unit = if parts[largest] < 0.0 {
        -length
    } else {
        length
    };
    let mut words = [largest as u32, 0, 0, 0];
    let others = (0..4).filter(|&at| at != largest);
    for (word, at) in words[1..].iter_mut().zip(others) {
        *word = grid.word(parts[at] / unit);
    }
    words
}

/// Moves the three components one step towards zero.
fn shrink(mut words: [u32; 4], grid: &Grid) -> [u32; 4] {
    for word in &mut words[1..] {
        let units = i64::from(*word) - grid.zero;
        *word = (i64::from(*word) - units.signum()) as u32;
    }
    words
}
