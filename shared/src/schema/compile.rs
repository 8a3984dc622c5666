//! From declarations to rows of words: layout, predictors and coding order.
//!
//! Never accepts what the lint refuses, and never looks at values: rows are laid out once, when a
//! room or a client starts.

use core::fmt;

use super::{
    Audience, FieldDef, Kind, KindDef, Motion, Predictor, Schema, Shape, Smoothing, WordSpec, lint,
    text,
};
use crate::limits::{ENTITIES_MAX, SEATS_MAX};
use crate::quantise::{Grid, grid_of, round};
use crate::time::TickRate;

/// Bits that level Coarse leaves out beyond those of level Full.
const COARSE_BITS: u8 = 3;

/// A declaration breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaError {
    /// Kind and field, as `Kind.field`.
    pub at: String,
    /// What is wrong and what to do.
    pub why: String,
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.why)
    }
}

impl core::error::Error for SchemaError {}

impl Schema {
    /// Checks the declarations and lays out rows.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn compile(
        entities: &[KindDef],
        input: &[KindDef],
        events: &[KindDef],
        rules: &[KindDef],
        rate: TickRate,
    ) -> Result<Schema, SchemaError> {
        let sections = [
            ("entity", entities),
            ("input", input),
            ("event", events),
            ("rules", rules),
        ];
        lint::check(&sections, rate)?;
        let lay_out = |kinds: &[KindDef], entity| -> Vec<Kind> {
            kinds.iter().map(|def| kind(def, entity, rate)).collect()
        };
        let entities = lay_out(entities, true);
        let schema = Schema {
            stride: entities.iter().map(|k| k.words.len()).max().unwrap_or(0),
            entities,
            input: kind(&input[0], false, rate),
            events: lay_out(events, false),
            rules: lay_out(rules, false),
            tick_hz: rate.get(),
            text: String::new(),
            hash: 0,
        };
        let text = text::canonical(&sections, rate);
        lint::check_sizes(&schema, &text)?;
        Ok(Schema {
            hash: text::hash(&text),
            text,
            ..schema
        })
    }
}

/// Lays out one kind.
fn kind(def: &KindDef, entity: bool, rate: TickRate) -> Kind {
    let mut words = Vec::new();
    let mut field_words = vec![0; def.fields.len()];
    let mut ends = [0; 3];
    let audiences = [Audience::All, Audience::Owner, Audience::Server];
    for (end, audience) in ends.iter_mut().zip(audiences) {
        if entity {
            words.extend(hidden_word(audience));
        }
        for at in sorted_by_id(def, audience) {
            field_words[at] = words.len() as u8;
            push_words(&mut words, at, &def.fields[at], entity);
        }
        *end = words.len();
    }
    let mut kind = Kind {
        def: *def,
        words,
        public_words: ends[0],
        owner_words: ends[1],
        entity,
        order: Vec::new(),
        field_words,
        gain_q16: Vec::new(),
    };
    choose_predictors(&mut kind, rate);
    kind.gain_q16 = gains(&kind, rate);
    kind.order = coding_order(&kind);
    kind
}

/// Indices of the fields of one audience, by id.
fn sorted_by_id(def: &KindDef, audience: Audience) -> Vec<usize> {
    let mut fields: Vec<usize> = (0..def.fields.len())
        .filter(|&at| def.fields[at].audience == audience)
        .collect();
    fields.sort_by_key(|&at| def.fields[at].id);
    fields
}

/// The framework's own word at the head of an audience's words: teleports and shoves.
fn hidden_word(audience: Audience) -> Option<WordSpec> {
    let bits = match audience {
        Audience::All => 2,
        Audience::Owner => 4,
        Audience::Server => return None,
    };
    let counter = WordSpec {
        wraps: true,
        audience,
        ..name_word(bits, (1 << bits) - 1)
    };
    Some(counter)
}

/// Appends the words of one field.
fn push_words(words: &mut Vec<WordSpec>, at: usize, field: &FieldDef, entity: bool) {
    for word in shape_words(&field.shape, entity) {
        words.push(WordSpec {
            field: Some(at as u8),
            audience: field.audience,
            predict: field.predict,
            rare: is_rare(field),
            ..word
        });
    }
}

/// The words of a shape. Only words of entities are ever shifted.
fn shape_words(shape: &Shape, entity: bool) -> Vec<WordSpec> {
    // Whole numbers stay whole when far away.
    let shifted = entity && !matches!(shape, Shape::Int { .. });
    let number = || grid_of(shape).map(|grid| number_word(&grid, shifted));
    match shape {
        Shape::Scalar(_) | Shape::Angle { .. } | Shape::Int { .. } => Vec::from_iter(number()),
        Shape::Vec2(_) => number().into_iter().cycle().take(2).collect(),
        Shape::Vec3(_) => number().into_iter().cycle().take(3).collect(),
        Shape::Quat { .. } => {
            let three = number().into_iter().cycle().take(3);
            [name_word(2, 3)].into_iter().chain(three).collect()
        }
        Shape::Bool => vec![name_word(1, 1)],
        Shape::Player => vec![name_word(13, u32::from(SEATS_MAX))],
        Shape::Entity => vec![name_word(19, ENTITIES_MAX), name_word(16, 0xFFFF)],
    }
}

