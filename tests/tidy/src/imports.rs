//! Who may import whom: the table of `docs/architecture.md`.
//!
//! Modules that only tests compile are exempt: they may look at anything.

use crate::Violation;
use crate::paths::{self, Named};
use crate::source::Source;

/// What the files below a folder must not name.
struct Rule {
    /// Start of the paths of the files it is about.
    folder: &'static str,
    /// Starts of paths inside `folder` that it is not about.
    except: &'static [&'static str],
    /// Paths that must not be named; whatever lies below them neither.
    banned: &'static [&'static str],
    /// Paths below a banned one that may be named all the same.
    allowed: &'static [&'static str],
}

/// Sockets, files, clocks, threads and the runtimes that bring them.
const OUTSIDE_WORLD: &[&str] = &[
    "tokio",
    "quinn",
    "socket2",
    "mio",
    "getrandom",
    "std::net",
    "std::fs",
    "std::thread",
    "std::process",
    "std::env",
    "std::time::Instant",
    "std::time::SystemTime",
];

const RULES: [Rule; 11] = [
    Rule {
        folder: "shared/src/",
        except: &[],
        banned: OUTSIDE_WORLD,
        allowed: &[],
    },
    Rule {
        folder: "shared/arena/src/",
        except: &[],
        banned: OUTSIDE_WORLD,
        allowed: &[],
    },
    Rule {
        folder: "shared/src/",
        except: &["shared/src/client", "shared/src/lib.rs"],
        banned: &["tickwire_shared::client"],
        allowed: &[],
    },
    Rule {
        folder: "shared/",
        except: &[],
        banned: &["tickwire_server", "tickwire_client_demo"],
        allowed: &[],
    },
    Rule {
        folder: "server/src/engine/",
        except: &[],
        banned: OUTSIDE_WORLD,
        allowed: &[],
    },
    Rule {
        folder: "server/src/engine/",
        except: &[],
        banned: &[
            "tickwire_server",
            "tickwire_shared::client",
            "tickwire_arena",
            "std::collections::HashMap",
            "std::collections::HashSet",
        ],
        // The bounds of the server are figures without behaviour.
        allowed: &["tickwire_server::engine", "tickwire_server::limits"],
    },
    Rule {
        folder: "server/src/engine/replication",
        except: &[],
        banned: &[
            "tickwire_shared::game",
            "tickwire_server::engine::room",
            "tickwire_server::engine::lobby",
            "tickwire_server::engine::roster",
        ],
        allowed: &[],
    },
    Rule {
        folder: "server/src/transport",
        except: &[],
        banned: &[
            "tickwire_server::engine::room",
            "tickwire_server::engine::replication",
            "tickwire_server::store",
            "tickwire_shared::game",
        ],
        allowed: &[],
    },
    Rule {
        folder: "server/src/runtime",
        except: &[],
        banned: &[
            "tickwire_server::transport",
            "tickwire_server::http",
            "tickwire_server::store",
        ],
        allowed: &[],
    },
    Rule {
        folder: "",
        except: &["shared/src/wire"],
        banned: &["bincode"],
        allowed: &[],
    },
    Rule {
        folder: "client-demo/",
        except: &[],
        banned: &["tickwire_server"],
        allowed: &[],
    },
];

/// Where the time may be read. Everything else is given it.
const CLOCK_READERS: [&str; 7] = [
    "server/src/runtime/clock.rs",
    "server/benches/",
    "server/tests/",
    "client-demo/",
    "shared/link/",
    "tests/",
    "xtask/",
];

/// Names of what a file must not import.
#[must_use]
pub fn forbidden_imports(source: &Source) -> Vec<Violation> {
    if !source.is_rust() {
        return Vec::new();
    }
    let rules: Vec<&Rule> = RULES.iter().filter(|rule| is_about(rule, source)).collect();
    let named = paths::named(source);
    let mut found = Vec::new();
    for named in named
        .iter()
        .filter(|named| !source.is_test_line(named.line))
    {
        for rule in rules.iter().filter(|rule| breaks(rule, &named.path)) {
            let text = format!("`{}` must not be named in `/{}`", named.path, rule.folder);
            found.push(violation(source, named, text));
        }
    }
    found
}

