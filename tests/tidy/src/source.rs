//! The files of the workspace, read once.
//!
//! It never follows links and never looks into build results.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::lexer;

/// Folders that hold nothing written by hand.
const FOLDERS_SKIPPED: [&str; 4] = ["target", ".git", "node_modules", "artifacts"];

/// Endings of the text files that rules about prose read.
const TEXT_ENDINGS: [&str; 5] = ["rs", "md", "toml", "mjs", "yml"];

/// One file.
#[derive(Clone, Debug)]
pub struct Source {
    /// Path relative to the workspace, with `/` between folders.
    pub path: String,
    /// The whole text.
    pub text: String,
    /// The text with comments and literals blanked; the same lines.
    pub code: String,
    /// For each line, whether it stands in a module that only tests compile.
    pub in_tests: Vec<bool>,
}

impl Source {
    /// A source from its path and text.
    #[must_use]
    pub fn new(path: &str, text: &str) -> Source {
        let code = lexer::blank(text);
        let in_tests = test_lines(&code);
        Source {
            path: path.to_owned(),
            text: text.to_owned(),
            code,
            in_tests,
        }
    }

    /// Whether this is Rust source.
    #[must_use]
    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether only tests and figures use this file: it lies in a `tests` or `benches` folder.
    #[must_use]
    pub fn is_test_file(&self) -> bool {
        self.path
            .split('/')
            .any(|folder| folder == "tests" || folder == "benches")
            || self.path.ends_with("/tests.rs")
    }

    /// Whether this line, counted from 0, is test code.
    #[must_use]
    pub fn is_test_line(&self, line: usize) -> bool {
        self.in_tests.get(line).copied().unwrap_or(false)
    }
}

/// The root of the workspace this crate lies in.
#[must_use]
pub fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join("..")
}

/// Reads every text file below `root`, in order of their paths.
///
/// # Errors
///
/// A folder or file that cannot be read.
pub fn read_tree(root: &Path) -> io::Result<Vec<Source>> {
    let mut sources = Vec::new();
    read_folder(root, "", &mut sources)?;
    sources.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(sources)
}

fn read_folder(folder: &Path, prefix: &str, sources: &mut Vec<Source>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}/{name}")
        };
        let kind = entry.file_type()?;
        if kind.is_dir() && !FOLDERS_SKIPPED.contains(&name.as_str()) {
            read_folder(&entry.path(), &path, sources)?;
        } else if kind.is_file() && is_text(&path) {
            sources.push(Source::new(&path, &fs::read_to_string(entry.path())?));
        }
    }
    Ok(())
}

fn is_text(path: &str) -> bool {
    let ending = path.rsplit_once('.').map(|(_, ending)| ending);
    path == ".ci/run" || ending.is_some_and(|ending| TEXT_ENDINGS.contains(&ending))
}

/// Marks the lines of each item under `#[cfg(test)]`.
fn test_lines(code: &str) -> Vec<bool> {
    let lines: Vec<&str> = code.lines().collect();
    let mut marks = vec![false; lines.len()];
    let mut line = 0;
    while line < lines.len() {
        if lines[line].trim_start().starts_with("#[cfg(test)]") {
            let end = item_end(&lines, line);
            marks[line..=end].fill(true);
            line = end;
        }
        line += 1;
    }
    marks
}

/// The last line of the item that starts at or after `line`: where its braces close, or a `;`.
pub(crate) fn item_end(lines: &[&str], line: usize) -> usize {
    let mut depth = 0usize;
    for (index, text) in lines.iter().enumerate().skip(line) {
        for symbol in text.chars() {
            match symbol {
                '{' => depth += 1,
                '}' if depth <= 1 => return index,
                '}' => depth -= 1,
                ';' if depth == 0 => return index,
                _ => {}
            }
        }
    }
    lines.len().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_test_modules_only() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n  fn b() {}\n}\nfn c() {}\n";
        let source = Source::new("a/src/lib.rs", text);
        assert_eq!(source.in_tests, [false, true, true, true, true, false]);
    }

    #[test]
    fn reads_this_file_and_no_build_result() {
        let sources = read_tree(&workspace_root()).expect("the workspace can be read");
        assert!(
            sources
                .iter()
                .any(|source| source.path == "tests/tidy/src/source.rs")
        );
        assert!(
            sources
                .iter()
                .all(|source| !source.path.contains("target/"))
        );
    }
}
