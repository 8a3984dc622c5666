//! `cargo xtask web`: the page with the browser's client, as a server serves it.
//!
//! It never copies a file itself: the program `tickwire-web-build` makes the folder, so that the
//! libraries it needs are not built for every other command.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{wasm, workspace};

/// Builds the page into `out`, or into `target/web`; returns the folder.
///
/// # Errors
///
/// What is missing, does not build, or is larger than it may be.
pub fn run(out: Option<&Path>) -> Result<PathBuf, String> {
    let out = match out {
        Some(out) => std::path::absolute(out)
            .map_err(|error| format!("{} is not a usable path: {error}", out.display()))?,
        None => workspace::target_dir()?.join("web"),
    };
    println!("building the client for wasm32; the first time takes some minutes");
    let wasm = wasm::build_client(wasm::toolchain()?)?;
    let [builder] = workspace::build_programs(["tickwire-web-build"])?;
    let mut command = Command::new(builder);
    command.arg(wasm);
    command.arg(workspace::root().join("client-demo").join("web"));
    command.arg(&out);
    let status = command
        .status()
        .map_err(|error| format!("the builder of pages cannot be started: {error}"))?;
    if status.success() {
        Ok(out)
    } else {
        Err("the page was not built".to_owned())
    }
}