/// Places that read a clock and are not the few that may.
#[must_use]
pub fn stray_clock_reads(source: &Source) -> Vec<Violation> {
    if !source.is_rust()
        || CLOCK_READERS
            .iter()
            .any(|start| source.path.starts_with(start))
    {
        return Vec::new();
    }
    let named = paths::named(source);
    let reads = named.iter().filter(|named| {
        named.path.ends_with("Instant::now") || named.path.ends_with("SystemTime::now")
    });
    reads
        .map(|named| violation(source, named, "reads a clock; time is an argument".into()))
        .collect()
}

fn violation(source: &Source, named: &Named, text: String) -> Violation {
    Violation {
        file: source.path.clone(),
        line: named.line + 1,
        text,
    }
}

fn is_about(rule: &Rule, source: &Source) -> bool {
    let exempt = rule
        .except
        .iter()
        .any(|start| source.path.starts_with(start));
    source.path.starts_with(rule.folder) && !exempt && !source.is_test_file()
}

fn breaks(rule: &Rule, path: &str) -> bool {
    let below = |root: &&str| {
        path.strip_prefix(*root)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    rule.banned.iter().any(below) && !rule.allowed.iter().any(below)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(path: &str, text: &str) -> usize {
        forbidden_imports(&Source::new(path, text)).len()
    }

    #[test]
    fn finds_each_row_of_the_table() {
        for (path, text) in [
            ("shared/src/delta/mod.rs", "use tokio::time;"),
            (
                "shared/src/delta/mod.rs",
                "use std::{fmt, net::SocketAddr};",
            ),
            (
                "shared/src/time.rs",
                "fn f() { std::time::Instant::now(); }",
            ),
            ("shared/src/wire/mod.rs", "use crate::client::Client;"),
            ("shared/arena/src/lib.rs", "use std::thread;"),
            ("shared/link/src/lib.rs", "use tickwire_server::run;"),
            ("server/src/engine/lobby.rs", "use crate::runtime::clock;"),
            (
                "server/src/engine/room.rs",
                "use std::collections::HashMap;",
            ),
            (
                "server/src/engine/room.rs",
                "use tickwire_shared::client::Client;",
            ),
            (
                "server/src/engine/replication/packer.rs",
                "use tickwire_shared::game::Game;",
            ),
            (
                "server/src/engine/replication/packer.rs",
                "use super::super::room::Room;",
            ),
            (
                "server/src/transport/quic.rs",
                "use crate::engine::{port::Inbound, room::Room};",
            ),
            (
                "server/src/runtime/worker.rs",
                "use crate::transport::quic;",
            ),
            ("server/src/engine/session.rs", "use bincode::config;"),
            (
                "client-demo/src/bin/bots.rs",
                "use tickwire_server::config::Config;",
            ),
        ] {
            assert_eq!(count(path, text), 1, "{path}: {text}");
        }
    }

    #[test]
    fn lets_the_rest_pass() {
        for (path, text) in [
            (
                "shared/src/time.rs",
                "use std::time::Duration; // not std::time::Instant",
            ),
            (
                "shared/src/a.rs",
                "#[cfg(test)]\nmod tests {\n    use std::thread;\n}",
            ),
            (
                "server/src/engine/room.rs",
                "use crate::engine::port::Inbound; use crate::limits::A;",
            ),
            (
                "server/src/runtime/worker.rs",
                "use crate::engine::room::Room;",
            ),
            (
                "server/tests/all.rs",
                "use tickwire_shared::client::Client;",
            ),
        ] {
            assert_eq!(count(path, text), 0, "{path}: {text}");
        }
    }

    #[test]
    fn finds_a_stray_clock() {
        let text = "use std::time::Instant;\nfn f() -> Instant {\n    Instant::now()\n}";
        let found = stray_clock_reads(&Source::new("server/src/http/mod.rs", text));
        assert_eq!(
            found.iter().map(|found| found.line).collect::<Vec<_>>(),
            [3]
        );
        assert!(stray_clock_reads(&Source::new("server/src/runtime/clock.rs", text)).is_empty());
    }
}
