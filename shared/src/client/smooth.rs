//! The visible error of own entities after a correction, and how it fades.
//!
//! Never changes what is predicted: only what is drawn. A correction moves the predicted row at
//! once; the drawn one starts where it was and reaches the predicted one within
//! [`FADE_MICROS`], monotonically, so it never goes beyond the correction.

use crate::id::EntityId;
use crate::limits::PREDICTION_GROUP_MAX;
use crate::schema::{Kind, Shape, Smoothing};
use crate::time::Instant;

/// How long a correction stays visible.
pub const FADE_MICROS: u64 = 180_000;

/// The errors of one entity.
#[derive(Clone, Debug)]
struct Error {
    id: EntityId,
    since: Instant,
    /// What to add to each word; 0 for words that are not smoothed.
    words: Vec<i32>,
    /// How far the position is off, in units of the game.
    units: f32,
}

/// The errors of own entities that are still visible.
#[derive(Clone, Debug, Default)]
pub struct Smooth {
    errors: Vec<Error>,
}

impl Smooth {
    /// Forgets all errors: everything is drawn where it is.
    pub fn clear(&mut self) {
        self.errors.clear();
    }

    /// Forgets the error of one entity, as after a teleport.
    pub fn snap(&mut self, id: EntityId) {
        self.errors.retain(|error| error.id != id);
    }

    /// The server named a predicted spawn.
    pub fn rename(&mut self, from: EntityId, to: EntityId) {
        for error in self.errors.iter_mut().filter(|error| error.id == from) {
            error.id = to;
        }
    }

    /// A correction moved an entity's row from `before` to `after`. At `now` it is still drawn
    /// where it was.
    pub fn corrected(
        &mut self,
        now: Instant,
        kind: &Kind,
        id: EntityId,
        before: &[u32],
        after: &[u32],
    ) {
        if before.first() != after.first() || before.len() != after.len() {
            return self.snap(id);
        }
        let moved = |at: usize| word_error(kind, at, before[at], after[at]);
        if (0..after.len()).all(|at| moved(at) == 0) {
            return;
        }
        let words: Vec<i32> = (0..after.len())
            .map(|at| moved(at).saturating_add(self.left(now, id, at)))
            .collect();
        self.snap(id);
        if self.errors.len() >= PREDICTION_GROUP_MAX {
            self.errors.remove(0);
        }
        let units = units_of(kind, &words);
        self.errors.push(Error {
            id,
            since: now,
            words,
            units,
        });
    }

    /// How far a position is drawn from where it is predicted, in units of the game: the largest of
    /// the errors that are still visible.
    #[must_use]
    pub fn visible_units(&self, now: Instant) -> f32 {
        let left = |error: &Error| error.units * fade_q10(now, error.since) as f32 / 1_024.0;
        self.errors.iter().map(left).fold(0.0, f32::max)
    }

    /// Adds what is left of the errors at `now` to the words of an entity about to be drawn.
    pub fn apply(&self, now: Instant, kind: &Kind, id: EntityId, words: &mut [u32]) {
        if !self.errors.iter().any(|error| error.id == id) {
            return;
        }
        for (at, word) in words.iter_mut().enumerate().take(kind.words.len()) {
            let spec = &kind.words[at];
            let left = i64::from(self.left(now, id, at));
            let max = i64::from(spec.max);
            let moved = i64::from(*word) + left;
            *word = match spec.wraps {
                true => moved.rem_euclid(max + 1) as u32,
                false => moved.clamp(0, max) as u32,
            };
        }
    }

    /// Forgets errors that have faded.
    pub fn prune(&mut self, now: Instant) {
        self.errors.retain(|error| fade_q10(now, error.since) > 0);
    }

    fn left(&self, now: Instant, id: EntityId, word: usize) -> i32 {
        let error = self.errors.iter().find(|error| error.id == id);
        let whole = error.and_then(|error| Some((error, *error.words.get(word)?)));
        whole.map_or(0, |(error, whole)| {
            (i64::from(whole) * fade_q10(now, error.since) / 1_024) as i32
        })
    }
}

/// How much of an error is left, in 1/1024: a parabola that ends flat.
fn fade_q10(now: Instant, since: Instant) -> i64 {
    let age = now.since(since).as_micros() as u64;
    let left = FADE_MICROS.saturating_sub(age) * 1_024 / FADE_MICROS;
    (left * left / 1_024) as i64
}

