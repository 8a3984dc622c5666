//! The rules a schema must keep, each with what to do about it.
//!
//! Never changes a declaration: a game that breaks a rule does not start.

use std::collections::BTreeSet;

use super::{Audience, FieldDef, KindDef, Motion, Range, Schema, SchemaError, Shape, Smoothing};
use crate::limits::{KINDS_MAX, ROW_WORDS_MAX, SCHEMA_TEXT_BYTES_MAX, WORD_BITS_MAX};
use crate::quantise::{Grid, QUAT_BITS_MAX, UNITS_MAX, grid_of};
use crate::time::TickRate;

/// Accelerations and speeds below this part of the top speed may be lost to rounding, in each
/// second; larger ones may not.
const DEAD_ZONE_PARTS: f64 = 64.0;

/// Checks the declarations of the four sections.
pub(super) fn check(sections: &[(&str, &[KindDef])], rate: TickRate) -> Result<(), SchemaError> {
    let kinds: usize = sections.iter().map(|(_, kinds)| kinds.len()).sum();
    if kinds > KINDS_MAX {
        return fail("schema", format!("{kinds} kinds; {KINDS_MAX} at the most"));
    }
    for (section, kinds) in sections {
        check_section(section, kinds)?;
        for kind in *kinds {
            let field_error = |field: &FieldDef, why| SchemaError {
                at: format!("{}.{}", kind.name, field.name),
                why,
            };
            for field in kind.fields {
                check_field(section, kind, field).map_err(|why| field_error(field, why))?;
                check_references(kind, field).map_err(|why| field_error(field, why))?;
                check_dead_zone(kind, field, rate).map_err(|why| field_error(field, why))?;
            }
            check_kind(section, kind)?;
        }
    }
    Ok(())
}

/// Checks what is known only after the layout.
pub(super) fn check_sizes(schema: &Schema, text: &str) -> Result<(), SchemaError> {
    let own = schema.entities.iter().chain([&schema.input]);
    for kind in own.chain(&schema.events).chain(&schema.rules) {
        let words = kind.words.len();
        if words > ROW_WORDS_MAX {
            let why = format!("{words} words in a row; {ROW_WORDS_MAX} at the most");
            return fail(kind.def.name, why);
        }
    }
    if text.len() > SCHEMA_TEXT_BYTES_MAX {
        let why = "the schema's text is too long: fewer fields or shorter names";
        return fail("schema", why.to_owned());
    }
    Ok(())
}

fn fail(at: &str, why: String) -> Result<(), SchemaError> {
    let at = at.to_owned();
    Err(SchemaError { at, why })
}

fn check_section(section: &str, kinds: &[KindDef]) -> Result<(), SchemaError> {
    if kinds.is_empty() || section == "input" && kinds.len() != 1 {
        let why = match section {
            "input" => "the input must be one struct",
            _ => "at least one kind; use () for nothing",
        };
        return fail(section, why.to_owned());
    }
    let mut names = BTreeSet::new();
    for kind in kinds {
        if !names.insert(kind.name) {
            let why = format!("two kinds of one {section} type have this name");
            return fail(kind.name, why);
        }
    }
    Ok(())
}

fn check_kind(section: &str, kind: &KindDef) -> Result<(), SchemaError> {
    let (mut ids, mut names) = (BTreeSet::new(), BTreeSet::new());
    for field in kind.fields {
        if !ids.insert(field.id) || !names.insert(field.name) {
            let at = format!("{}.{}", kind.name, field.name);
            return fail(&at, "its id or name is already taken".to_owned());
        }
    }
    if kind.fields.len() > ROW_WORDS_MAX {
        return fail(kind.name, format!("{ROW_WORDS_MAX} fields at the most"));
    }
    if kind.fields.iter().filter(|field| field.position).count() > 1 {
        return fail(kind.name, "an entity has one position".to_owned());
    }
    check_motion(section, kind).or_else(|why| fail(kind.name, why))
}

