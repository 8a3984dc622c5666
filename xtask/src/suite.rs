//! What `cargo xtask test` and its smaller sisters run, in which order and with which settings.
//!
//! It never stops at a failure: every step runs, then the report says what failed.

use std::process::Command;

use crate::step::{self, Outcome};
use crate::wasm::Toolchain;
use crate::{browser, openapi, report, wasm, workspace};

/// Runs of each fuzz target in `test` and in `fuzz`.
const FUZZ_RUNS: u64 = 300_000;

/// Runs of each fuzz target in `long`.
const FUZZ_RUNS_LONG: u64 = 5_000_000;

/// Seeds of the simulated matrix in `test`, and in `long`; other scenarios run in proportion.
const SIM_SEEDS: u64 = 200;
const SIM_SEEDS_LONG: u64 = 5_000;

/// Seconds that bots of all transports share a room for in a long run.
const MIXED_SECONDS_LONG: u64 = 60;

/// Seconds that bots talk in every scope over cut links, and kills of a server under chat, in a
/// long run.
const CHAT_SECONDS_LONG: u64 = 60;
const RESTART_KILLS_LONG: u64 = 100;

/// Seconds of guesses at passwords in a long run.
const GUESSING_SECONDS_LONG: u64 = 30;

/// Names the server that tests start and kill.
const RESTART_SERVER: &str = "RESTART_SERVER";

/// What the core must not depend on: it does no I/O and has no runtime.
const FORBIDDEN_IN_SHARED: [&str; 7] = [
    "tokio",
    "quinn",
    "quinn-proto",
    "quinn-udp",
    "socket2",
    "mio",
    "tickwire-server",
];

/// What the bots must not depend on: they run where there is no screen.
const FORBIDDEN_IN_BOTS: [&str; 5] = ["crossterm", "eframe", "egui", "winit", "tickwire-server"];

/// A second provider of cryptography beside aws-lc would have to be watched too.
const FORBIDDEN_ANYWHERE: [&str; 2] = ["ring", "openssl"];

/// Everything, in the order that fails soonest.
pub fn test() -> Result<bool, String> {
    let mut outcomes = vec![
        step::run(
            "format",
            &mut workspace::cargo(&["fmt", "--all", "--", "--check", "-l"]),
        ),
        step::check("dependencies of the core", || {
            tree(&["--package", "tickwire-shared"], &FORBIDDEN_IN_SHARED)
        }),
        step::check("bots without a screen", || {
            let bots = ["--package", "tickwire-client-demo", "--no-default-features"];
            tree(&bots, &FORBIDDEN_IN_BOTS)
        }),
        step::check("one provider of cryptography", || {
            tree(&["--workspace"], &FORBIDDEN_ANYWHERE)
        }),
    ];
    outcomes.extend(deny_step());
    let toolchain = wasm::toolchain();
    let lint = || step::run("clippy", &mut clippy());
    outcomes.push(match toolchain.clone() {
        Ok(toolchain) => wasm::build_client_meanwhile(toolchain, lint),
        Err(_) => lint(),
    });
    outcomes.push(step::run("documentation", &mut documentation()));
    outcomes.extend(wasm_steps(toolchain));
    outcomes.extend(browser_steps());
    outcomes.push(step::check("a screen for the window", screen));
    outcomes.push(step::run(
        "tests",
        &mut tests(&["--workspace", "--all-features"], FUZZ_RUNS, SIM_SEEDS),
    ));
    Ok(report::print(&outcomes))
}

/// The rules about the source tree alone.
pub fn tidy() -> Result<bool, String> {
    let only = ["--package", "tickwire-tidy"];
    let outcome = step::run("tidy", &mut tests(&only, FUZZ_RUNS, SIM_SEEDS));
    Ok(report::print(&[outcome]))
}

/// The fuzz targets alone.
pub fn fuzz(runs: Option<u64>) -> Result<bool, String> {
    let runs = runs.unwrap_or(FUZZ_RUNS);
    Ok(report::print(&[fuzz_step(runs)]))
}

/// More seeds and more runs than a change needs to wait for.
pub fn long() -> Result<bool, String> {
    let mut simulator = tests(&["--package", "tickwire-tests"], FUZZ_RUNS, SIM_SEEDS_LONG);
    set_unless_given(&mut simulator, "MIXED_SECONDS", MIXED_SECONDS_LONG);
    set_unless_given(&mut simulator, "CHAT_SECONDS", CHAT_SECONDS_LONG);
    set_unless_given(&mut simulator, "RESTART_KILLS", RESTART_KILLS_LONG);
    simulator.args(["--", "--include-ignored"]);
    let mut guesses = tests(
        &["--package", "tickwire-server", "--test", "guessing"],
        FUZZ_RUNS,
        SIM_SEEDS,
    );
    set_unless_given(&mut guesses, "GUESSING_SECONDS", GUESSING_SECONDS_LONG);
    let mut outcomes = browser_steps();
    outcomes.push(step::check("server", || {
        let [program] = workspace::build_programs(["tickwire-server"])?;
        Ok(program.display().to_string())
    }));
    outcomes.push(step::run("guesses at passwords", &mut guesses));
    outcomes.push(fuzz_step(FUZZ_RUNS_LONG));
    outcomes.push(step::check("HTTP interface as described", interface));
    outcomes.push(step::run("all seeds", &mut simulator));
    Ok(report::print(&outcomes))
}

/// The HTTP interface against its own description.
fn interface() -> Result<String, String> {
    match openapi::run()? {
        true => Ok("schemathesis found nothing".to_owned()),
        false => Err("schemathesis found something: see above".to_owned()),
    }
}

