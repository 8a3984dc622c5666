//! The paths a file names, spelled out from the root of their crate.
//!
//! It never resolves re-exports or renames: a rule sees what the file says.

use crate::source::Source;

/// A path and the line, counted from 0, that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// For example `tickwire_server::engine::room`.
    pub path: String,
    /// Line, counted from 0.
    pub line: usize,
}

/// Source folders and the crates they are.
const CRATES: [(&str, &str); 6] = [
    ("shared/arena/src/", "tickwire_arena"),
    ("shared/link/src/", "tickwire_link"),
    ("shared/derive/src/", "tickwire_derive"),
    ("shared/src/", "tickwire_shared"),
    ("server/src/", "tickwire_server"),
    ("client-demo/src/", "tickwire_client_demo"),
];

/// Every path of a file: those of `use` items, one by one, and those written where they are used.
#[must_use]
pub fn named(source: &Source) -> Vec<Named> {
    let module = module_of(&source.path);
    let mut found = Vec::new();
    let mut line = 0;
    let mut rest = source.code.as_str();
    while let Some(start) = rest.find(is_path_start) {
        line += rest[..start].matches('\n').count();
        rest = &rest[start..];
        let (paths, length) = match statement(rest) {
            Some(tree) => (expand(tree), tree.len()),
            None => {
                let length = path_length(rest);
                (vec![rest[..length].to_owned()], length)
            }
        };
        for path in paths {
            found.push(Named {
                path: absolute(&path, &module),
                line,
            });
        }
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    found
}

fn is_path_start(symbol: char) -> bool {
    symbol.is_alphabetic() || symbol == '_'
}

/// The whole `use ...` item at the start of the code, without its `;`.
fn statement(code: &str) -> Option<&str> {
    let tree = code.strip_prefix("use ")?;
    Some(&code[..tree.find(';')? + "use ".len()])
}

fn path_length(code: &str) -> usize {
    let mut length = word_length(code);
    while let Some(rest) = code[length..].strip_prefix("::") {
        let word = word_length(rest);
        if word == 0 {
            break;
        }
        length += "::".len() + word;
    }
    length
}

fn word_length(code: &str) -> usize {
    code.find(|symbol: char| !symbol.is_alphanumeric() && symbol != '_')
        .unwrap_or(code.len())
}

/// `use a::{b, c::d as e}` as `a::b` and `a::c::d`.
fn expand(item: &str) -> Vec<String> {
    let mut found = Vec::new();
    let tree: String = item
        .trim_start_matches("use ")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    expand_tree("", &tree, &mut found);
    found
}

fn expand_tree(prefix: &str, tree: &str, found: &mut Vec<String>) {
    let tree = tree.trim();
    match tree.split_once('{') {
        None => {
            let path = tree.split(" as ").next().unwrap_or(tree);
            found.push(
                format!("{prefix}{path}")
                    .trim_end_matches("::self")
                    .to_owned(),
            );
        }
        Some((head, rest)) => {
            let inner = rest.trim_end().strip_suffix('}').unwrap_or(rest);
            for branch in branches(inner) {
                expand_tree(&format!("{prefix}{}", head.trim()), branch, found);
            }
        }
    }
}

/// Splits at the commas that stand in no inner braces.
fn branches(inner: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0usize, 0);
    for (index, symbol) in inner.char_indices() {
        match symbol {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&inner[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    parts.push(&inner[start..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// The module a file is, as words from its crate's name down; empty outside the known crates.
fn module_of(path: &str) -> Vec<String> {
    let Some((folder, name)) = CRATES.iter().find(|(folder, _)| path.starts_with(folder)) else {
        return Vec::new();
    };
    let inside = path[folder.len()..].trim_end_matches(".rs");
    let words = inside
        .split('/')
        .filter(|word| !matches!(*word, "lib" | "main" | "mod"));
    std::iter::once(*name)
        .chain(words)
        .map(str::to_owned)
        .collect()
}

/// Replaces `crate`, `self` and `super` by what they stand for in this module.
fn absolute(path: &str, module: &[String]) -> String {
    let words: Vec<&str> = path.split("::").collect();
    let supers = words.iter().take_while(|word| **word == "super").count();
    let (kept, skipped) = match words.first() {
        Some(&"crate") => (1.min(module.len()), 1),
        Some(&"self") => (module.len(), 1),
        Some(&"super") => (module.len().saturating_sub(supers), supers),
        _ => (0, 0),
    };
    let start = module[..kept].iter().map(String::as_str);
    start
        .chain(words[skipped..].iter().copied())
        .collect::<Vec<_>>()
        .join("::")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(path: &str, text: &str) -> Vec<String> {
        named(&Source::new(path, text))
            .into_iter()
            .map(|named| named.path)
            .collect()
    }

    #[test]
    fn spells_out_use_trees() {
        let found = paths(
            "server/src/engine/room.rs",
            "use std::{fs, net::{IpAddr, self}, io as i};",
        );
        assert_eq!(
            found,
            ["std::fs", "std::net::IpAddr", "std::net", "std::io"]
        );
    }

    #[test]
    fn spells_out_relative_paths() {
        let found = paths(
            "server/src/engine/replication/packer.rs",
            "use super::super::room::Room;\nfn f() { crate::runtime::clock::now(); self::g() }",
        );
        assert!(
            found.contains(&"tickwire_server::engine::room::Room".to_owned()),
            "{found:?}"
        );
        assert!(
            found.contains(&"tickwire_server::runtime::clock::now".to_owned()),
            "{found:?}"
        );
        let own = "tickwire_server::engine::replication::packer::g".to_owned();
        assert!(found.contains(&own), "{found:?}");
    }

    #[test]
    fn counts_lines_over_long_items() {
        let source = Source::new(
            "shared/src/a.rs",
            "use b::{\n    c,\n};\n\nfn d() { e::f() }\n",
        );
        let found = named(&source);
        let last = found
            .iter()
            .find(|named| named.path == "e::f")
            .expect("it is named");
        assert_eq!(last.line, 4);
    }
}
