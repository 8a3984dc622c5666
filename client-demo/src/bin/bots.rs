//! Plays the arena with many bots and reports how the server and the network did; or stands between
//! a server and its clients as a bad network.
//!
//! Never needs a screen: this binary builds without any UI crate.

use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tickwire_client_demo::bots::cli::Cli;
use tickwire_client_demo::bots::fleet;
use tickwire_client_demo::flags::parse_or_exit;
use tickwire_client_demo::relay::cli::{self as relay, RelayCli};

/// Plays the arena with many bots and reports how the server and the network did
#[derive(Debug, Parser)]
#[command(name = "bots", version, max_term_width = 100, after_help = Cli::STATUS)]
#[command(args_conflicts_with_subcommands = true)]
struct Line {
    #[command(subcommand)]
    other: Option<Other>,
    #[command(flatten)]
    play: Cli,
}

/// What else this program does.
#[derive(Debug, Subcommand)]
enum Other {
    /// Stands between a server and any client or browser as a simulated network, over UDP and TCP
    Relay(RelayCli),
}

fn main() -> ExitCode {
    let line: Line = parse_or_exit();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match (runtime, line.other) {
        (Err(error), _) => fail(&format!("no event loop: {error}"), 1),
        (Ok(runtime), Some(Other::Relay(cli))) => match runtime.block_on(relay::run(&cli)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(words) => fail(&words, 1),
        },
        (Ok(runtime), None) => play(&runtime, line.play),
    }
}

fn play(runtime: &tokio::runtime::Runtime, cli: Cli) -> ExitCode {
    let path = cli.report.clone();
    // A report that cannot be written is better known before a long run than after it.
    if let Some(Err(words)) = path.as_deref().map(|path| write(path, "")) {
        return fail(&words, 2);
    }
    let report = runtime.block_on(fleet::run(cli));
    print!("{}", report.table());
    if let Some(Err(words)) = path.as_deref().map(|path| write(path, &report.json())) {
        return fail(&words, 1);
    }
    match report.failures() {
        failures if failures.is_empty() => ExitCode::SUCCESS,
        failures => fail(&failures.join(", "), 1),
    }
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let written = std::fs::write(path, text);
    written.map_err(|error| format!("the report {path:?} cannot be written: {error}"))
}

fn fail(words: &str, status: u8) -> ExitCode {
    eprintln!("error: {words}");
    ExitCode::from(status)
}
