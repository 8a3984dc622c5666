//! Desync checks: a client says what a row of its own looks like, the room compares with history.
//!
//! Never carries a row itself: a stranger learns from an answer at most that a guess was right, and
//! only about rows it may see anyway. One byte a word is enough to name the first field that
//! differs without a second question.

use bincode::{Decode, Encode};

use super::{BoundedStr, BoundedVec};
use crate::id::{EntityId, KindId, Tick};
use crate::limits::ROW_WORDS_MAX;
use crate::schema::{Kind, Level};

/// Rows in one check at the most. A decoder refuses more.
pub const CHECK_SAMPLES_MAX: usize = 16;

/// Bytes of a field's name in an answer; a longer one is cut.
const FIELD_NAME_BYTES_MAX: usize = 64;

/// What one row looks like to a client.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Sample {
    /// Whose row.
    pub id: EntityId,
    /// A tick at which the client holds this row.
    pub tick: Tick,
    /// Whether it was sent exactly (to whoever predicts it) or at the ordinary level.
    pub exact: bool,
    /// [`row_hash`] of kind and words.
    pub hash: u64,
    /// One byte of each word's own hash.
    pub marks: BoundedVec<u8, ROW_WORDS_MAX>,
}

/// What the room says to a sample.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum SampleResult {
    /// The room's row is the same.
    Equal,
    /// It is not.
    Differs {
        /// `Kind.field` of the first word that differs.
        field: BoundedStr<FIELD_NAME_BYTES_MAX>,
    },
    /// The room cannot say: too long ago, no such entity, or not to be seen by this player.
    Unknown,
}

impl Sample {
    /// The sample of a row. `words` longer than a row can be are cut.
    #[must_use]
    pub fn of(id: EntityId, tick: Tick, level: Level, kind: KindId, words: &[u32]) -> Sample {
        Sample {
            id,
            tick,
            exact: level == Level::Exact,
            hash: row_hash(kind, words),
            marks: BoundedVec::of_first(words.iter().map(|&word| mark(word))),
        }
    }

    /// The level the sample says its row was sent at.
    #[must_use]
    pub fn level(&self) -> Level {
        if self.exact {
            Level::Exact
        } else {
            Level::Full
        }
    }

    /// Compares with the room's row, degraded to [`Sample::level`] and cut to what the player may
    /// know.
    #[must_use]
    pub fn compare(&self, id: KindId, kind: &Kind, words: &[u32]) -> SampleResult {
        if self.hash == row_hash(id, words) {
            return SampleResult::Equal;
        }
        let ours = words.iter().map(|&word| mark(word));
        let at = ours
            .zip(self.marks.iter().copied())
            .position(|(ours, theirs)| ours != theirs);
        SampleResult::Differs {
            field: BoundedStr::cut(&format!("{}.{}", kind.def.name, field_name(kind, at))),
        }
    }
}

/// A hash of a row as one side holds it; equal rows of equal kinds have equal hashes.
#[must_use]
pub fn row_hash(kind: KindId, words: &[u32]) -> u64 {
    words.iter().fold(mix(u64::from(kind.0)), |hash, &word| {
        mix(hash ^ u64::from(word))
    })
}

fn field_name(kind: &Kind, word: Option<usize>) -> &str {
    let Some(word) = word else {
        return "(kind or length)";
    };
    let field = kind.words.get(word).and_then(|spec| spec.field);
    match field.and_then(|field| kind.def.fields.get(usize::from(field))) {
        Some(field) => field.name,
        None if word == Kind::TELEPORTS => "(teleports)",
        None => "(shoves)",
    }
}

fn mark(word: u32) -> u8 {
    (mix(u64::from(word)) >> 56) as u8
}

fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
