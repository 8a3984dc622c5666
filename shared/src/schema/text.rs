//! The canonical text of a schema, its hash, and how two texts differ.
//!
//! Never prints what a compiler or platform chooses (type names, float formatting): every number
//! is an integer, an exact fraction, or a bit pattern. The other side's text is outside bytes.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::{Audience, FieldDef, KindDef, Motion, Range, Shape, Smoothing};
use crate::time::TickRate;

/// Characters of a foreign text that are repeated in a message.
const QUOTE_CHARS_MAX: usize = 48;

/// The canonical text: a line for each kind and field, `key name=value ...`.
pub(super) fn canonical(sections: &[(&str, &[KindDef])], rate: TickRate) -> String {
    let mut text = format!("tickwire schema 1\nrate hz={}\n", rate.get());
    for (section, kinds) in sections {
        text.push_str(&format!("section {section}\n"));
        for (number, kind) in kinds.iter().enumerate() {
            let motion = motion(kind.motion);
            text.push_str(&format!("{} number={number} motion={motion}\n", kind.name));
            let mut fields: Vec<&FieldDef> = kind.fields.iter().collect();
            fields.sort_by_key(|field| field.id);
            for field in fields {
                push_field(&mut text, kind.name, field);
            }
        }
    }
    text
}

/// FNV-1a, 64 bits.
pub(super) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

/// The first difference between two schema texts, said for a person; `None` when they are equal.
///
/// `theirs` may be any text: nothing in it can make this fail, and little of it is repeated.
#[must_use]
pub fn first_difference(ours: &str, theirs: &str) -> Option<String> {
    if ours == theirs {
        return None;
    }
    let (our_lines, their_lines) = (keyed_lines(ours), keyed_lines(theirs));
    let by_ours: BTreeMap<_, _> = our_lines.iter().cloned().collect();
    let by_theirs: BTreeMap<_, _> = their_lines.iter().cloned().collect();
    for (key, rest) in &our_lines {
        match by_theirs.get(key) {
            None => return Some(format!("{} exists only here", quote(key))),
            Some(other) if other != rest => {
                return Some(line_difference(&quote(key), rest, other));
            }
            Some(_) => {}
        }
    }
    let foreign = their_lines
        .iter()
        .find(|(key, _)| !by_ours.contains_key(key));
    Some(match foreign {
        Some((key, _)) => format!("{} exists only there", quote(key)),
        None => "the schema texts differ in the order of their lines".to_owned(),
    })
}

/// Lines as (section and first word, rest).
fn keyed_lines(text: &str) -> Vec<(String, &str)> {
    let mut section = "";
    let mut lines = Vec::new();
    for line in text.lines() {
        let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
        match first {
            "section" => section = rest,
            _ if section.is_empty() => lines.push((first.to_owned(), rest)),
            _ => lines.push((format!("{section} {first}"), rest)),
        }
    }
    lines
}

/// Names the first property in which two lines of one key differ.
fn line_difference(key: &str, ours: &str, theirs: &str) -> String {
    let (here, there) = (properties(ours), properties(theirs));
    let named = ours.split(' ').chain(theirs.split(' ')).map(property);
    for (name, _) in named {
        let named = quote(name);
        match (here.get(name), there.get(name)) {
            (Some(ours), Some(theirs)) if ours != theirs => {
                return format!(
                    "{key}: {named} is {} here, {} there",
                    quote(ours),
                    quote(theirs)
                );
            }
            (Some(ours), None) => {
                return format!("{key}: {named}={} stands only here", quote(ours));
            }
            (None, Some(theirs)) => {
                return format!("{key}: {named}={} stands only there", quote(theirs));
            }
            _ => {}
        }
    }
    format!("{key} differs in the order of its properties")
}

fn properties(line: &str) -> BTreeMap<&str, &str> {
    line.split(' ').map(property).collect()
}

fn property(word: &str) -> (&str, &str) {
    word.split_once('=').unwrap_or((word, ""))
}

/// A part of the other side's text, short and printable.
fn quote(text: &str) -> String {
    let printable = text.chars().map(|c| if c.is_control() { '?' } else { c });
    let mut quoted: String = printable.take(QUOTE_CHARS_MAX).collect();
    if text.chars().nth(QUOTE_CHARS_MAX).is_some() {
        quoted.push('…');
    }
    quoted
}

fn push_field(text: &mut String, kind: &str, field: &FieldDef) {
    let mut line = format!(
        "{kind}.{} id={} {}",
        field.name,
        field.id,
        shape(&field.shape)
    );
    let mut add = |name: &str, value: &str| {
        // Writing to a String cannot fail.
        let _ = write!(line, " {name}={value}");
    };
    match field.audience {
        Audience::All => {}
        Audience::Owner => add("only", "owner"),
        Audience::Server => add("only", "server"),
    }
    match field.smoothing {
        Smoothing::Step => {}
        Smoothing::Linear => add("smooth", "linear"),
        Smoothing::Angle => add("smooth", "angle"),
        Smoothing::Reckon => add("smooth", "reckon"),
    }
    let flags = [
        ("predict", field.predict),
        ("position", field.position),
        ("edge", field.edge),
    ];
    for (name, _) in flags.iter().filter(|(_, set)| *set) {
        add(name, "yes");
    }
    for (name, target) in [
        ("velocity_of", field.velocity_of),
        ("heading_of", field.heading_of),
    ] {
        if let Some(target) = target {
            add(name, target);
        }
    }
    if field.since != 0 {
        add("since", &field.since.to_string());
    }
    text.push_str(&line);
    text.push('\n');
}

fn shape(shape: &Shape) -> String {
    match shape {
        Shape::Scalar(r) => format!("shape=scalar {}", range(r)),
        Shape::Vec2(r) => format!("shape=vec2 {}", range(r)),
        Shape::Vec3(r) => format!("shape=vec3 {}", range(r)),
        Shape::Angle { bits, fine } => format!("shape=angle bits={bits} fine={fine}"),
        Shape::Quat { bits, fine } => format!("shape=quat bits={bits} fine={fine}"),
        Shape::Int { min, max } => format!("shape=int min={min} max={max}"),
        Shape::Bool => "shape=bool".to_owned(),
        Shape::Player => "shape=player".to_owned(),
        Shape::Entity => "shape=entity".to_owned(),
    }
}

fn range(range: &Range) -> String {
    let (min, max, step) = (number(range.min), number(range.max), number(range.step));
    format!("min={min} max={max} step={step} fine={}", range.fine)
}

fn motion(motion: Motion) -> String {
    match motion {
        Motion::Free => "free".to_owned(),
        Motion::Linear => "linear".to_owned(),
        Motion::Ballistic { axis, acceleration } => {
            format!("ballistic,{axis},{}", number(acceleration))
        }
    }
}

/// A whole number or a fraction with a power of two below; otherwise the bit pattern, after about
/// what it is in millionths.
fn number(value: f64) -> String {
    let mut below = 1u32;
    while below <= 1 << 20 {
        let above = value * f64::from(below);
        if above.abs() < 9e15 && above == (above as i64) as f64 {
            let above = above as i64;
            return match below {
                1 => above.to_string(),
                _ => format!("{above}/{below}"),
            };
        }
        below *= 2;
    }
    let millionths = (value * 1e6) as i64;
    let sign = if millionths < 0 { "-" } else { "" };
    let (whole, part) = (
        millionths.unsigned_abs() / 1_000_000,
        millionths.unsigned_abs() % 1_000_000,
    );
    format!("{sign}{whole}.{part:06}~{:016x}", value.to_bits())
}
