//! What the lint refuses, and where it says the fault is.

use super::Thing;
use super::{Command, RATE, Scored};
use crate::replicate::Replicate;
use crate::schema::{Audience, FieldDef, KindDef, Motion, Range, Schema, Shape, Smoothing};

fn field(id: u8, name: &'static str, shape: Shape) -> FieldDef {
    FieldDef {
        id,
        name,
        shape,
        audience: Audience::All,
        smoothing: Smoothing::Step,
        predict: false,
        position: false,
        velocity_of: None,
        heading_of: None,
        edge: false,
        since: 0,
    }
}

fn scalar(min: f64, max: f64, step: f64, fine: u8) -> Shape {
    Shape::Vec2(Range {
        min,
        max,
        step,
        fine,
    })
}

/// Compiles one entity kind of these fields and returns where the lint objects.
fn objection(fields: Vec<FieldDef>, motion: Motion) -> String {
    let kind = KindDef {
        name: "Bad",
        fields: fields.leak(),
        motion,
    };
    let compiled = Schema::compile(&[kind], Command::KINDS, <()>::KINDS, <()>::KINDS, RATE);
    match compiled {
        Ok(_) => "none".to_owned(),
        Err(error) => error.to_string(),
    }
}

fn check(fields: Vec<FieldDef>, expected: &str) {
    let objection = objection(fields, Motion::Free);
    assert!(objection.starts_with(expected), "{objection}");
}

#[test]
fn nonsense_is_named() {
    check(vec![field(0, "a", Shape::Bool)], "none");
    check(
        vec![field(0, "a", Shape::Bool), field(0, "b", Shape::Bool)],
        "Bad.b: its id",
    );
    check(
        vec![field(0, "a", scalar(1.0, 1.0, 0.1, 4))],
        "Bad.a: the range",
    );
    check(
        vec![field(0, "a", scalar(0.0, f64::NAN, 0.1, 4))],
        "Bad.a: the range",
    );
    check(
        vec![field(0, "a", scalar(0.0, 1.0, 0.0, 4))],
        "Bad.a: the step",
    );
    check(
        vec![field(0, "a", scalar(0.0, 1.0, 2.0, 4))],
        "Bad.a: the step",
    );
    check(
        vec![field(0, "a", scalar(0.0, 1e6, 0.01, 4))],
        "Bad.a: an f32 cannot",
    );
    check(
        vec![field(0, "a", Shape::Int { min: 1, max: 0 })],
        "Bad.a: the range",
    );
    check(
        vec![field(0, "a", Shape::Angle { bits: 23, fine: 4 })],
        "Bad.a: bits",
    );
    check(
        vec![field(0, "a", Shape::Quat { bits: 30, fine: 0 })],
        "Bad.a: bits",
    );
    let edge = FieldDef {
        edge: true,
        ..field(0, "a", Shape::Bool)
    };
    check(vec![edge], "Bad.a: only fields of inputs");
    let lost = FieldDef {
        velocity_of: Some("b"),
        ..field(0, "a", scalar(-1.0, 1.0, 0.01, 4))
    };
    check(vec![lost], "Bad.a: there is no field b");
    let smooth = FieldDef {
        smoothing: Smoothing::Linear,
        ..field(0, "a", Shape::Bool)
    };
    check(vec![smooth], "Bad.a: smooth = linear");
    let many = (0..47).map(|id| field(id, ["n"; 1][0], Shape::Bool));
    let many = many.map(|f| FieldDef {
        name: format!("n{}", f.id).leak(),
        ..f
    });
    check(many.collect(), "Bad: 49 words");
    let still = objection(vec![field(0, "a", Shape::Bool)], Motion::Linear);
    assert!(still.starts_with("Bad: a declared motion"), "{still}");
}

#[test]
fn steps_too_coarse_for_the_tick_rate_are_named() {
    let body = |velocity_fine, position_fine| {
        let position = FieldDef {
            position: true,
            ..field(0, "pos", scalar(-1000.0, 1000.0, 1.0 / 16.0, position_fine))
        };
        let velocity = FieldDef {
            velocity_of: Some("pos"),
            ..field(1, "vel", scalar(-40.0, 40.0, 1.0 / 16.0, velocity_fine))
        };
        vec![position, velocity]
    };
    check(body(4, 4), "none");
    check(body(0, 4), "Bad.vel: accelerations below 1.875");
    check(body(4, 0), "Bad.vel: speeds below 1.875");
    assert_eq!(objection(body(0, 0), Motion::Linear), "none");
}

#[test]
fn an_input_is_one_kind() {
    let twice = [Command::KINDS[0], Scored::KINDS[0]];
    let compiled = Schema::compile(Thing::KINDS, &twice, <()>::KINDS, <()>::KINDS, RATE);
    assert_eq!(
        compiled.map_err(|error| error.at).err().as_deref(),
        Some("input")
    );
}