/// A word whose values are names: no order, no zero, no shifts.
fn name_word(bits: u8, max: u32) -> WordSpec {
    WordSpec {
        field: None,
        bits,
        full_shift: 0,
        coarse_shift: 0,
        max,
        zero: 0,
        wraps: false,
        audience: Audience::All,
        predict: false,
        rare: true,
        predictor: Predictor::Hold,
    }
}

/// A word on a grid. The largest legal word is such that no level degrades a word beyond it;
/// reading clamps to the range.
fn number_word(grid: &Grid, shifted: bool) -> WordSpec {
    let high = grid.high.clamp(0, i64::from(u32::MAX)) as u32;
    let bits = (u32::BITS - high.leading_zeros()) as u8;
    let limit = bits.saturating_sub(1);
    let (full, coarse) = if shifted {
        (grid.fine.min(limit), (grid.fine + COARSE_BITS).min(limit))
    } else {
        (0, 0)
    };
    WordSpec {
        full_shift: full,
        coarse_shift: coarse,
        zero: grid.zero.clamp(0, i64::from(high)) as u32,
        wraps: grid.wraps,
        ..name_word(bits, high | ((1u32 << coarse) - 1))
    }
}

/// Whether a field seldom changes: it neither moves the entity nor is drawn in motion.
fn is_rare(field: &FieldDef) -> bool {
    !(field.position
        || field.velocity_of.is_some()
        || field.heading_of.is_some()
        || field.smoothing != Smoothing::Step)
}

/// The index of a field by name.
fn named(def: &KindDef, name: Option<&str>) -> Option<usize> {
    let name = name?;
    def.fields.iter().position(|field| field.name == name)
}

fn choose_predictors(kind: &mut Kind, rate: TickRate) {
    let def = kind.def;
    for (at, field) in def.fields.iter().enumerate() {
        let first = kind.field_words[at];
        if let Some(position) = named(&def, field.velocity_of) {
            carry(kind, first, position, rate);
        }
        let Some(velocity) = named(&def, field.heading_of) else {
            continue;
        };
        if matches!(def.fields[velocity].shape, Shape::Vec2(_)) {
            turn(kind, first, kind.field_words[velocity]);
        }
    }
}

/// A position's words follow the velocity that starts at word `first`.
fn carry(kind: &mut Kind, first: u8, position: usize, rate: TickRate) {
    let def = kind.def;
    let target = kind.field_words[position];
    let Some(velocity) = kind.words[usize::from(first)].field else {
        return;
    };
    let step_of = |at: usize| grid_of(&def.fields[at].shape).map_or(1.0, |grid| grid.step);
    let a_tick = step_of(position) * f64::from(rate.get());
    let ratio = step_of(usize::from(velocity)) / a_tick;
    for axis in 0..axes(&def.fields[position].shape) {
        kind.words[usize::from(target + axis)].predictor = Predictor::Carried {
            velocity: first + axis,
            ratio_q32: round(ratio * (1u64 << 32) as f64),
        };
    }
}

/// A planar velocity's words turn with the heading.
fn turn(kind: &mut Kind, heading: u8, velocity: u8) {
    for (axis, sine) in [(0, -1), (1, 1)] {
        kind.words[usize::from(velocity + axis)].predictor = Predictor::Turned {
            heading,
            other: velocity + 1 - axis,
            sine,
        };
    }
}

/// What a ballistic motion adds to each word every tick, in 1/65536 words.
fn gains(kind: &Kind, rate: TickRate) -> Vec<i64> {
    let Motion::Ballistic { axis, acceleration } = kind.def.motion else {
        return Vec::new();
    };
    let fields = kind.def.fields;
    let position = fields.iter().find(|field| field.position);
    let velocity = position.and_then(|position| {
        let of = Some(position.name);
        fields.iter().position(|field| field.velocity_of == of)
    });
    let mut gains = vec![0; kind.words.len()];
    if let Some(at) = velocity
        && let Some(grid) = grid_of(&fields[at].shape)
    {
        let a_tick = acceleration / f64::from(rate.get()) / grid.step;
        gains[usize::from(kind.field_words[at] + axis)] = round(a_tick * 65_536.0);
    }
    gains
}

/// Words of a moving shape.
fn axes(shape: &Shape) -> u8 {
    match shape {
        Shape::Vec3(_) => 3,
        Shape::Vec2(_) => 2,
        _ => 1,
    }
}

/// Words that travel, each after those it is predicted from: headings, velocities, positions,
/// other lively words, rare ones.
fn coding_order(kind: &Kind) -> Vec<u8> {
    let class = |at: &u8| {
        let word = &kind.words[usize::from(*at)];
        let field = word.field.map(|at| &kind.def.fields[usize::from(at)]);
        match field {
            Some(field) if field.heading_of.is_some() => 0,
            Some(field) if field.velocity_of.is_some() => 1,
            Some(field) if field.position => 2,
            _ if matches!(word.predictor, Predictor::Carried { .. }) => 2,
            _ if !word.rare => 3,
            _ => 4,
        }
    };
    let mut order: Vec<u8> = (0..kind.owner_words as u8).collect();
    order.sort_by_key(class);
    order
}