fn check_motion(section: &str, kind: &KindDef) -> Result<(), String> {
    if kind.motion == Motion::Free {
        return Ok(());
    }
    if section != "entity" {
        return Err("only entities move".to_owned());
    }
    let position = kind.fields.iter().find(|field| field.position);
    let velocity = position.and_then(|position| {
        let mut fields = kind.fields.iter();
        fields.find(|field| field.velocity_of == Some(position.name))
    });
    let Some(velocity) = velocity else {
        return Err("a declared motion needs a position and its velocity".to_owned());
    };
    if let Motion::Ballistic { axis, acceleration } = kind.motion {
        let axes = match velocity.shape {
            Shape::Vec3(_) => 3,
            Shape::Vec2(_) => 2,
            _ => 1,
        };
        if axis >= axes {
            return Err("the velocity has no such axis".to_owned());
        }
        if !acceleration.is_finite() {
            return Err("the acceleration is no number".to_owned());
        }
    }
    Ok(())
}

fn check_field(section: &str, kind: &KindDef, field: &FieldDef) -> Result<(), String> {
    if section != "entity" && field.audience != Audience::All {
        return Err("only fields of entities have an audience".to_owned());
    }
    if section != "input" && field.edge {
        return Err("only fields of inputs are edges".to_owned());
    }
    for name in [kind.name, field.name] {
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err("a name has no blanks".to_owned());
        }
    }
    check_shape(&field.shape)?;
    let (float, vector) = match field.shape {
        Shape::Scalar(_) | Shape::Vec2(_) | Shape::Vec3(_) => (true, true),
        Shape::Quat { .. } => (true, false),
        _ => (false, false),
    };
    match field.smoothing {
        Smoothing::Linear if !float => Err("smooth = linear needs a float type".to_owned()),
        Smoothing::Reckon if !vector => Err("smooth = reckon needs a position".to_owned()),
        Smoothing::Angle if !matches!(field.shape, Shape::Angle { .. }) => {
            Err("smooth = angle needs an angle".to_owned())
        }
        _ if field.position && !vector => Err("a position is f32, Vec2 or Vec3".to_owned()),
        _ if field.position && field.audience != Audience::All => {
            Err("a position is known to all; hide the entity instead".to_owned())
        }
        _ => Ok(()),
    }
}

fn check_shape(shape: &Shape) -> Result<(), String> {
    match shape {
        Shape::Scalar(range) | Shape::Vec2(range) | Shape::Vec3(range) => check_range(range),
        Shape::Angle { bits, fine } => {
            let most = UNITS_MAX.ilog2() as u8;
            check_bits(*bits, *fine, 2, most)
        }
        Shape::Quat { bits, fine } => check_bits(*bits, *fine, 3, QUAT_BITS_MAX),
        Shape::Int { min, max } => {
            let span = i128::from(*max) - i128::from(*min);
            if !(0..1i128 << WORD_BITS_MAX).contains(&span) {
                return Err(format!("the range needs 0 to {WORD_BITS_MAX} bits"));
            }
            Ok(())
        }
        Shape::Bool | Shape::Player | Shape::Entity => Ok(()),
    }
}

fn check_bits(bits: u8, fine: u8, least: u8, most: u8) -> Result<(), String> {
    if bits < least || bits > most || fine > most - bits {
        return Err(format!(
            "bits must be at least {least}, and bits + fine at most {most}"
        ));
    }
    Ok(())
}

fn check_range(range: &Range) -> Result<(), String> {
    let Range {
        min,
        max,
        step,
        fine,
    } = *range;
    if !(min.is_finite() && max.is_finite() && min < max) {
        return Err("the range must go from a number to a larger one".to_owned());
    }
    if !(step.is_normal() && step > 0.0 && step <= max - min) || fine > 16 {
        return Err("the step must be above 0 and within the range".to_owned());
    }
    let mirror_step = step / f64::from(1u32 << fine);
    let farthest = min.abs().max(max.abs()) / mirror_step;
    if farthest >= (UNITS_MAX - 1) as f64 {
        return Err(format!(
            "an f32 cannot tell {farthest:.0} steps from zero apart ({UNITS_MAX} is the most): \
             a coarser step, a smaller fine or a smaller range"
        ));
    }
    Ok(())
}

