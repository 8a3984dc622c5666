//! From declarations to rows of words: layout, predictors, coding order and lint.

use crate::schema::{KindDef, Schema};
use crate::time::TickRate;

/// Bits of an entity reference: slot and generation, as two words.
#[derive(Clone, Copy, Debug)]
pub struct EntityRefWords;

/// A declaration breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaError {
    /// Kind and field, as `Kind.field`.
    pub at: String,
    /// What is wrong and what to do.
    pub why: String,
}

impl Schema {
    /// Checks the declarations and lays out rows.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn compile(
        _entities: &[KindDef],
        _input: &[KindDef],
        _events: &[KindDef],
        _rules: &[KindDef],
        _rate: TickRate,
    ) -> Result<Schema, SchemaError> {
        Err(SchemaError {
            at: String::new(),
            why: String::new(),
        })
    }
}
