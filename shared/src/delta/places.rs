//! Which table a residual is coded by, and where that stands in one flat list.
//!
//! Never knows a table: it counts them.

use crate::schema::{Kind, Schema};

/// Age buckets of the baseline.
pub const AGES: usize = 10;

/// Contexts of a residual: what the row's previous residual was like. A body that did not turn did
/// not change its velocity either, so the first residuals foretell the later ones.
pub const CONTEXTS: usize = 3;

/// The context that a folded residual makes for the next one: zero, small or large.
#[inline]
#[must_use]
pub fn context_after(folded: u32) -> usize {
    match folded {
        0 => 0,
        1..=7 => 1,
        _ => 2,
    }
}

/// Which table a residual is coded by.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Level Exact has tables of its own.
    pub exact: bool,
    /// The kind's number.
    pub kind: usize,
    /// The word's number.
    pub word: usize,
    /// The age bucket; see [`age_bucket`].
    pub bucket: usize,
    /// The context; see [`context_after`].
    pub context: usize,
}

/// The bucket of an age in ticks.
#[inline]
#[must_use]
pub fn age_bucket(age: u32) -> usize {
    match age {
        0 | 1 => 0,
        2 => 1,
        3 => 2,
        4 => 3,
        5 | 6 => 4,
        7 | 8 => 5,
        9..=12 => 6,
        13..=16 => 7,
        17..=32 => 8,
        _ => 9,
    }
}

/// Where each place stands in one flat list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Places {
    kind_starts: Vec<usize>,
    /// Start of each word and whether it has a table for each age and context.
    words: Vec<(usize, bool)>,
    level: usize,
}

impl Places {
    pub(super) fn of(schema: &Schema) -> Places {
        let mut places = Places {
            kind_starts: Vec::new(),
            words: Vec::new(),
            level: 0,
        };
        for kind in &schema.entities {
            places.kind_starts.push(places.words.len());
            for word in 0..kind.words.len() {
                let count = places_of_word(kind, word);
                places.words.push((places.level, count > 1));
                places.level += count;
            }
        }
        places
    }

    pub(super) fn count(&self) -> usize {
        2 * self.level
    }

    #[inline]
    pub(super) fn index(&self, place: Place) -> usize {
        let (start, many) = self.words[self.kind_starts[place.kind] + place.word];
        let within = if many {
            place.bucket * CONTEXTS + place.context
        } else {
            0
        };
        usize::from(!place.exact) * self.level + start + within
    }
}

pub(super) fn places_of_word(kind: &Kind, word: usize) -> usize {
    if kind.words[word].rare {
        1
    } else {
        AGES * CONTEXTS
    }
}
