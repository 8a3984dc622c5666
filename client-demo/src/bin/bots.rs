//! Plays the arena with many bots and reports how the server and the network did.
//!
//! Never needs a screen: this binary builds without any UI crate.

use std::path::Path;
use std::process::ExitCode;

use tickwire_client_demo::bots::cli::Cli;
use tickwire_client_demo::bots::fleet;
use tickwire_client_demo::flags::parse_or_exit;

fn main() -> ExitCode {
    let cli: Cli = parse_or_exit();
    let path = cli.report.clone();
    // A report that cannot be written is better known before a long run than after it.
    if let Some(Err(words)) = path.as_deref().map(|path| write(path, "")) {
        return fail(&words, 2);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let report = match runtime {
        Ok(runtime) => runtime.block_on(fleet::run(cli)),
        Err(error) => return fail(&format!("no event loop: {error}"), 1),
    };
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
