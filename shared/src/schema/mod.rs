//! The schema: what a game replicates, as data that every generic part of Tickwire is driven by.
//!
//! It never looks at a game type: the derive declares [`KindDef`]s, [`Schema::compile`] checks them
//! and lays out rows of words. Two sides may talk only when their schema hashes are equal.

mod compile;
mod lint;
#[cfg(test)]
mod tests;
mod text;

pub use compile::SchemaError;
pub use text::first_difference;

use crate::id::KindId;

/// Who may know a word; a row is known up to one of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audience {
    /// Everybody who sees the entity.
    #[default]
    All,
    /// The owning player too.
    Owner,
    /// The server alone.
    Server,
}

/// How fine a row is sent: a right shift of the mirror's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The mirror's own words: what a predictor needs.
    Exact,
    /// The declared step: what everybody else gets.
    Full,
    /// Fewer bits: for what is far away.
    Coarse,
}

/// How a drawn value follows its confirmed rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Smoothing {
    /// It jumps to each new value.
    #[default]
    Step,
    /// Straight between two rows.
    Linear,
    /// The short way round between two rows.
    Angle,
    /// Along its velocity when no newer row came.
    Reckon,
}

/// A declared trajectory; a row on it counts as unchanged.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Motion {
    /// No declared trajectory.
    #[default]
    Free,
    /// Position advances by velocity.
    Linear,
    /// As linear, and the velocity's axis (0 x, 1 y, 2 z) changes by so many units/s each second.
    Ballistic {
        /// 0 for x, 1 for y, 2 for z.
        axis: u8,
        /// Units per second squared.
        acceleration: f64,
    },
}

/// The range of a scalar and its step on the wire at level Full.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Step on the wire at level Full, in the value's unit.
    pub step: f64,
    /// The mirror's step is `step / 2^fine`.
    pub fine: u8,
}

/// What a field holds and how finely.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// One float.
    Scalar(Range),
    /// Two floats.
    Vec2(Range),
    /// Three floats.
    Vec3(Range),
    /// Radians, wrapping; `bits` on the wire at level Full.
    Angle {
        /// Bits at level Full.
        bits: u8,
        /// Extra bits in the mirror.
        fine: u8,
    },
    /// A unit quaternion by its smallest three; `bits` each at level Full.
    Quat {
        /// Bits of each of the three at level Full.
        bits: u8,
        /// Extra bits of each in the mirror.
        fine: u8,
    },
    /// A whole number from `min` to `max`.
    Int {
        /// Smallest value.
        min: i64,
        /// Largest value.
        max: i64,
    },
    /// True or false.
    Bool,
    /// A player, or none.
    Player,
    /// An entity (slot and generation), or none.
    Entity,
}

/// A declared field, as the derive writes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FieldDef {
    /// Explicit number; unique in its kind, never reused.
    pub id: u8,
    /// Its name in the source.
    pub name: &'static str,
    /// What it holds.
    pub shape: Shape,
    /// Who may know it.
    pub audience: Audience,
    /// How it is drawn.
    pub smoothing: Smoothing,
    /// Whether the owner's client predicts it, so that a difference is a misprediction.
    pub predict: bool,
    /// Whether it is this entity's place in space.
    pub position: bool,
    /// Name of the position this is the velocity of (units per second).
    pub velocity_of: Option<&'static str>,
    /// Name of the velocity this angle points along.
    pub heading_of: Option<&'static str>,
    /// For inputs: true when it is an edge (a tap), cleared when an input is repeated.
    pub edge: bool,
    /// Protocol version of the game since which it exists.
    pub since: u16,
}

/// A declared kind, as the derive writes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KindDef {
    /// Its name in the source.
    pub name: &'static str,
    /// Its fields.
    pub fields: &'static [FieldDef],
    /// Its declared trajectory.
    pub motion: Motion,
}

/// How the residual of a word is predicted from the one baseline row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Predictor {
    /// It stays.
    Hold,
    /// A velocity, turned by how much `heading` turned since the baseline. `other` is the
    /// velocity's other axis and `sine` +1 or -1: this axis = base * cos + sine * base_other * sin.
    Turned {
        /// Word of the heading (already coded).
        heading: u8,
        /// Word of the velocity's other axis.
        other: u8,
        /// Sign of the sine.
        sine: i8,
    },
    /// A position: baseline + mean of baseline and current velocity over the age.
    Carried {
        /// Word of the velocity (already coded).
        velocity: u8,
        /// Position words per velocity word and tick, times 2^32.
        ratio_q32: i64,
    },
}

