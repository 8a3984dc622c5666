//! What the documents promise about the tree: links that lead somewhere, copies that are copies.
//!
//! It never judges prose, and never follows a link out of the tree.

use crate::Violation;
use crate::source::Source;

/// How a document announces that its next block is how a file of the tree starts.
const START_MARK: &str = "<!-- start of ";

/// How a document announces that its next block is the first drawing in a file's comments.
const LAYOUT_MARK: &str = "<!-- layout of ";

/// Links to files and folders that are not there. `exists` is asked for paths from the root.
#[must_use]
pub fn broken_links(source: &Source, exists: impl Fn(&str) -> bool) -> Vec<Violation> {
    if !source.path.ends_with(".md") {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (line, text) in source.text.lines().enumerate() {
        for target in targets(text) {
            let path = resolve(&source.path, target);
            if !exists(&path) {
                found.push(violation(
                    source,
                    line,
                    format!("the link to `{target}` is broken"),
                ));
            }
        }
    }
    found
}

/// Blocks announced as copies that differ from their file. `read` takes paths from the root.
#[must_use]
pub fn stale_copies(source: &Source, read: impl Fn(&str) -> Option<String>) -> Vec<Violation> {
    if !source.path.ends_with(".md") {
        return Vec::new();
    }
    let lines: Vec<&str> = source.text.lines().collect();
    let mut found = Vec::new();
    for (line, text) in lines.iter().enumerate() {
        let marked = |mark: &str| text.strip_prefix(mark)?.strip_suffix(" -->");
        let copied: Vec<&str> = block_after(&lines, line).collect();
        let (file, good) = if let Some(file) = marked(START_MARK) {
            let original = read(file).unwrap_or_default();
            (file, !copied.is_empty() && starts_with(&original, &copied))
        } else if let Some(file) = marked(LAYOUT_MARK) {
            let original = read(file).unwrap_or_default();
            (
                file,
                !copied.is_empty() && first_drawing(&original) == copied,
            )
        } else {
            continue;
        };
        if !good {
            found.push(violation(
                source,
                line,
                format!("the copy of `{file}` differs from it"),
            ));
        }
    }
    found
}

fn violation(source: &Source, line: usize, text: String) -> Violation {
    Violation {
        file: source.path.clone(),
        line: line + 1,
        text,
    }
}

/// Where the links of a line lead, other than to the net or within the page.
fn targets(line: &str) -> Vec<&str> {
    let ends = line
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    let files = ends.map(|target| target.split('#').next().unwrap_or(target));
    files
        .filter(|target| !target.is_empty() && !target.contains("://"))
        .collect()
}

/// The path from the root that a link in `document` means.
fn resolve(document: &str, target: &str) -> String {
    let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut words: Vec<&str> = folder.split('/').filter(|word| !word.is_empty()).collect();
    for word in target.split('/') {
        match word {
            "" | "." => {}
            ".." => drop(words.pop()),
            _ => words.push(word),
        }
    }
    words.join("/")
}

fn starts_with(original: &str, copied: &[&str]) -> bool {
    let first: Vec<&str> = original.lines().take(copied.len()).collect();
    first == copied
}

/// The lines of the first block fenced as text in the comments of a file.
fn first_drawing(original: &str) -> Vec<&str> {
    let comments = original.lines().filter_map(|line| {
        let line = line.trim_start();
        line.strip_prefix("//!")
            .or_else(|| line.strip_prefix("///"))
    });
    let lines: Vec<&str> = comments
        .map(|text| text.strip_prefix(' ').unwrap_or(text))
        .collect();
    let start = lines
        .iter()
        .position(|text| *text == "```text")
        .unwrap_or(lines.len());
    let inside = lines.iter().skip(start + 1);
    inside
        .copied()
        .take_while(|text| !text.starts_with("```"))
        .collect()
}

/// The lines between the fences of the first block of code after `line`.
fn block_after<'a>(lines: &'a [&'a str], line: usize) -> impl Iterator<Item = &'a str> {
    let from_fence = lines[line..]
        .iter()
        .skip_while(|text| !text.starts_with("```"))
        .skip(1);
    from_fence
        .copied()
        .take_while(|text| !text.starts_with("```"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_link_to_nowhere() {
        let text = "[a](../b.md) and [c](c/d.md#e)\n[f](https://example.org) [g](#h)\n";
        let source = Source::new("docs/a.md", text);
        assert!(broken_links(&source, |path| ["b.md", "docs/c/d.md"].contains(&path)).is_empty());
        let found = broken_links(&source, |path| path == "b.md");
        assert_eq!(found.len(), 1);
        assert!(found[0].text.contains("c/d.md"), "{found:?}");
    }

    #[test]
    fn finds_a_copy_that_fell_behind() {
        let text = "<!-- start of a.rs -->\n\n```rust\nfn a() {}\n```\n";
        let source = Source::new("docs/a.md", text);
        assert!(stale_copies(&source, |_| Some("fn a() {}\nfn c() {}\n".to_owned())).is_empty());
        assert_eq!(
            stale_copies(&source, |_| Some("fn b() {}\n".to_owned())).len(),
            1
        );
        assert_eq!(stale_copies(&source, |_| None).len(), 1);
        let empty = Source::new("docs/a.md", "<!-- start of a.rs -->\n\n```rust\n```\n");
        assert_eq!(
            stale_copies(&empty, |_| Some("fn a() {}\n".to_owned())).len(),
            1
        );
    }

    #[test]
    fn finds_a_drawing_that_fell_behind() {
        let text = "<!-- layout of a.rs -->\n\n```text\nkind 8 bits\n```\n";
        let source = Source::new("docs/a.md", text);
        let read = |drawing: &str| Some(format!("//! A.\n//! ```text\n//! {drawing}\n//! ```\n"));
        assert!(stale_copies(&source, |_| read("kind 8 bits")).is_empty());
        assert_eq!(stale_copies(&source, |_| read("kind 9 bits")).len(), 1);
        assert_eq!(
            stale_copies(&source, |_| Some("//! A.\n".to_owned())).len(),
            1
        );
    }
}
