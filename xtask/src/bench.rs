//! `cargo xtask bench`: figures, with the flags passed through to the benchmark itself.
//!
//! It never interprets a figure.

use std::path::Path;

use crate::workspace;

/// Runs one benchmark of the server.
///
/// # Errors
///
/// When cargo cannot be started or the current folder is gone.
pub fn run(name: &str, json: Option<&Path>) -> Result<bool, String> {
    let mut command = workspace::cargo(&[
        "bench",
        "--package",
        "tickwire-server",
        "--bench",
        name,
        "--",
    ]);
    if let Some(file) = json {
        // Cargo starts a benchmark in its package's folder; the caller means their own.
        let whole = std::path::absolute(file)
            .map_err(|error| format!("{} is not a usable path: {error}", file.display()))?;
        command.arg("--json").arg(whole);
    }
    let status = command
        .status()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    Ok(status.success())
}
