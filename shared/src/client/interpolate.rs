//! Drawing shown entities at one instant of the room, between the rows that were received.
//!
//! Never draws an entity before its first row and never guesses far: past the newest row only
//! declared motion and `reckon` fields go on, and those for [`EXTRAPOLATE_TICKS_MAX`] ticks.

use super::smooth::smoothing_of;
use crate::delta::{Confirmed, ConfirmedRow};
use crate::game::Role;
use crate::id::{EntityId, KindId, PlayerId, Tick};
use crate::input::Shown;
use crate::limits::{EXTRAPOLATE_TICKS_MAX, ROW_WORDS_MAX};
use crate::replicate::{Replicate, RowRef};
use crate::schema::{Audience, Kind, Motion, Predictor, Schema, Smoothing};
use crate::snapshot::advance;

/// A row as it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawnRow {
    /// Whose row.
    pub id: EntityId,
    /// Its kind.
    pub kind: KindId,
    /// Its owner.
    pub owner: Option<PlayerId>,
    /// Whether this client predicts it.
    pub role: Role,
    /// Up to which audience `words` is filled.
    pub known: Audience,
    /// Its words.
    pub words: Vec<u32>,
}

impl DrawnRow {
    /// The typed entity; `None` when the row is not one of `E`.
    #[must_use]
    pub fn fetch<E: Replicate>(&self, schema: &Schema) -> Option<E> {
        let kind = schema.entity(self.kind)?;
        let owner = self.words.get(kind.public_words + 1..kind.owner_words);
        let public = self.words.get(1..kind.public_words)?;
        E::fetch(
            self.kind,
            RowRef {
                public,
                owner: owner.filter(|_| self.known >= Audience::Owner),
                server: None,
            },
        )
    }
}

/// The row of a shown entity at the drawn instant; `None` before its first row. `newest` is the
/// newest tick any snapshot arrived for.
#[must_use]
pub fn drawn(
    schema: &Schema,
    confirmed: &Confirmed,
    id: EntityId,
    at: Shown,
    newest: Tick,
) -> Option<DrawnRow> {
    let from = confirmed.row_at(id, at.tick)?;
    let kind = schema.entity(from.kind)?;
    let to = confirmed.row_after(id, at.tick);
    let mut words = from.words[..kind.row_words(from.known)].to_vec();
    match to {
        Some(to) => {
            let snaps = to.words[Kind::TELEPORTS] != from.words[Kind::TELEPORTS];
            let start = in_force_until(confirmed, &from, &to);
            match snaps || at.tick < start {
                true => beyond(kind, &from, at, to.tick, &mut words),
                false => between(kind, &from, &to, start, at, &mut words),
            }
        }
        None => beyond(kind, &from, at, newest, &mut words),
    }
    Some(DrawnRow {
        id,
        kind: from.kind,
        owner: from.owner,
        role: Role::Shown,
        known: from.known,
        words,
    })
}

/// Words between two rows; `part` of `whole` from `from` to `words`, which is overwritten.
pub fn blend(kind: &Kind, from: &[u32], to: &[u32], part: u64, whole: u64, words: &mut [u32]) {
    for (at, word) in words.iter_mut().enumerate() {
        let (Some(&from), Some(&to)) = (from.get(at), to.get(at)) else {
            continue;
        };
        *word = match smoothing_of(kind, at) {
            Smoothing::Step => from,
            _ => blend_word(kind, at, from, to, part, whole),
        };
    }
}

fn blend_word(kind: &Kind, at: usize, from: u32, to: u32, part: u64, whole: u64) -> u32 {
    let Some(spec) = kind.words.get(at) else {
        return from;
    };
    let (part, whole) = (part.min(whole) as i64, whole.max(1) as i64);
    let straight = i64::from(to) - i64::from(from);
    if !spec.wraps {
        return (i64::from(from) + straight * part / whole) as u32;
    }
    let round = i64::from(spec.max) + 1;
    let short = (straight + round / 2).rem_euclid(round) - round / 2;
    (i64::from(from) + short * part / whole).rem_euclid(round) as u32
}

/// From `start`, until which `from` was in force, to the tick of `to`.
fn between(
    kind: &Kind,
    from: &ConfirmedRow,
    to: &ConfirmedRow,
    start: Tick,
    at: Shown,
    words: &mut [u32],
) {
    advance(kind, words, start.since(from.since));
    let part = u64::from(at.tick.since(start)) * 256 + u64::from(at.fraction_256);
    let whole = u64::from(to.tick.since(start)) * 256;
    let mut end = to.words;
    advance(kind, &mut end[..words.len()], to.tick.since(to.since));
    let mut first = [0; ROW_WORDS_MAX];
    let first = &mut first[..words.len()];
    first.copy_from_slice(words);
    blend(kind, first, &end, part, whole, words);
}

/// Until which tick `from` was in force before `to` replaced it.
///
/// Without a budget, until the snapshot before `to`: it did not mention a change. Under a budget an
/// entity in motion is mentioned now and then only, so when rows come that far apart anyway, it
/// moved all the time.
fn in_force_until(confirmed: &Confirmed, from: &ConfirmedRow, to: &ConfirmedRow) -> Tick {
    let gap = to.tick.since(from.tick);
    if gap <= 1 {
        return from.tick;
    }
    let earlier = confirmed.row_at(from.id, from.tick.minus(1));
    let usual = earlier.map_or(0, |earlier| from.tick.since(earlier.tick));
    if usual > 1 && gap <= 2 * usual {
        return from.tick;
    }
    let ack = confirmed.ack();
    let age = ack.newest.since(to.tick);
    let before = ack
        .complete
        .checked_shr(age + 1)
        .unwrap_or(0)
        .trailing_zeros();
    from.tick.max(to.tick.minus(before + 1))
}

/// Past the newest row: it is in force until the newest snapshot, and a little is guessed after.
fn beyond(kind: &Kind, from: &ConfirmedRow, at: Shown, newest: Tick, words: &mut [u32]) {
    if kind.def.motion != Motion::Free {
        let mut next = from.words;
        let ticks = at.tick.since(from.since);
        advance(kind, words, ticks);
        advance(kind, &mut next[..words.len()], ticks + 1);
        let mut start = [0; ROW_WORDS_MAX];
        let start = &mut start[..words.len()];
        start.copy_from_slice(words);
        return blend(kind, start, &next, u64::from(at.fraction_256), 256, words);
    }
    if at.tick < newest {
        return;
    }
    let past = u64::from(at.tick.since(newest)) * 256 + u64::from(at.fraction_256);
    let past = past.min(u64::from(EXTRAPOLATE_TICKS_MAX) * 256) as i64;
    for (word, value) in words.iter_mut().enumerate() {
        let Some(spec) = kind.words.get(word) else {
            continue;
        };
        let Predictor::Carried {
            velocity,
            ratio_q32,
        } = spec.predictor
        else {
            continue;
        };
        if smoothing_of(kind, word) != Smoothing::Reckon {
            continue;
        }
        let speed = &kind.words[usize::from(velocity)];
        let speed = i64::from(from.words[usize::from(velocity)]) - i64::from(speed.zero);
        let moved = (i128::from(speed * past) * i128::from(ratio_q32)) >> 40;
        *value = (i64::from(*value) + moved as i64).clamp(0, i64::from(spec.max)) as u32;
    }
}