/// That `velocity_of` and `heading_of` name what they need.
fn check_references(kind: &KindDef, field: &FieldDef) -> Result<(), String> {
    let find = |name: &str| {
        let found = kind.fields.iter().find(|other| other.name == name);
        found.ok_or_else(|| format!("there is no field {name} in this kind"))
    };
    if let Some(name) = field.velocity_of {
        let position = find(name)?;
        if !same_space(&field.shape, &position.shape) {
            return Err(format!("{name} must have the same type as its velocity"));
        }
        if field.audience > position.audience {
            return Err(format!("who knows {name} must know its velocity"));
        }
        if !grid_of(&field.shape).is_some_and(|grid| has_zero(&grid)) {
            return Err("a velocity's range holds 0".to_owned());
        }
        let mut fields = kind.fields.iter();
        if fields.any(|other| other.velocity_of == Some(name) && other.name != field.name) {
            return Err(format!("{name} has another velocity too"));
        }
    }
    if let Some(name) = field.heading_of {
        let velocity = find(name)?;
        let planar = matches!(velocity.shape, Shape::Vec2(_) | Shape::Vec3(_));
        if !matches!(field.shape, Shape::Angle { .. }) || !planar {
            return Err("heading_of stands on an angle and names a velocity".to_owned());
        }
        if velocity.velocity_of.is_none() {
            return Err(format!("{name} is no velocity: it needs velocity_of"));
        }
        if field.audience > velocity.audience {
            return Err(format!("who knows {name} must know its heading"));
        }
        let mut fields = kind.fields.iter();
        if fields.any(|other| other.heading_of == Some(name) && other.name != field.name) {
            return Err(format!("{name} has another heading too"));
        }
    }
    Ok(())
}

fn has_zero(grid: &Grid) -> bool {
    (grid.low..=grid.high).contains(&grid.zero)
}

fn same_space(one: &Shape, other: &Shape) -> bool {
    matches!(
        (one, other),
        (Shape::Scalar(_), Shape::Scalar(_))
            | (Shape::Vec2(_), Shape::Vec2(_))
            | (Shape::Vec3(_), Shape::Vec3(_))
    )
}

/// The mirror is written back each tick, so what a tick changes by less than half a mirror step
/// never happens: bodies stall, drag never ends, weak accelerations do nothing.
fn check_dead_zone(kind: &KindDef, field: &FieldDef, rate: TickRate) -> Result<(), String> {
    let (Some(name), Motion::Free) = (field.velocity_of, kind.motion) else {
        return Ok(());
    };
    let position = kind.fields.iter().find(|other| other.name == name);
    let (Some(velocity), Some(position)) = (
        grid_of(&field.shape),
        position.and_then(|position| grid_of(&position.shape)),
    ) else {
        return Ok(());
    };
    let fastest = velocity.high.abs_diff(velocity.zero);
    let slowest = velocity.low.abs_diff(velocity.zero);
    let top_speed = fastest.max(slowest) as f64 * velocity.step;
    let most = top_speed / DEAD_ZONE_PARTS;
    let half_a_second = f64::from(rate.get()) / 2.0;
    let (lost_acceleration, lost_speed) =
        (velocity.step * half_a_second, position.step * half_a_second);
    if lost_acceleration > most {
        return Err(format!(
            "accelerations below {lost_acceleration:.3} units/s² are lost to rounding: give it \
             a smaller step or a larger fine"
        ));
    }
    if lost_speed > most {
        return Err(format!(
            "speeds below {lost_speed:.3} units/s are lost to rounding: give {name} a smaller \
             step or a larger fine"
        ));
    }
    Ok(())
}
