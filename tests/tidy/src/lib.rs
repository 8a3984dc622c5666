//! Rules about the source tree that the compiler does not check, as plain functions over text.
//!
//! This crate never changes a file and depends on nothing, so that it answers within seconds. Each
//! rule has a test with a planted violation beside it, so that a rule that sees nothing fails; the
//! test `tree` applies them all to the workspace.

pub mod docs;
pub mod imports;
pub mod lexer;
pub mod lock;
pub mod paths;
pub mod shape;
pub mod source;
pub mod words;

use std::fmt;

/// One place that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// File, relative to the workspace, with `/` between folders.
    pub file: String,
    /// Line, counted from 1.
    pub line: usize,
    /// What is wrong and what the rule is.
    pub text: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.file, self.line, self.text)
    }
}
