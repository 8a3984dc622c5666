//! The canonical text of a schema and its comparison.

/// The first line in which two schema texts differ, said for a person.
#[must_use]
pub fn first_difference(_ours: &str, _theirs: &str) -> Option<String> {
    None
}
