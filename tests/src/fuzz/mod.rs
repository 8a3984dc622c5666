//! Fuzz targets: each takes any bytes and asserts what must hold for them.
//!
//! Targets open nothing and keep no state between inputs that an input could spoil. The seeded
//! runner here works on every toolchain; the coverage-guided one wraps the same functions.

pub mod ack;
pub mod bits;
pub mod control;
pub mod input;
pub mod lobby;
pub mod mutate;
pub mod runner;
pub mod snapshot;
pub mod talk;
pub mod text;
pub mod words;

use runner::Target;

/// Every target, for the seeded runner and the coverage-guided one.
pub const TARGETS: &[Target] = &[
    Target {
        name: "bits",
        run: bits::target,
        corpus: bits::corpus,
        cost: 1,
    },
    Target {
        name: "control",
        run: control::target,
        corpus: control::corpus,
        cost: 1,
    },
    Target {
        name: "input",
        run: input::target,
        corpus: input::corpus,
        cost: 1,
    },
    Target {
        name: "ack",
        run: ack::target,
        corpus: ack::corpus,
        cost: 1,
    },
    Target {
        name: "snapshot",
        run: snapshot::target,
        corpus: snapshot::corpus,
        cost: 1,
    },
    Target {
        name: "events",
        run: snapshot::events_target,
        corpus: snapshot::events_corpus,
        cost: 1,
    },
    Target {
        name: "lobby",
        run: lobby::target,
        corpus: lobby::corpus,
        cost: 1,
    },
    Target {
        name: "schema",
        run: text::schema_target,
        corpus: text::schema_corpus,
        cost: 1,
    },
    Target {
        name: "chat",
        run: text::chat_target,
        corpus: text::chat_corpus,
        cost: 1,
    },
    Target {
        name: "talk",
        run: talk::target,
        corpus: talk::corpus,
        cost: 20,
    },
    Target {
        name: "tables",
        run: text::tables_target,
        corpus: text::tables_corpus,
        cost: 1,
    },
    Target {
        name: "words",
        run: words::target,
        corpus: words::corpus,
        cost: 1,
    },
];
