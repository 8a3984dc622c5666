//! Builds for wasm32: the core and the browser's client, and a probe that compares what wasm and
//! native code compute, bit for bit.
//!
//! It never decides what is compared: every `*_hash` export of the probe crate is.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::workspace;

/// The target browsers run.
const TARGET: &str = "wasm32-unknown-unknown";

/// Game ticks, and rounds of maths, that both builds run.
const ROUNDS: &str = "10000";

/// Packages of Debian with a compiler that can build the standard library for wasm32.
const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-19"];

/// How the client is built: as a module that only a page can load.
const CLIENT_BUILD: [&str; 10] = [
    "rustc",
    "--profile",
    "web",
    "--lib",
    "--crate-type",
    "cdylib",
    "--package",
    "tickwire-client-demo",
    "--features",
    "window",
];

/// WebTransport is too new for web-sys to promise that its names stay. Vector instructions, which
/// every browser has had since 2023, make the text renderer a third as large.
const CLIENT_FLAGS: &str = "--cfg=web_sys_unstable_apis -C target-feature=+simd128";

/// A way to compile for wasm32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toolchain {
    /// The toolchain that runs this program has the target.
    Own,
    /// Debian's compiler, which builds the standard library from its sources.
    Debian,
}

/// Finds a toolchain, or installs one: the target that is there, then rustup's, then Debian's.
///
/// # Errors
///
/// What is missing and how to get it.
pub fn toolchain() -> Result<Toolchain, String> {
    if has_target() || (rustup_adds_target() && has_target()) {
        return Ok(Toolchain::Own);
    }
    if !debian_is_complete() {
        install_with_apt(&DEBIAN_PACKAGES);
    }
    if debian_is_complete() {
        return Ok(Toolchain::Debian);
    }
    Err(format!(
        "the {TARGET} target is missing: run `rustup target add {TARGET}`, or on Debian \
         `apt-get install {}`",
        DEBIAN_PACKAGES.join(" ")
    ))
}

/// Builds the core for wasm32.
///
/// # Errors
///
/// See [`toolchain`].
pub fn build_shared(toolchain: Toolchain) -> Result<Command, String> {
    cargo_build(toolchain, "tickwire-shared")
}

/// Builds the probe for wasm32, runs it under node, and compares its results with the native ones.
///
/// # Errors
///
/// The results that differ, or what could not be built or run.
pub fn compare(toolchain: Toolchain) -> Result<String, String> {
    let wasm = text_of(&mut node(&build_probe(toolchain)?)?)?;
    let [probe] = workspace::build_programs(["native-probe"])?;
    let native = text_of(Command::new(probe).arg(ROUNDS))?;
    judge(&native, &wasm)
}

/// Equal sets of results, and at least one, are what passes.
fn judge(native: &str, wasm: &str) -> Result<String, String> {
    let lines = |text: &str| {
        text.lines()
            .map(str::to_owned)
            .collect::<BTreeSet<String>>()
    };
    let (native, wasm) = (lines(native), lines(wasm));
    if native.is_empty() {
        return Err("the probe printed no result".to_owned());
    }
    if native != wasm {
        return Err(format!(
            "native and wasm differ: native {native:?}, wasm {wasm:?}"
        ));
    }
    let results = native.into_iter().collect::<Vec<_>>().join(", ");
    Ok(format!(
        "equal on native and wasm32 after {ROUNDS}: {results}"
    ))
}

fn build_probe(toolchain: Toolchain) -> Result<PathBuf, String> {
    let status = cargo_build(toolchain, "tickwire-wasm-probe")?
        .status()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !status.success() {
        return Err("the probe does not build for wasm32".to_owned());
    }
    let folder = target_dir()?.join(TARGET).join("release");
    Ok(folder.join("tickwire_wasm_probe.wasm"))
}

/// Builds the client that browsers run, and returns where it is.
///
/// # Errors
///
/// That it does not build; the compiler has said why.
pub fn build_client(toolchain: Toolchain) -> Result<PathBuf, String> {
    let status = client_build(toolchain)?
        .status()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !status.success() {
        return Err("the client does not build for wasm32".to_owned());
    }
    let folder = target_dir()?.join(TARGET).join("web");
    Ok(folder.join("tickwire_client_demo.wasm"))
}

