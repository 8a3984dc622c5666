//! How long files, functions and lines may be, and what each file opens with.
//!
//! It never asks for a shorter text than the limits say: they are ceilings, not aims.

use crate::Violation;
use crate::source::{Source, item_end};

/// Lines a file may have.
const FILE_LINES_MAX: usize = 500;

/// Lines a function may have, from its `fn` to its last brace.
const FUNCTION_LINES_MAX: usize = 70;

/// Characters a line may have.
const LINE_CHARS_MAX: usize = 100;

/// Every rule of this module.
#[must_use]
pub fn misshapen(source: &Source) -> Vec<Violation> {
    if !source.is_rust() {
        return Vec::new();
    }
    let mut found = wide_lines(source);
    found.extend(long_file(source));
    found.extend(long_functions(source));
    found.extend(undocumented(source));
    found
}

fn violation(source: &Source, line: usize, text: String) -> Violation {
    Violation {
        file: source.path.clone(),
        line: line + 1,
        text,
    }
}

fn wide_lines(source: &Source) -> Vec<Violation> {
    let widths = source
        .text
        .lines()
        .map(|line| line.chars().count())
        .enumerate();
    widths
        .filter(|(_, width)| *width > LINE_CHARS_MAX)
        .map(|(line, width)| violation(source, line, format!("{width} characters wide")))
        .collect()
}

fn long_file(source: &Source) -> Option<Violation> {
    let lines = source.text.lines().count();
    (lines > FILE_LINES_MAX).then(|| violation(source, 0, format!("a file of {lines} lines")))
}

fn long_functions(source: &Source) -> Vec<Violation> {
    let lines: Vec<&str> = source.code.lines().collect();
    let mut found = Vec::new();
    for (start, text) in lines.iter().enumerate() {
        let Some(name) = function_name(text) else {
            continue;
        };
        let length = item_end(&lines, start) - start + 1;
        if length > FUNCTION_LINES_MAX {
            found.push(violation(
                source,
                start,
                format!("`{name}` has {length} lines"),
            ));
        }
    }
    found
}

/// The name after `fn` in a line that declares a function.
fn function_name(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace();
    words.find(|word| *word == "fn")?;
    let name = words.next()?;
    name.split(|symbol: char| !symbol.is_alphanumeric() && symbol != '_')
        .next()
}

fn undocumented(source: &Source) -> Option<Violation> {
    let opens_with_docs = source.text.lines().next().is_some_and(|line| {
        line.strip_prefix("//!")
            .is_some_and(|text| !text.trim().is_empty())
    });
    let text = "does not open with `//!` and what the file is for".to_owned();
    (!opens_with_docs).then(|| violation(source, 0, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(usize, String)> {
        let all = misshapen(&Source::new("shared/src/a.rs", text));
        all.into_iter()
            .map(|found| (found.line, found.text))
            .collect()
    }

    #[test]
    fn finds_a_wide_line() {
        let text = format!("//! A.\n// {}\n", "x".repeat(98));
        assert_eq!(found(&text), [(2, "101 characters wide".to_owned())]);
    }

    #[test]
    fn finds_a_long_file() {
        let text = format!("//! A.\n{}", "const A: u8 = 1;\n".repeat(500));
        assert_eq!(found(&text), [(1, "a file of 501 lines".to_owned())]);
    }

    #[test]
    fn finds_a_long_function_and_not_its_neighbour() {
        let body = "    step();\n".repeat(69);
        let text = format!("//! A.\nfn short() {{}}\npub fn long(\n) {{\n{body}}}\nfn last();\n");
        assert_eq!(found(&text), [(3, "`long` has 72 lines".to_owned())]);
    }

    #[test]
    fn finds_a_file_that_says_nothing() {
        for text in ["fn a() {}\n", "// A.\n", "//!\nfn a() {}\n", ""] {
            assert_eq!(found(text).len(), 1, "{text:?}");
        }
        assert!(found("//! A.\n").is_empty());
    }
}
