//! What `Cargo.lock` may resolve to: the part of the supply chain that needs no outside program.
//!
//! It never asks a registry; `deny.toml` has the rules about licences and advisories.

use crate::Violation;

/// The name of the file it reads.
const FILE: &str = "Cargo.lock";

/// Packages with the only version that will do.
const PINNED: [(&str, &str); 1] = [("bincode", "2.0.1")];

/// Packages with the oldest version that will do, as (major, minor, patch).
const OLDEST: [(&str, [u64; 3]); 2] = [
    ("quinn-proto", [0, 11, 15]),
    ("tracing-subscriber", [0, 3, 20]),
];

/// Packages that must not be there: their parts of the system come from elsewhere.
const BANNED: [&str; 3] = ["openssl", "openssl-sys", "native-tls"];

/// Packages of a lock file that break a rule, or rules about packages that are gone.
#[must_use]
pub fn unwanted_packages(lock: &str) -> Vec<Violation> {
    let packages = packages(lock);
    let mut found = Vec::new();
    for (name, version, line) in &packages {
        if let Some(text) = problem(name, version) {
            found.push(Violation {
                file: FILE.to_owned(),
                line: *line,
                text,
            });
        }
    }
    if packages.is_empty() {
        let text = "names no package".to_owned();
        found.push(Violation {
            file: FILE.to_owned(),
            line: 1,
            text,
        });
    }
    found
}

fn problem(name: &str, version: &str) -> Option<String> {
    if BANNED.contains(&name) {
        return Some(format!("{name} must not be a dependency"));
    }
    let pinned = PINNED.iter().find(|(pinned, _)| *pinned == name);
    if let Some((_, wanted)) = pinned.filter(|(_, wanted)| *wanted != version) {
        return Some(format!("{name} is {version}, not {wanted}"));
    }
    let (_, oldest) = OLDEST.iter().find(|(oldest, _)| *oldest == name)?;
    (numbers(version) < *oldest).then(|| format!("{name} {version} is too old"))
}

fn numbers(version: &str) -> [u64; 3] {
    let mut parts = version
        .split(['.', '-', '+'])
        .map(|part| part.parse().unwrap_or(0));
    std::array::from_fn(|_| parts.next().unwrap_or(0))
}

/// Name, version and line of each package.
fn packages(lock: &str) -> Vec<(String, String, usize)> {
    let lines: Vec<&str> = lock.lines().collect();
    let value = |line: &str, key: &str| {
        let quoted = line.strip_prefix(key)?.strip_prefix(" = \"")?;
        quoted.strip_suffix('"').map(str::to_owned)
    };
    let pairs = lines.windows(2).enumerate().filter_map(|(line, pair)| {
        Some((
            value(pair[0], "name")?,
            value(pair[1], "version")?,
            line + 1,
        ))
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, version: &str) -> usize {
        let lock =
            format!("version = 4\n\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n");
        unwanted_packages(&lock).len()
    }

    #[test]
    fn finds_each_kind_of_package() {
        assert_eq!(found("bincode", "3.0.0"), 1);
        assert_eq!(found("quinn-proto", "0.11.14"), 1);
        assert_eq!(found("openssl", "0.10.0"), 1);
        assert_eq!(unwanted_packages("").len(), 1);
    }

    #[test]
    fn lets_the_rest_pass() {
        assert_eq!(found("bincode", "2.0.1"), 0);
        assert_eq!(found("quinn-proto", "0.11.19"), 0);
        assert_eq!(found("quinn-proto", "0.12.0"), 0);
        assert_eq!(found("serde", "1.0.0"), 0);
    }
}
