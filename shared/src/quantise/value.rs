//! Which Rust types a field may have, and how each becomes words.
//!
//! Never meets a shape of another type: the derive writes both. If it did, it would give zeros.

use glam::{Quat, Vec2, Vec3};

use super::{Grid, grid_of, quat};
use crate::id::{EntityId, PlayerId};
use crate::limits::{ENTITIES_MAX, SEATS_MAX};
use crate::replicate::FieldValue;
use crate::schema::Shape;

impl FieldValue for f32 {
    const WORDS: usize = 1;

    #[inline]
    fn put(&self, shape: &Shape, words: &mut [u32]) {
        put_floats(&[*self], shape, words);
    }

    #[inline]
    fn get(shape: &Shape, words: &[u32]) -> f32 {
        let [value] = get_floats(shape, words);
        value
    }
}

impl FieldValue for Vec2 {
    const WORDS: usize = 2;

    #[inline]
    fn put(&self, shape: &Shape, words: &mut [u32]) {
        put_floats(&self.to_array(), shape, words);
    }

    #[inline]
    fn get(shape: &Shape, words: &[u32]) -> Vec2 {
        Vec2::from_array(get_floats(shape, words))
    }
}

impl FieldValue for Vec3 {
    const WORDS: usize = 3;

    #[inline]
    fn put(&self, shape: &Shape, words: &mut [u32]) {
        put_floats(&self.to_array(), shape, words);
    }

    #[inline]
    fn get(shape: &Shape, words: &[u32]) -> Vec3 {
        Vec3::from_array(get_floats(shape, words))
    }
}

impl FieldValue for Quat {
    const WORDS: usize = 4;

    fn put(&self, shape: &Shape, words: &mut [u32]) {
        if let Shape::Quat { bits, fine } = shape {
            quat::put(*self, &Grid::of_quat(*bits, *fine), words);
        }
    }

    fn get(shape: &Shape, words: &[u32]) -> Quat {
        match shape {
            Shape::Quat { bits, fine } => quat::get(&Grid::of_quat(*bits, *fine), words),
            _ => Quat::IDENTITY,
        }
    }
}

#[inline]
fn put_floats(values: &[f32], shape: &Shape, words: &mut [u32]) {
    let Some(grid) = grid_of(shape) else { return };
    for (word, value) in words.iter_mut().zip(values) {
        *word = grid.word(f64::from(*value));
    }
}

#[inline]
fn get_floats<const N: usize>(shape: &Shape, words: &[u32]) -> [f32; N] {
    let mut values = [0.0; N];
    if let Some(grid) = grid_of(shape) {
        for (value, word) in values.iter_mut().zip(words) {
            *value = grid.value(*word) as f32;
        }
    }
    values
}

macro_rules! whole {
    ($($int:ty),*) => {$(
        impl FieldValue for $int {
            const WORDS: usize = 1;

            #[inline]
            fn put(&self, shape: &Shape, words: &mut [u32]) {
                let Shape::Int { min, max } = shape else { return };
                let Some(word) = words.first_mut() else { return };
                *word = i64::from(*self).clamp(*min, *max).wrapping_sub(*min) as u32;
            }

            #[inline]
            fn get(shape: &Shape, words: &[u32]) -> $int {
                let (Shape::Int { min, max }, Some(word)) = (shape, words.first()) else {
                    return 0;
                };
                // The derive asserts that the range is within this type.
                min.saturating_add(i64::from(*word)).min(*max) as $int
            }
        }
    )*};
}

whole!(u8, u16, u32, i8, i16, i32);

impl FieldValue for bool {
    const WORDS: usize = 1;

    #[inline]
    fn put(&self, _shape: &Shape, words: &mut [u32]) {
        if let Some(word) = words.first_mut() {
            *word = u32::from(*self);
        }
    }

    #[inline]
    fn get(_shape: &Shape, words: &[u32]) -> bool {
        words.first().is_some_and(|word| *word != 0)
    }
}

/// 0 is nobody; a number that is no seat becomes nobody.
impl FieldValue for Option<PlayerId> {
    const WORDS: usize = 1;

    #[inline]
    fn put(&self, _shape: &Shape, words: &mut [u32]) {
        let seat = self.filter(|player| player.0 < SEATS_MAX);
        if let Some(word) = words.first_mut() {
            *word = seat.map_or(0, |player| u32::from(player.0) + 1);
        }
    }

    #[inline]
    fn get(_shape: &Shape, words: &[u32]) -> Option<PlayerId> {
        let seat = words.first()?.checked_sub(1)?;
        let seat = u16::try_from(seat).ok().filter(|seat| *seat < SEATS_MAX)?;
        Some(PlayerId(seat))
    }
}

/// The same words as an optional player; nobody reads as player 0.
impl FieldValue for PlayerId {
    const WORDS: usize = 1;

    #[inline]
    fn put(&self, shape: &Shape, words: &mut [u32]) {
        Some(PlayerId(self.0.min(SEATS_MAX - 1))).put(shape, words);
    }

    #[inline]
    fn get(shape: &Shape, words: &[u32]) -> PlayerId {
        Option::<PlayerId>::get(shape, words).unwrap_or_default()
    }
}

/// Slot + 1 (0 is none) and generation. A predicted spawn has no slot yet and becomes none.
impl FieldValue for Option<EntityId> {
    const WORDS: usize = 2;

    #[inline]
    fn put(&self, _shape: &Shape, words: &mut [u32]) {
        let known = self.filter(|id| id.slot < ENTITIES_MAX);
        let pair = known.map_or([0, 0], |id| [id.slot + 1, u32::from(id.generation)]);
        for (word, part) in words.iter_mut().zip(pair) {
            *word = part;
        }
    }

    #[inline]
    fn get(_shape: &Shape, words: &[u32]) -> Option<EntityId> {
        let &[place, generation] = words else {
            return None;
        };
        let slot = place.checked_sub(1).filter(|slot| *slot < ENTITIES_MAX)?;
        let generation = u16::try_from(generation).ok()?;
        Some(EntityId { slot, generation })
    }
}
