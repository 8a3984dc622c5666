//! Words that must not stand in the tree: unfinished work, silent exceptions, names the glossary
//! replaced, paths of somebody's machine.
//!
//! The words it looks for are put together from parts, so that it does not find itself.

use crate::Violation;
use crate::source::Source;

/// Notes of unfinished work, anywhere in a file.
const UNFINISHED: [&str; 3] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X:"),
];

/// Macros that stand for code that is not there, or were left over.
const UNFINISHED_CODE: [&str; 3] = [
    concat!("to", "do!"),
    concat!("unimpl", "emented!"),
    concat!("db", "g!"),
];

/// Words of other projects for what the glossary has a word for, as parts of identifiers.
const REPLACED: [&str; 9] = [
    "usercmd",
    "rollback",
    "resync",
    "archetype",
    "tween",
    "keyframe",
    "aoi",
    "relevancy",
    "rpc",
];

/// Starts of paths that exist on one machine only.
const MACHINE_PATHS: [&str; 5] = [
    concat!("/wo", "rk/"),
    concat!("/tm", "p/"),
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("C:\\Us", "ers"),
];

/// Every rule of this module.
#[must_use]
pub fn unwanted(source: &Source) -> Vec<Violation> {
    let mut found = containing(source, &source.text, &UNFINISHED, "is unfinished work");
    found.extend(containing(
        source,
        &source.text,
        &MACHINE_PATHS,
        "is a path of one machine",
    ));
    if source.is_rust() {
        found.extend(containing(
            source,
            &source.code,
            &UNFINISHED_CODE,
            "is unfinished work",
        ));
        found.extend(silent_exceptions(source));
        found.extend(aliases(source));
        found.extend(replaced_words(source));
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

fn containing(source: &Source, text: &str, words: &[&str], verdict: &str) -> Vec<Violation> {
    let mut found = Vec::new();
    for (line, text) in text.lines().enumerate() {
        for word in words.iter().filter(|word| text.contains(**word)) {
            found.push(violation(source, line, format!("`{word}` {verdict}")));
        }
    }
    found
}

/// `allow` and `expect` without a `reason`, and `ignore` without one.
fn silent_exceptions(source: &Source) -> Vec<Violation> {
    let mut found = Vec::new();
    for (start, _) in source
        .code
        .match_indices("#[")
        .chain(source.code.match_indices("#!["))
    {
        let attribute = attribute_at(&source.code[start..]);
        let body = attribute.trim_start_matches(['#', '!', '[']).trim_start();
        let excepts = body.starts_with("allow(") || body.starts_with("expect(");
        let silent = excepts && !body.contains("reason");
        let ignored = body.trim_end_matches(']').trim_end() == "ignore";
        if silent || ignored {
            let line = source.code[..start].matches('\n').count();
            found.push(violation(
                source,
                line,
                "an exception without a reason".to_owned(),
            ));
        }
    }
    found
}

fn attribute_at(code: &str) -> &str {
    let mut depth = 0usize;
    for (index, symbol) in code.char_indices() {
        match symbol {
            '[' => depth += 1,
            ']' if depth == 1 => return &code[..=index],
            ']' => depth -= 1,
            _ => {}
        }
    }
    code
}

fn aliases(source: &Source) -> Vec<Violation> {
    let lines = source.code.lines().enumerate();
    let public = lines.filter(|(_, line)| {
        let line = line.trim_start();
        line.starts_with("pub type ") || line.starts_with("pub(crate) type ")
    });
    public
        .map(|(line, _)| violation(source, line, "a type alias; use a newtype".to_owned()))
        .collect()
}

fn replaced_words(source: &Source) -> Vec<Violation> {
    let mut found = Vec::new();
    for (line, text) in source.code.lines().enumerate() {
        for word in text.split(|symbol: char| !symbol.is_alphanumeric() && symbol != '_') {
            if let Some(part) = parts(word)
                .into_iter()
                .find(|part| REPLACED.contains(&&**part))
            {
                let text = format!("`{word}`: the glossary has another word for `{part}`");
                found.push(violation(source, line, text));
            }
        }
    }
    found
}

/// The words of `snake_case` and `CamelCase` names, in lower case.
fn parts(name: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut after_small = false;
    for symbol in name.chars() {
        if symbol == '_' || (symbol.is_uppercase() && after_small) {
            found.push(String::new());
        }
        after_small = symbol.is_lowercase() || symbol.is_numeric();
        if let Some(last) = found.last_mut().filter(|_| symbol != '_') {
            last.extend(symbol.to_lowercase());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        let found = unwanted(&Source::new("shared/src/a.rs", text));
        found.into_iter().map(|found| found.line).collect()
    }

    #[test]
    fn finds_unfinished_work() {
        assert_eq!(lines(&format!("// {} later\n", UNFINISHED[0])), [1]);
        assert_eq!(
            lines(&format!("\nfn f() {{ {}() }}\n", UNFINISHED_CODE[0])),
            [2]
        );
        assert_eq!(
            lines(&format!("fn f() {{ {}() }}\n", UNFINISHED_CODE[1])),
            [1]
        );
    }

    #[test]
    fn finds_exceptions_without_a_reason() {
        assert_eq!(lines("#[allow(dead_code)]\nfn f() {}\n"), [1]);
        assert_eq!(lines("#![allow(dead_code)]\n"), [1]);
        assert_eq!(lines("#[test]\n#[ignore]\nfn f() {}\n"), [2]);
        assert!(lines("#[allow(\n    dead_code,\n    reason = \"x\"\n)]\nfn f() {}\n").is_empty());
        assert!(lines("#[ignore = \"takes an hour\"]\nfn f() {}\n").is_empty());
        assert!(lines("fn f(ignore: [u8; 2]) {} // #[ignore]\n").is_empty());
    }

    #[test]
    fn finds_public_aliases() {
        assert_eq!(lines("pub type Ticks = u32;\n"), [1]);
        assert!(lines("trait A {\n    type B;\n}\n").is_empty());
    }

    #[test]
    fn finds_words_the_glossary_replaced() {
        assert_eq!(
            lines("fn start_rollback() {}\nstruct LastKeyframe;\n"),
            [1, 2]
        );
        assert!(lines("fn f() {} // no rollback here\n").is_empty());
    }

    #[test]
    fn finds_paths_of_a_machine() {
        for path in MACHINE_PATHS {
            let text = format!("see {path}x\n");
            let found = unwanted(&Source::new("docs/a.md", &text));
            assert_eq!(found.len(), 1, "{path}");
        }
    }
}
