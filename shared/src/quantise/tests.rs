//! Round trips, ends of ranges, zero, and values that are no numbers.

use glam::{Quat, Vec2, Vec3};
use proptest::prelude::*;

use super::{Grid, grid_of};
use crate::id::{EntityId, PlayerId};
use crate::replicate::FieldValue;
use crate::schema::{Range, Shape, degrade};

fn range(min: f64, max: f64, step: f64, fine: u8) -> Range {
    Range {
        min,
        max,
        step,
        fine,
    }
}

fn put<T: FieldValue>(value: &T, shape: &Shape) -> Vec<u32> {
    let mut words = vec![0; T::WORDS];
    value.put(shape, &mut words);
    words
}

/// Every word of the grid comes back from its own value.
fn check_all_words(shape: &Shape) {
    let grid = grid_of(shape).expect("a number");
    for word in grid.low..=grid.high {
        let value = f32::get(shape, &[word as u32]);
        assert_eq!(put(&value, shape), [word as u32], "{shape:?} {value}");
    }
}

#[test]
fn every_word_comes_back() {
    check_all_words(&Shape::Scalar(range(-100.0, 100.0, 1.0 / 64.0, 4)));
    check_all_words(&Shape::Scalar(range(10.0, 20.0, 0.1, 3)));
    check_all_words(&Shape::Scalar(range(0.0, 1.0, 0.01, 0)));
    check_all_words(&Shape::Scalar(range(-30.0, -3.0, 0.3, 4)));
    check_all_words(&Shape::Scalar(range(-1_000.0, 1_000.0, 0.013, 3)));
    check_all_words(&Shape::Angle { bits: 8, fine: 4 });
    check_all_words(&Shape::Angle { bits: 16, fine: 4 });
    check_all_words(&Shape::Angle { bits: 4, fine: 0 });
}

#[test]
fn words_as_far_from_zero_as_the_lint_allows_come_back() {
    for (reach, step) in [(8_388.0, 0.016), (524_287.0, 1.0), (419.3, 0.0008)] {
        let shape = Shape::Scalar(range(-reach, reach, step, 4));
        let grid = grid_of(&shape).expect("a number");
        assert!(grid.high - grid.zero < super::UNITS_MAX);
        for word in (grid.high - 20_000..=grid.high).chain(grid.low..grid.low + 20_000) {
            let value = f32::get(&shape, &[word as u32]);
            assert_eq!(put(&value, &shape), [word as u32], "{reach} {value}");
        }
    }
}

#[test]
fn zero_is_exact_and_survives_level_full() {
    let shapes = [
        Shape::Scalar(range(-100.0, 100.0, 0.1, 4)),
        Shape::Scalar(range(-0.35, 7.0, 0.1, 2)),
        Shape::Scalar(range(0.0, 7.0, 0.1, 0)),
        Shape::Angle { bits: 10, fine: 4 },
    ];
    for shape in &shapes {
        let grid = grid_of(shape).expect("a number");
        let words = put(&0.0f32, shape);
        assert_eq!(i64::from(words[0]), grid.zero);
        let full = [degrade(words[0], grid.fine)];
        assert_eq!(f32::get(shape, &full).to_bits(), 0, "{shape:?}");
    }
    let shape = Shape::Quat { bits: 9, fine: 4 };
    let mut words = put(&Quat::IDENTITY, &shape);
    words[1..]
        .iter_mut()
        .for_each(|word| *word = degrade(*word, 4));
    assert_eq!(Quat::get(&shape, &words), Quat::IDENTITY);
}

#[test]
fn values_outside_are_clamped() {
    let shape = Shape::Scalar(range(-5.0, 7.0, 0.5, 4));
    for (value, end) in [
        (f32::INFINITY, 7.0),
        (8.0, 7.0),
        (f32::NEG_INFINITY, -5.0),
        (-1e30, -5.0),
        (f32::NAN, -5.0),
    ] {
        assert_eq!(f32::get(&shape, &put(&value, &shape)), end);
    }
    assert_eq!(f32::get(&shape, &[0]), -5.0);
    assert_eq!(f32::get(&shape, &[u32::MAX]), 7.0);
    let whole = Shape::Int { min: -3, max: 9 };
    assert_eq!(put(&i32::MAX, &whole), [12]);
    assert_eq!(put(&i8::MIN, &whole), [0]);
    assert_eq!(i16::get(&whole, &[40]), 9);
    assert_eq!(
        put(
            &Quat::from_array([f32::NAN; 4]),
            &Shape::Quat { bits: 9, fine: 0 }
        )[0],
        3
    );
}

