//! The rows of what this player owns: the client's own small mirror of its prediction group.
//!
//! Never holds a shown entity. It quantises, keeps hidden words and declared motion exactly as the
//! server's mirror does, so that equal steps give equal rows.

use crate::game::Frame;
use crate::id::{EntityId, KindId, PlayerId, Tick};
use crate::limits::{PREDICTION_GROUP_MAX, ROW_WORDS_MAX};
use crate::replicate::Replicate;
use crate::schema::{Audience, Kind, Motion, Schema};
use crate::snapshot::{advance, on_trajectory};

/// One own entity's row. Its words stand in the list it is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnRow {
    /// Whose row.
    pub id: EntityId,
    /// Its kind.
    pub kind: KindId,
    /// The tick from which its declared motion starts.
    pub since: Tick,
}

/// Rows sorted by id, each known up to the owner's words.
#[derive(Clone, Debug, Default)]
pub struct OwnRows {
    rows: Vec<OwnRow>,
    /// The words of each row as of its `since`, `stride` words each.
    words: Vec<u32>,
    stride: usize,
}

impl OwnRows {
    /// No rows, of a schema whose rows have at most `stride` words.
    #[must_use]
    pub fn new(stride: usize) -> OwnRows {
        OwnRows {
            stride,
            ..OwnRows::default()
        }
    }

    /// Forgets all rows and keeps the memory.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.words.clear();
    }

    /// Becomes a copy of `other` without allocating once warm.
    pub fn copy_from(&mut self, other: &OwnRows) {
        self.stride = other.stride;
        self.rows.clone_from(&other.rows);
        self.words.clone_from(&other.words);
    }

    /// The rows, sorted by id.
    #[must_use]
    pub fn rows(&self) -> &[OwnRow] {
        &self.rows
    }

    /// Where this entity stands in [`OwnRows::rows`].
    #[must_use]
    pub fn find(&self, id: EntityId) -> Option<usize> {
        self.rows.binary_search_by_key(&id, |row| row.id).ok()
    }

    /// The words of row `at` as of its `since`; empty when there is none.
    #[must_use]
    pub fn base(&self, at: usize) -> &[u32] {
        let start = at * self.stride;
        self.words.get(start..start + self.stride).unwrap_or(&[])
    }

    /// The words of row `at` at `tick`, declared motion included, in `out`; its owner-known length.
    pub fn at_tick(&self, schema: &Schema, at: usize, tick: Tick, out: &mut Vec<u32>) {
        out.clear();
        let row = self.rows.get(at);
        if let Some((row, kind)) = row.and_then(|row| Some((row, schema.entity(row.kind)?))) {
            out.extend_from_slice(&self.base(at)[..kind.owner_words]);
            advance(kind, out, tick.since(row.since));
        }
    }

    /// Adds or replaces a row. At [`PREDICTION_GROUP_MAX`] rows a further entity is refused.
    pub fn put(&mut self, row: OwnRow, words: &[u32]) -> bool {
        let at = match self.rows.binary_search_by_key(&row.id, |row| row.id) {
            Ok(at) => at,
            Err(_) if self.rows.len() >= PREDICTION_GROUP_MAX => return false,
            Err(at) => {
                self.rows.insert(at, row);
                let start = at * self.stride;
                self.words
                    .splice(start..start, core::iter::repeat_n(0, self.stride));
                at
            }
        };
        self.rows[at] = row;
        let start = at * self.stride;
        for (to, from) in self.words[start..start + self.stride].iter_mut().zip(words) {
            *to = *from;
        }
        true
    }

    /// Removes a row; false when there is none.
    pub fn remove(&mut self, id: EntityId) -> bool {
        let Some(at) = self.find(id) else {
            return false;
        };
        self.rows.remove(at);
        let start = at * self.stride;
        self.words.drain(start..start + self.stride);
        true
    }

    /// Gives a row another name: the server's name for a predicted spawn arrived.
    pub fn rename(&mut self, from: EntityId, to: EntityId) {
        let Some(at) = self.find(from) else {
            return;
        };
        let row = OwnRow {
            id: to,
            ..self.rows[at]
        };
        let mut words = [0; ROW_WORDS_MAX];
        let words = &mut words[..self.stride];
        words.copy_from_slice(self.base(at));
        self.remove(from);
        self.put(row, words);
    }

    /// Takes over what a game saved in `tick`, row by row, and fills `back` with what is now held:
    /// the write-back. Rows of entities that are not here are left out.
    pub fn apply<E: Replicate>(
        &mut self,
        schema: &Schema,
        saved: &mut Frame<E>,
        tick: Tick,
        owner: PlayerId,
        back: &mut Frame<E>,
    ) {
        for index in 0..saved.rows().len() {
            let row = saved.rows()[index];
            let found = self.find(row.id).zip(schema.entity(row.kind));
            let Some((at, kind)) = found else { continue };
            let known = kind.owner_words;
            let Some(words) = saved.words_mut(&row).get_mut(..known) else {
                continue;
            };
            self.apply_row(kind, at, row.kind, words, tick);
            back.push_row(row.id, row.kind, Audience::Owner, Some(owner), words);
        }
    }

    /// Counts a teleport (or, at another hidden word, a shove) in `tick`.
    pub fn bump(&mut self, schema: &Schema, id: EntityId, tick: Tick, word: fn(&Kind) -> usize) {
        let Some(at) = self.find(id) else { return };
        let row = &mut self.rows[at];
        let Some(kind) = schema.entity(row.kind) else {
            return;
        };
        let start = at * self.stride;
        let words = &mut self.words[start..start + kind.owner_words];
        advance(kind, words, tick.since(row.since));
        row.since = tick;
        let at = word(kind);
        words[at] = (words[at] + 1) & kind.words[at].max;
    }

    fn apply_row(&mut self, kind: &Kind, at: usize, id: KindId, words: &mut [u32], tick: Tick) {
        let start = at * self.stride;
        let stored = &mut self.words[start..start + kind.owner_words];
        let row = &mut self.rows[at];
        let fresh = row.since == Tick::ZERO;
        if !fresh {
            words[Kind::TELEPORTS] = stored[Kind::TELEPORTS];
            words[kind.shoves()] = stored[kind.shoves()];
        }
        if !fresh && kind.def.motion != Motion::Free {
            let mut expected = [0u32; ROW_WORDS_MAX];
            let expected = &mut expected[..stored.len()];
            expected.copy_from_slice(stored);
            advance(kind, expected, tick.since(row.since));
            if on_trajectory(kind, expected, words) {
                words.copy_from_slice(expected);
                return;
            }
        }
        row.kind = id;
        row.since = tick;
        stored.copy_from_slice(words);
    }
}
