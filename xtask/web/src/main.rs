//! Turns the browser client's wasm into the folder a server serves.
//!
//! Never compiles Rust: `cargo xtask web` does that first. Every file but `index.html` carries the
//! hash of its content in its name, so that a browser may keep it for ever; each lies there plain,
//! as brotli and as gzip.
//!
//! ```text
//! tickwire-web-build CLIENT.wasm PAGE-FOLDER OUT-FOLDER
//! ```

mod folder;
mod page;
mod squeeze;

use std::path::Path;
use std::process::ExitCode;

use folder::Folder;

/// Bytes of the wasm after brotli at the most: what a player on a slow line waits for.
const WASM_BROTLI_BYTES_MAX: usize = 1_500_000;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [wasm, page, out] = words.as_slice() else {
        eprintln!("usage: tickwire-web-build CLIENT.wasm PAGE-FOLDER OUT-FOLDER");
        return ExitCode::from(2);
    };
    match build(Path::new(wasm), Path::new(page), Path::new(out)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("web: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn build(wasm: &Path, page: &Path, out: &Path) -> Result<(), String> {
    let client = page::bind(wasm)?;
    let mut folder = Folder::default();
    page::assemble(&client, page, &mut folder)?;
    folder.write(out)?;
    println!("{}", folder.table());
    let size = folder.brotli_bytes("wasm");
    if size > WASM_BROTLI_BYTES_MAX {
        return Err(format!(
            "the wasm has {size} bytes after brotli, {WASM_BROTLI_BYTES_MAX} at the most"
        ));
    }
    println!("wasm: {size} bytes after brotli, {WASM_BROTLI_BYTES_MAX} at the most");
    println!("the page is in {}", out.display());
    Ok(())
}
