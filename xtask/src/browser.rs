//! What the browser tests need besides cargo: the page, a Chromium, node and Playwright.
//!
//! It never runs a test itself; what cannot be had is named in one sentence.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{wasm, web, workspace};

/// Where a Chromium may lie.
const CHROMIUMS: [&str; 4] = [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// The variable that names another one.
const CHROMIUM: &str = "TICKWIRE_CHROMIUM";

/// Builds the page.
///
/// # Errors
///
/// See [`web::run`].
pub fn page() -> Result<String, String> {
    let folder = web::run(None)?;
    Ok(format!("pages are served from {}", folder.display()))
}

/// Finds or installs Chromium, node and Playwright.
///
/// # Errors
///
/// What is missing and how to get it.
pub fn tools() -> Result<String, String> {
    let chromium = chromium()?;
    let node = version_of("node").or_else(|| {
        wasm::install_with_apt(&["nodejs", "npm"]);
        version_of("node")
    });
    let node = node.ok_or("node is missing: install Node.js 20 or later")?;
    playwright()?;
    Ok(format!("{} and node {node}", chromium.display()))
}

fn chromium() -> Result<PathBuf, String> {
    let find = || {
        let named = std::env::var_os(CHROMIUM).map(PathBuf::from);
        let usual = CHROMIUMS.iter().map(PathBuf::from);
        named.into_iter().chain(usual).find(|path| path.is_file())
    };
    let found = find().or_else(|| {
        wasm::install_with_apt(&["chromium"]);
        find()
    });
    found.ok_or_else(|| {
        format!("Chromium is missing: `apt-get install chromium`, or name one in {CHROMIUM}")
    })
}

/// Installs exactly what the lock file names, without running its scripts.
fn playwright() -> Result<(), String> {
    let folder = folder();
    let installed = folder.join("node_modules").join(".package-lock.json");
    if is_newer(&installed, &folder.join("package-lock.json")) {
        return Ok(());
    }
    println!("npm ci --ignore-scripts");
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts"]).current_dir(folder);
    if wasm::runs(&mut npm) {
        return Ok(());
    }
    Err("Playwright cannot be installed: `npm ci --ignore-scripts` in tests/browser failed".into())
}

/// Where the browser tests lie.
fn folder() -> PathBuf {
    workspace::root().join("tests").join("browser")
}

fn is_newer(file: &Path, than: &Path) -> bool {
    let time = |path: &Path| path.metadata().and_then(|data| data.modified()).ok();
    time(file).is_some_and(|written| time(than).is_some_and(|older| written >= older))
}

fn version_of(program: &str) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(text)
}