/// The length of what is to be added to a position.
fn units_of(kind: &Kind, words: &[i32]) -> f32 {
    let place = |(at, word): (usize, &i32)| {
        let field = kind.words.get(at)?.field?;
        let field = kind.def.fields.get(usize::from(field))?;
        let (Shape::Scalar(range) | Shape::Vec2(range) | Shape::Vec3(range)) = field.shape else {
            return None;
        };
        let step = range.step / f64::from(1_u32 << range.fine.min(31));
        field.position.then_some(f64::from(*word) * step)
    };
    let squares = words
        .iter()
        .enumerate()
        .filter_map(place)
        .map(|axis| axis * axis);
    squares.sum::<f64>().sqrt() as f32
}

fn word_error(kind: &Kind, at: usize, before: u32, after: u32) -> i32 {
    let Some(spec) = kind.words.get(at) else {
        return 0;
    };
    if smoothing_of(kind, at) == Smoothing::Step {
        return 0;
    }
    let straight = i64::from(before) - i64::from(after);
    let round = i64::from(spec.max) + 1;
    let short = match spec.wraps {
        true if straight > round / 2 => straight - round,
        true if straight < -(round / 2) => straight + round,
        _ => straight,
    };
    short.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
}

/// How a word is drawn; quaternions and hidden words step.
#[must_use]
pub fn smoothing_of(kind: &Kind, word: usize) -> Smoothing {
    let field = kind.words.get(word).and_then(|spec| spec.field);
    let field = field.and_then(|field| kind.def.fields.get(usize::from(field)));
    match field {
        Some(field) if !matches!(field.shape, Shape::Quat { .. }) => field.smoothing,
        _ => Smoothing::Step,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Tick;
    use crate::schema::Schema;
    use crate::time::TickRate;

    /// A thing on a line that looks somewhere.
    #[derive(Clone, Debug, PartialEq, crate::Replicate)]
    struct Bead {
        #[net(id = 0, range = -64.0..=64.0, step = 1.0 / 64.0, smooth = linear, position, predict)]
        place: f32,
        #[net(id = 1, angle, bits = 10, smooth = angle, predict)]
        aim: f32,
        #[net(id = 2, range = 0..=100)]
        health: u8,
    }

    fn kind() -> Kind {
        use crate::replicate::Replicate;
        let kinds = Bead::KINDS;
        let schema = Schema::compile(kinds, kinds, kinds, kinds, TickRate::hz(60));
        match schema {
            Ok(schema) => schema.entities[0].clone(),
            Err(why) => panic!("{}: {}", why.at, why.why),
        }
    }

    /// Teleports, place, aim, health, shoves.
    fn row(place: u32, aim: u32) -> Vec<u32> {
        vec![0, place, aim, 50, 0]
    }

    fn drawn(smooth: &Smooth, at_millis: u64, truth: &[u32]) -> Vec<u32> {
        let mut words = truth.to_vec();
        let id = EntityId::predicted(Tick(1), 0);
        smooth.apply(Instant::from_millis(at_millis), &kind(), id, &mut words);
        words
    }

    #[test]
    fn an_error_fades_within_200_ms_and_never_grows() {
        let (before, after) = (row(10_000, 100), row(12_000, 100));
        let id = EntityId::predicted(Tick(1), 0);
        let mut smooth = Smooth::default();
        smooth.corrected(Instant::from_millis(1_000), &kind(), id, &before, &after);
        assert_eq!(
            drawn(&smooth, 1_000, &after),
            before,
            "nothing jumps at first"
        );
        let mut last = before[1];
        for millis in 1_001..1_200 {
            let now = drawn(&smooth, millis, &after)[1];
            assert!((last..=after[1]).contains(&now), "{now} at {millis} ms");
            last = now;
        }
        assert_eq!(last, after[1]);
        let visible = |millis| smooth.visible_units(Instant::from_millis(millis));
        assert!(visible(1_000) > visible(1_090) && visible(1_090) > 0.0);
        assert_eq!(visible(1_200), 0.0);
        smooth.prune(Instant::from_millis(1_200));
        assert!(smooth.errors.is_empty());
    }

    #[test]
    fn an_angle_fades_the_short_way_round() {
        let max = kind().words[2].max;
        let (before, after) = (row(10_000, max - 100), row(10_000, 100));
        let id = EntityId::predicted(Tick(1), 0);
        let mut smooth = Smooth::default();
        smooth.corrected(Instant::from_millis(0), &kind(), id, &before, &after);
        let half = drawn(&smooth, 50, &after)[2];
        assert!(half > max - 100 || half < 100, "{half}");
    }

    #[test]
    fn a_teleport_snaps() {
        let (before, mut after) = (row(10_000, 0), row(60_000, 0));
        after[0] = 1;
        let id = EntityId::predicted(Tick(1), 0);
        let mut smooth = Smooth::default();
        smooth.corrected(Instant::from_millis(0), &kind(), id, &before, &after);
        assert_eq!(drawn(&smooth, 1, &after), after);
    }
}
