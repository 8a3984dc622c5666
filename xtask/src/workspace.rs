//! Where the workspace and its build results are, and how its cargo is called.
//!
//! It never builds anything itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The folder with the workspace's `Cargo.toml`.
pub fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.parent().map_or(here.clone(), Path::to_path_buf)
}

/// A cargo command in the workspace's root, with the toolchain that runs this program.
///
/// What `cargo run` set for this program is taken out again: some build scripts watch it and would
/// build anew each time a different package runs.
pub fn cargo(arguments: &[&str]) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// The folder cargo builds into, as cargo itself says.
///
/// # Errors
///
/// What cargo said when it could not read the workspace.
pub fn target_dir() -> Result<PathBuf, String> {
    let output = cargo(&["metadata", "--no-deps", "--format-version", "1"])
        .output()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("cargo metadata is not JSON: {error}"))?;
    metadata["target_directory"]
        .as_str()
        .map(PathBuf::from)
        .ok_or_else(|| "cargo metadata names no target directory".to_owned())
}

/// The path of a program that a release build left behind.
///
/// # Errors
///
/// See [`target_dir`].
pub fn built_program(name: &str) -> Result<PathBuf, String> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    Ok(target_dir()?.join("release").join(file))
}

/// Builds programs of the workspace and returns where they are.
///
/// With the features of the whole workspace, as its tests are built: cargo compiles a dependency
/// anew for every other set of features, and there are hundreds of them.
///
/// # Errors
///
/// That they do not build; the compiler has said why.
pub fn build_programs<const N: usize>(names: [&str; N]) -> Result<[PathBuf; N], String> {
    let mut command = cargo(&["build", "--quiet", "--locked", "--release"]);
    command.args(["--workspace", "--all-features"]);
    for name in names {
        command.args(["--bin", name]);
    }
    let status = command
        .status()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !status.success() {
        return Err(format!("{} cannot be built", names.join(" and ")));
    }
    let mut paths = names.map(|_| PathBuf::new());
    for (path, name) in paths.iter_mut().zip(names) {
        *path = built_program(name)?;
    }
    Ok(paths)
}