/// The wasm builds and the comparison alone.
pub fn wasm() -> Result<bool, String> {
    Ok(report::print(&wasm_steps(wasm::toolchain())))
}

/// The page and its tests in a real Chromium alone.
pub fn browser() -> Result<bool, String> {
    let mut outcomes = browser_steps();
    let only = ["--package", "tickwire-tests", "--test", "browser"];
    outcomes.push(step::run(
        "browser",
        &mut tests(&only, FUZZ_RUNS, SIM_SEEDS),
    ));
    Ok(report::print(&outcomes))
}

/// Finds or installs what shows a window where there is no screen, and what looks at it.
fn screen() -> Result<String, String> {
    let there = || {
        let programs = [("Xvfb", "-help"), ("import", "-version")];
        programs
            .iter()
            .all(|(program, flag)| wasm::runs(Command::new(program).arg(flag)))
    };
    if !there() {
        wasm::install_with_apt(&["xvfb", "imagemagick"]);
    }
    there()
        .then(|| "Xvfb and ImageMagick".to_owned())
        .ok_or_else(|| "Xvfb or ImageMagick is missing: `apt-get install xvfb imagemagick`".into())
}

/// What the tests in a browser need; they are among the tests of the workspace.
fn browser_steps() -> Vec<Outcome> {
    vec![
        step::check("page for browsers", browser::page),
        step::check("a browser and Playwright", browser::tools),
    ]
}

fn wasm_steps(toolchain: Result<Toolchain, String>) -> Vec<Outcome> {
    let core = match toolchain.clone().and_then(wasm::build_shared) {
        Ok(mut command) => step::run("core for wasm32", &mut command),
        Err(problem) => step::check("core for wasm32", || Err(problem)),
    };
    vec![
        core,
        step::check("wasm32 equals native", || wasm::compare(toolchain?)),
    ]
}

/// The rules of `deny.toml` but for advisories, whose database is not on every machine. cargo-deny
/// takes longer to build than everything else here, so it is used where it is and not installed.
fn deny_step() -> Option<Outcome> {
    let version = workspace::cargo(&["deny", "--version"]).output();
    if !version.is_ok_and(|output| output.status.success()) {
        println!("\ncargo-deny is not installed; the lock file is still checked by tidy");
        return None;
    }
    let mut check = workspace::cargo(&["deny", "check", "bans", "licenses", "sources"]);
    Some(step::run("bans, licences, sources", &mut check))
}

fn clippy() -> Command {
    workspace::cargo(&[
        "clippy",
        "--keep-going",
        "--locked",
        "--release",
        "--workspace",
        "--all-features",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ])
}

fn documentation() -> Command {
    let mut command = workspace::cargo(&[
        "doc",
        "--locked",
        "--release",
        "--workspace",
        "--all-features",
        "--no-deps",
    ]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    command
}

/// One profile for every test, so that dependencies are compiled once; a caller's own settings win.
fn tests(selection: &[&str], fuzz_runs: u64, sim_seeds: u64) -> Command {
    let mut command = workspace::cargo(&["test", "--locked", "--release", "--no-fail-fast"]);
    command.args(selection);
    set_unless_given(&mut command, "FUZZ_RUNS", fuzz_runs);
    set_unless_given(&mut command, "SIM_SEEDS", sim_seeds);
    if std::env::var_os(RESTART_SERVER).is_none()
        && let Ok(program) = workspace::built_program("tickwire-server")
    {
        command.env(RESTART_SERVER, program);
    }
    command
}

fn fuzz_step(runs: u64) -> Outcome {
    let only = ["--package", "tickwire-tests", "--test", "fuzz"];
    step::run("fuzz", &mut tests(&only, runs, SIM_SEEDS))
}

fn set_unless_given(command: &mut Command, name: &str, value: u64) {
    if std::env::var_os(name).is_none() {
        command.env(name, value.to_string());
    }
}

/// Fails when a package that a crate is built with is one of `forbidden`.
fn tree(selection: &[&str], forbidden: &[&str]) -> Result<String, String> {
    let mut command = workspace::cargo(&["tree", "--locked", "--edges", "normal"]);
    command.args(["--prefix", "none"]).args(selection);
    let output = command
        .output()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    let tree = String::from_utf8_lossy(&output.stdout);
    let found = forbidden_in(&tree, forbidden);
    if !tree.contains("tickwire-shared") || !found.is_empty() {
        return Err(format!(
            "{} depends on {}",
            selection.join(" "),
            found.join(", ")
        ));
    }
    Ok(format!(
        "{} packages, none of {}",
        tree.lines().count(),
        forbidden.join(", ")
    ))
}

fn forbidden_in(tree: &str, forbidden: &[&str]) -> Vec<String> {
    let names = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    names
        .filter(|name| forbidden.contains(name))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{FORBIDDEN_IN_SHARED, forbidden_in};

    #[test]
    fn a_socket_crate_in_the_tree_is_found() {
        let tree =
            "tickwire-shared v0.1.0 (/somewhere)\nserde v1.0.2\nmio v1.0.0\nquinn-udp v0.5.1\n";
        assert_eq!(
            forbidden_in(tree, &FORBIDDEN_IN_SHARED),
            ["mio", "quinn-udp"]
        );
        let tree = "tickwire-shared v0.1.0\nserde v1.0.2\n";
        assert!(forbidden_in(tree, &FORBIDDEN_IN_SHARED).is_empty());
    }
}
