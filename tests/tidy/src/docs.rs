//! What the documents promise about the tree: links that lead somewhere, copies that are copies.
//!
//! It never judges prose, and never follows a link out of the tree.

use crate::Violation;
use crate::source::Source;

/// How a document announces that the next block of code is how a file of the tree starts.
const COPY_MARK: &str = "<!-- start of ";

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

/// Blocks of code announced as the start of a file that differ from it. `read` takes paths from
/// the root.
#[must_use]
pub fn stale_copies(source: &Source, read: impl Fn(&str) -> Option<String>) -> Vec<Violation> {
    if !source.path.ends_with(".md") {
        return Vec::new();
    }
    let lines: Vec<&str> = source.text.lines().collect();
    let mut found = Vec::new();
    for (line, text) in lines.iter().enumerate() {
        let Some(file) = text
            .strip_prefix(COPY_MARK)
            .and_then(|rest| rest.strip_suffix(" -->"))
        else {
            continue;
        };
        let original = read(file).unwrap_or_default();
        if !starts_with(&original, block_after(&lines, line)) {
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

fn starts_with<'a>(original: &str, block: impl Iterator<Item = &'a str>) -> bool {
    let (mut original, mut copied) = (original.lines(), 0);
    for line in block {
        if original.next() != Some(line) {
            return false;
        }
        copied += 1;
    }
    copied > 0
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
}