/// Builds the client as [`build_client`] does, while something else runs: its link is one long step
/// on one processor. What goes wrong is told by the [`build_client`] that follows, which finds the
/// work done or does it again.
pub fn build_client_meanwhile<T>(toolchain: Toolchain, other: impl FnOnce() -> T) -> T {
    let build = client_build(toolchain).and_then(|mut command| {
        let quiet = command.arg("--quiet").stdout(Stdio::null());
        let spawned = quiet.stderr(Stdio::null()).spawn();
        spawned.map_err(|error| format!("cargo cannot be started: {error}"))
    });
    let result = other();
    if let Ok(mut build) = build {
        // How it ended the next build sees for itself.
        let _ = build.wait();
    }
    result
}

fn client_build(toolchain: Toolchain) -> Result<Command, String> {
    let mut command = cargo(toolchain, &CLIENT_BUILD)?;
    let flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    command.env("RUSTFLAGS", format!("{flags} {CLIENT_FLAGS}"));
    Ok(command)
}

/// Apart from the native target folder: the two compilers may differ and would rebuild each other's
/// work.
fn target_dir() -> Result<PathBuf, String> {
    Ok(workspace::target_dir()?.join("wasm"))
}

/// Builds the library of a package as the rest of the workspace is built.
fn cargo_build(toolchain: Toolchain, package: &str) -> Result<Command, String> {
    cargo(
        toolchain,
        &["build", "--release", "--lib", "--package", package],
    )
}

fn cargo(toolchain: Toolchain, arguments: &[&str]) -> Result<Command, String> {
    let mut build = arguments.to_vec();
    build.extend(["--locked", "--target", TARGET]);
    let mut command = workspace::cargo(&build);
    if toolchain == Toolchain::Debian {
        command = Command::new("/usr/bin/cargo");
        command
            .args(build)
            .args(["-Z", "build-std=std,panic_abort"]);
        command.current_dir(workspace::root());
        command
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTC", "/usr/bin/rustc");
        command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-19");
        // Set by `cargo run` to the other compiler's libraries.
        command.env_remove("LD_LIBRARY_PATH");
    }
    command.env("CARGO_TARGET_DIR", target_dir()?);
    Ok(command)
}

fn node(wasm: &Path) -> Result<Command, String> {
    if !runs(Command::new("node").arg("--version")) {
        install_with_apt(&["nodejs"]);
    }
    if !runs(Command::new("node").arg("--version")) {
        return Err("node is missing: install Node.js 18 or later".to_owned());
    }
    let mut command = Command::new("node");
    command.arg(
        workspace::root()
            .join("tests")
            .join("wasm")
            .join("probe.mjs"),
    );
    command.arg(wasm).arg(ROUNDS);
    Ok(command)
}

fn has_target() -> bool {
    let output = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", TARGET])
        .output();
    output.is_ok_and(|output| {
        let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
        output.status.success() && folder.is_dir()
    })
}

fn rustup_adds_target() -> bool {
    println!("rustup target add {TARGET}");
    runs(Command::new("rustup").args(["target", "add", TARGET]))
}

fn debian_is_complete() -> bool {
    let sources = Path::new("/usr/lib/rustlib/src/rust/library/std/Cargo.toml");
    let programs = ["/usr/bin/cargo", "/usr/bin/rustc", "/usr/bin/wasm-ld-19"];
    sources.is_file() && programs.iter().all(|program| Path::new(program).is_file())
}

/// Tries Debian's packages; whether it worked shows in what is there afterwards.
pub fn install_with_apt(packages: &[&str]) {
    println!("apt-get install {}", packages.join(" "));
    let apt = |arguments: &[&str]| {
        runs(
            Command::new("apt-get")
                .args(arguments)
                .env("DEBIAN_FRONTEND", "noninteractive"),
        )
    };
    if apt(&["update", "-qq"]) {
        let mut install = vec!["install", "-y", "-qq", "--no-install-recommends"];
        install.extend(packages);
        apt(&install);
    }
}

/// Runs a command quietly; a program that is not there did not succeed.
pub fn runs(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

fn text_of(command: &mut Command) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| format!("`{program}` cannot be started: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(format!("`{program}` failed: {said}"));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::judge;

    #[test]
    fn only_equal_results_pass() {
        assert!(judge("a_hash 1\nb_hash 2\n", "b_hash 2\na_hash 1\n").is_ok());
        assert!(judge("a_hash 1\n", "a_hash 2\n").is_err());
        assert!(judge("a_hash 1\nb_hash 2\n", "a_hash 1\n").is_err());
        assert!(judge("", "").is_err());
    }
}