/// One word of a compiled row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WordSpec {
    /// Index of its field in the kind's fields; `None` for the framework's hidden words.
    pub field: Option<u8>,
    /// Bits in the mirror.
    pub bits: u8,
    /// Right shift at level Full.
    pub full_shift: u8,
    /// Right shift at level Coarse.
    pub coarse_shift: u8,
    /// The largest mirror word that is legal.
    pub max: u32,
    /// The mirror word that means zero (velocities).
    pub zero: u32,
    /// Whether differences wrap around (angles).
    pub wraps: bool,
    /// Who may know it.
    pub audience: Audience,
    /// Whether a difference is a misprediction.
    pub predict: bool,
    /// Whether it changes seldom and stands behind the row's one rare flag.
    pub rare: bool,
    /// How it is predicted.
    pub predictor: Predictor,
}

impl WordSpec {
    /// The right shift of this word at `level`.
    #[must_use]
    pub fn shift(&self, level: Level) -> u8 {
        match level {
            Level::Exact => 0,
            Level::Full => self.full_shift,
            Level::Coarse => self.coarse_shift,
        }
    }
}

/// What a mirror word still says after it was sent with `shift` fewer bits: the centre of the
/// values that share the sent bits. Idempotent.
#[inline]
#[must_use]
pub fn degrade(word: u32, shift: u8) -> u32 {
    restore(word >> shift, shift)
}

/// The mirror word a sent word stands for.
#[inline]
#[must_use]
pub fn restore(sent: u32, shift: u8) -> u32 {
    if shift == 0 {
        sent
    } else {
        sent << shift | 1 << (shift - 1)
    }
}

/// A compiled kind: the layout of its rows.
///
/// Row order: hidden `teleports`, public words, hidden `shoves`, owner words, server words. Types
/// that are not entities (inputs, events, rules) have no hidden words.
#[derive(Clone, Debug, PartialEq)]
pub struct Kind {
    /// Its declaration.
    pub def: KindDef,
    /// All words of a full row, in row order.
    pub words: Vec<WordSpec>,
    /// Words known to everybody (a prefix of the row, hidden `teleports` included).
    pub public_words: usize,
    /// Words known to the owner (a longer prefix, hidden `shoves` included).
    pub owner_words: usize,
    /// Whether rows have the hidden words.
    pub entity: bool,
    /// Order in which words are coded, so that each predictor's inputs are coded before it.
    /// Lists non-rare words first; holds each word index once.
    pub order: Vec<u8>,
    /// First word of each field, by field index.
    pub field_words: Vec<u8>,
    /// What a ballistic motion adds to each word every tick, in 1/65536 words; empty for kinds
    /// without one.
    pub gain_q16: Vec<i64>,
}

impl Kind {
    /// Words of a row known to this audience.
    #[must_use]
    pub fn row_words(&self, known: Audience) -> usize {
        match known {
            Audience::All => self.public_words,
            Audience::Owner => self.owner_words,
            Audience::Server => self.words.len(),
        }
    }

    /// The hidden word that counts teleports; only entities have it.
    pub const TELEPORTS: usize = 0;

    /// The hidden word that counts shoves; only entities have it.
    #[must_use]
    pub fn shoves(&self) -> usize {
        self.public_words
    }
}

/// A game's compiled schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    /// Kinds of the entity type.
    pub entities: Vec<Kind>,
    /// The input type's only kind.
    pub input: Kind,
    /// Kinds of the event type.
    pub events: Vec<Kind>,
    /// Kinds of the rules type.
    pub rules: Vec<Kind>,
    /// Words of the longest entity row: the stride of a mirror block.
    pub stride: usize,
    /// Ticks a second, part of the schema because predictors use it.
    pub tick_hz: u16,
    /// Canonical text.
    pub text: String,
    /// Hash of the canonical text.
    pub hash: u64,
}

impl Schema {
    /// The compiled kind of an entity, if there is such a kind.
    #[must_use]
    pub fn entity(&self, kind: KindId) -> Option<&Kind> {
        self.entities.get(usize::from(kind.0))
    }
}
