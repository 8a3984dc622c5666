//! The grid of one word: which words are legal and which value each stands for.
//!
//! Never fails: declarations that make no sense are refused by the schema lint beforehand, and
//! here merely give a useless grid.

use core::f64::consts::{FRAC_1_SQRT_2, TAU};

use crate::schema::{Range, Shape};

/// Mirror steps from zero a float's range may reach, exclusive: within it an f32 names every step.
pub const UNITS_MAX: i64 = 1 << 23;

/// Mirror bits of each of a quaternion's three words at the most, for the same reason.
pub const QUAT_BITS_MAX: u8 = 20;

/// The words of one number: value = (word - zero) * step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// What one word is worth, in the value's unit.
    pub step: f64,
    /// The word of value 0; outside `low..=high` when the range does not hold 0.
    pub zero: i64,
    /// The smallest word that quantising gives.
    pub low: i64,
    /// The largest word that quantising gives.
    pub high: i64,
    /// Bits that level Full leaves out.
    pub fine: u8,
    /// Whether the words wrap around.
    pub wraps: bool,
}

impl Grid {
    /// The grid of a float's range.
    #[must_use]
    #[inline]
    pub const fn of_range(range: &Range) -> Grid {
        let step = range.step / (1u64 << (range.fine & 31)) as f64;
        let first = round(range.min / step);
        let last = round(range.max / step);
        // Words start a little below the range, so that zero is the centre of its Full step.
        let pad = (half(range.fine) + first).rem_euclid(1 << (range.fine & 31));
        Grid {
            step,
            zero: pad - first,
            low: pad,
            high: pad - first + last,
            fine: range.fine,
            wraps: false,
        }
    }

    /// The grid of an angle in radians.
    #[must_use]
    #[inline]
    pub const fn of_angle(bits: u8, fine: u8) -> Grid {
        let count = 1i64 << ((bits as u32 + fine as u32) & 63);
        Grid {
            step: TAU / count as f64,
            zero: half(fine),
            low: 0,
            high: count - 1,
            fine,
            wraps: true,
        }
    }

    /// The grid of each of the three smaller components of a unit quaternion.
    #[must_use]
    #[inline]
    pub const fn of_quat(bits: u8, fine: u8) -> Grid {
        let count = 1i64 << ((bits as u32 + fine as u32) & 63);
        let zero = count / 2 + half(fine);
        let reach = count - 1 - zero;
        Grid {
            step: FRAC_1_SQRT_2 / reach as f64,
            zero,
            low: zero - reach,
            high: count - 1,
            fine,
            wraps: false,
        }
    }

    /// The grid of a whole number.
    #[must_use]
    #[inline]
    pub const fn of_int(min: i64, max: i64) -> Grid {
        Grid {
            step: 1.0,
            zero: min.saturating_neg(),
            low: 0,
            high: max.saturating_sub(min),
            fine: 0,
            wraps: false,
        }
    }

    /// Quantises: the nearest word, clamped to the range, or wrapped. NaN gives the range's start.
    #[must_use]
    #[inline]
    pub const fn word(&self, value: f64) -> u32 {
        if value.is_nan() {
            return self.low as u32;
        }
        let word = round(value / self.step).saturating_add(self.zero);
        if self.wraps {
            word.rem_euclid(self.high + 1) as u32
        } else if word < self.low {
            self.low as u32
        } else if word > self.high {
            self.high as u32
        } else {
            word as u32
        }
    }

    /// The value of a word; a word outside the range reads as the range's end.
    #[must_use]
    #[inline]
    pub const fn value(&self, word: u32) -> f64 {
        let mut word = word as i64;
        if word < self.low {
            word = self.low;
        }
        if word > self.high {
            word = self.high;
        }
        let mut units = word - self.zero;
        // An angle reads as the short way from zero.
        if self.wraps && units > self.high / 2 {
            units -= self.high + 1;
        }
        units as f64 * self.step
    }
}

/// The grid of a shape's words; `None` for shapes whose words are names, not numbers.
#[must_use]
pub const fn grid_of(shape: &Shape) -> Option<Grid> {
    match shape {
        Shape::Scalar(range) | Shape::Vec2(range) | Shape::Vec3(range) => {
            Some(Grid::of_range(range))
        }
        Shape::Angle { bits, fine } => Some(Grid::of_angle(*bits, *fine)),
        Shape::Quat { bits, fine } => Some(Grid::of_quat(*bits, *fine)),
        Shape::Int { min, max } => Some(Grid::of_int(*min, *max)),
        Shape::Bool | Shape::Player | Shape::Entity => None,
    }
}

/// The nearest whole number, halves upwards; the ends of i64 for what is beyond them, 0 for NaN.
#[must_use]
#[inline]
pub const fn round(value: f64) -> i64 {
    let shifted = value + 0.5;
    let whole = shifted as i64;
    if whole as f64 > shifted {
        whole.saturating_sub(1)
    } else {
        whole
    }
}

/// The word in the middle of those that share one word at level Full.
const fn half(fine: u8) -> i64 {
    (1i64 << (fine & 31)) / 2
}