#[test]
fn whole_numbers_players_and_entities_come_back() {
    let whole = Shape::Int {
        min: i64::from(i32::MIN),
        max: i64::from(i32::MAX),
    };
    for value in [i32::MIN, -1, 0, 1, i32::MAX] {
        assert_eq!(i32::get(&whole, &put(&value, &whole)), value);
    }
    for player in [None, Some(PlayerId(0)), Some(PlayerId(4_095))] {
        assert_eq!(
            Option::<PlayerId>::get(&Shape::Player, &put(&player, &Shape::Player)),
            player
        );
    }
    assert_eq!(put(&Some(PlayerId(4_096)), &Shape::Player), [0]);
    assert_eq!(Option::<PlayerId>::get(&Shape::Player, &[4_097]), None);
    let id = Some(EntityId {
        slot: (1 << 18) - 1,
        generation: u16::MAX,
    });
    assert_eq!(
        Option::<EntityId>::get(&Shape::Entity, &put(&id, &Shape::Entity)),
        id
    );
    let predicted = Some(EntityId::predicted(crate::id::Tick(9), 1));
    assert_eq!(put(&predicted, &Shape::Entity), [0, 0]);
    assert_eq!(
        Option::<EntityId>::get(&Shape::Entity, &[u32::MAX, u32::MAX]),
        None
    );
}

#[test]
fn half_a_turn_both_ways_is_one_word() {
    let shape = Shape::Angle { bits: 8, fine: 4 };
    let pi = core::f32::consts::PI;
    assert_eq!(put(&pi, &shape), put(&-pi, &shape));
    assert_eq!(put(&(pi * 4.5), &shape), put(&(pi * 0.5), &shape));
}

#[test]
fn rotations_on_ties_come_back() {
    let shape = Shape::Quat { bits: 9, fine: 4 };
    for signs in 0..16u32 {
        for tie in 1..16u32 {
            let part = |at: u32| match (tie >> at & 1, signs >> at & 1) {
                (0, _) => 0.0,
                (_, 0) => 1.0,
                _ => -1.0,
            };
            let value = Quat::from_array([part(0), part(1), part(2), part(3)]);
            let words = put(&value, &shape);
            assert_eq!(put(&Quat::get(&shape, &words), &shape), words, "{value}");
        }
    }
}

proptest! {
    #[test]
    fn floats_come_back_and_are_near(
        value in -1_500.0f32..1_500.0,
        min in -1_000.0f64..0.0,
        span in 1.0f64..1_000.0,
        step in 0.01f64..0.5,
        fine in 0u8..6,
    ) {
        let shape = Shape::Vec3(range(min, min + span, step, fine));
        let words = put(&Vec3::new(value, -value, 0.0), &shape);
        let back = Vec3::get(&shape, &words);
        prop_assert_eq!(put(&back, &shape), words);
        let mirror_step = step / f64::from(1u32 << fine);
        let inside = f64::from(value).clamp(min, min + span);
        prop_assert!((f64::from(back.x) - inside).abs() <= mirror_step * 1.01);
    }

    #[test]
    fn rotations_come_back_and_are_near(
        x in -1.0f32..1.0, y in -1.0f32..1.0, z in -1.0f32..1.0, w in -1.0f32..1.0,
        bits in 5u8..=16, fine in 0u8..=4,
    ) {
        let shape = Shape::Quat { bits, fine };
        let value = Quat::from_xyzw(x, y, z, w);
        prop_assume!(value.length() > 0.01);
        let value = value.normalize();
        let words = put(&value, &shape);
        let back = Quat::get(&shape, &words);
        prop_assert_eq!(put(&back, &shape), words);
        let error = 8.0 * Grid::of_quat(bits, fine).step as f32 + 1e-5;
        prop_assert!(back.dot(value).abs() > 1.0 - error * error - 1e-5);
    }

    #[test]
    fn foreign_words_never_panic(
        words in proptest::array::uniform4(any::<u32>()),
        bits in 3u8..=20,
    ) {
        let value = Quat::get(&Shape::Quat { bits, fine: 0 }, &words);
        prop_assert!((value.length() - 1.0).abs() < 1e-5);
        let _ = Vec2::get(&Shape::Vec2(range(-1.0, 1.0, 0.1, 4)), &words[..2]);
        let _ = f32::get(&Shape::Angle { bits, fine: 3 }, &words[..1]);
    }
}
