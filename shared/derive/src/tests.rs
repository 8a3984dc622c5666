//! What the derive refuses, and why it says so.

use syn::parse_str;

use crate::expand;

/// Expands `source` and returns the error's text, or "fine".
fn said(source: &str) -> String {
    let input = parse_str(source).expect("the test's source is Rust");
    expand(&input).map_or_else(|error| error.to_string(), |_| "fine".to_owned())
}

/// Checks a struct of these fields.
fn check(fields: &str, expected: &str) {
    let said = said(&format!("struct Thing {{ {fields} }}"));
    assert!(said.starts_with(expected), "{fields}: {said}");
}

#[test]
fn legal_fields_are_fine() {
    check("", "fine");
    check("#[net(id = 0)] a: u8, #[net(id = 1)] b: bool", "fine");
    check(
        "#[net(id = 0, range = -1.0..=1.0, step = 0.1)] a: glam::Vec3",
        "fine",
    );
    check(
        "#[net(id = 0, only = owner)] a: Option<Option<EntityId>>",
        "fine",
    );
    check(
        "#[net(id = 0, only = server, range = 0..=9)] a: Option<i32>",
        "fine",
    );
    check("#[net(id = 0, angle, bits = 10, fine = 2)] a: f32", "fine");
}

#[test]
fn fields_that_make_no_sense_are_refused() {
    check("a: u8", "this field needs #[net(id = n");
    check(
        "#[net(id = 0)] a: u8, #[net(id = 0)] b: u8",
        "id 0 is taken by `a`",
    );
    check("#[net(id = 256)] a: u8", "number too large");
    check("#[net(id = 0)] a: f32", "a float needs");
    check(
        "#[net(id = 0, range = 0.0..1.0, step = 0.1)] a: f32",
        "expected `first..=last`",
    );
    check("#[net(id = 0)] a: u32", "needs `range = a..=b`");
    check("#[net(id = 0, bits = 33)] a: u32", "at most 32 bits");
    check(
        "#[net(id = 0, bits = 3, range = 0..=1)] a: u32",
        "either range or bits",
    );
    check(
        "#[net(id = 0, bits = 3)] a: bool",
        "this type has one fixed shape",
    );
    check(
        "#[net(id = 0, angle, bits = 8)] a: u8",
        "an angle is an f32",
    );
    check("#[net(id = 0)] a: Quat", "needs `bits = n`");
    check("#[net(id = 0)] a: String", "a field is f32");
    check("#[net(id = 0)] a: Option<u8>", "Option is for");
    check("#[net(id = 0, only = owner)] a: u8", "a field with `only`");
    check(
        "#[net(id = 0, only = friends)] a: Option<u8>",
        "expected one of: owner",
    );
    check(
        "#[net(id = 0, smooth = much)] a: u8",
        "expected one of: linear",
    );
    check("#[net(id = 0, fine = 17)] a: u8", "fine is at most 16");
    check(
        "#[net(id = 0, quick)] a: u8",
        "unknown attribute of a field",
    );
    check(
        "#[net(id = 0, velocity_of = b)] a: u8",
        "no field of this kind",
    );
}

#[test]
fn kinds_that_make_no_sense_are_refused() {
    let check = |source: &str, expected: &str| {
        let said = said(source);
        assert!(said.starts_with(expected), "{source}: {said}");
    };
    check("struct Nothing;", "fine");
    check(
        "enum Event { Over, Hit { #[net(id = 0)] by: PlayerId }, Other(Thing) }",
        "fine",
    );
    check("struct Pair(u8, u8);", "replicated fields have names");
    check(
        "struct Any<T> { a: T }",
        "a replicated type has no generics",
    );
    check("enum Never {}", "an enum needs a variant");
    check("union Both { a: u8 }", "a union cannot");
    check("enum Two { Both(A, B) }", "replicated fields have names");
    check("#[net(motion = linear)] struct A;", "fine");
    check(
        "#[net(motion = ballistic(axis = y, acceleration = -9.8))] struct A;",
        "fine",
    );
    check(
        "#[net(motion = ballistic(axis = w, acceleration = 1.0))] struct A;",
        "ballistic needs",
    );
    check("#[net(motion = wild)] struct A;", "expected `linear`");
    check("#[net(speed = 1)] struct A;", "unknown attribute of a kind");
}
