//! `cargo xtask`: every command a newcomer or a developer needs, in Rust, so that it runs the same
//! on Linux, macOS and Windows.
//!
//! It never contains a check of its own: it runs cargo, node and the programs of this workspace,
//! counts what they report, and says in one line what is missing when something is.

mod args;
mod bench;
mod browser;
mod demo;
mod openapi;
mod report;
mod step;
mod suite;
mod wasm;
mod web;
mod workspace;

use std::process::ExitCode;

use args::Command;

/// Exit status for a command line that makes no sense, as distinct from work that failed.
const EXIT_USAGE: u8 = 2;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let command = match args::parse(&words) {
        Ok(command) => command,
        Err(problem) => {
            eprintln!("xtask: {problem} (see `cargo xtask help`)");
            return ExitCode::from(EXIT_USAGE);
        }
    };
    match run(command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("xtask: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// Runs one command; `Ok(false)` means that it ran and did not pass.
fn run(command: Command) -> Result<bool, String> {
    match command {
        Command::Help => {
            print!("{}", args::HELP);
            Ok(true)
        }
        Command::Test => suite::test(),
        Command::Tidy => suite::tidy(),
        Command::Fuzz { runs } => suite::fuzz(runs),
        Command::Long => suite::long(),
        Command::Browser => suite::browser(),
        Command::OpenApi => openapi::run(),
        Command::Wasm => suite::wasm(),
        Command::Web { out } => web::run(out.as_deref()).map(|_| true),
        Command::Demo { lasts } => demo::run(lasts),
        Command::Bench { name, json } => bench::run(&name, json.as_deref()),
    }
}
