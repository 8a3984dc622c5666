//! The files of the page, before they are written.
//!
//! Never leaves an old build behind: the folder is made anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::squeeze;

/// Named files, each with its smaller twins.
#[derive(Default)]
pub struct Folder {
    files: BTreeMap<String, File>,
}

struct File {
    plain: Vec<u8>,
    brotli: Vec<u8>,
    gzip: Vec<u8>,
}

impl Folder {
    /// Adds a file under `stem-HASH.ending` and returns that name.
    pub fn add_hashed(&mut self, stem: &str, ending: &str, bytes: &[u8]) -> Result<String, String> {
        let name = format!("{stem}-{}.{ending}", hash(bytes));
        self.add(&name, bytes)?;
        Ok(name)
    }

    /// Adds a file under its own name.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), String> {
        let file = File {
            plain: bytes.to_vec(),
            brotli: squeeze::brotli(bytes)?,
            gzip: squeeze::gzip(bytes)?,
        };
        self.files.insert(name.to_owned(), file);
        Ok(())
    }

    /// Bytes of all files of an ending after brotli.
    pub fn brotli_bytes(&self, ending: &str) -> usize {
        let ending = format!(".{ending}");
        let files = self
            .files
            .iter()
            .filter(|(name, _)| name.ends_with(&ending));
        files.map(|(_, file)| file.brotli.len()).sum()
    }

    /// Name and sizes of each file.
    pub fn table(&self) -> String {
        let mut table = format!(
            "{:<34} {:>10} {:>10} {:>10}\n",
            "file", "bytes", "gzip", "brotli"
        );
        for (name, file) in &self.files {
            let (plain, gzip, brotli) = (file.plain.len(), file.gzip.len(), file.brotli.len());
            // Writing to a string does not fail.
            let _ = writeln!(table, "{name:<34} {plain:>10} {gzip:>10} {brotli:>10}");
        }
        table
    }

    /// Writes every file into `out`. The folder takes the place of an older one only when it is
    /// whole, so that a server that runs meanwhile never serves half a page.
    pub fn write(&self, out: &Path) -> Result<(), String> {
        let told = |error| format!("{} cannot be written: {error}", out.display());
        let fresh = out.with_extension("new");
        let _ = fs::remove_dir_all(&fresh);
        fs::create_dir_all(&fresh).map_err(told)?;
        for (name, file) in &self.files {
            let twins = [
                ("", &file.plain),
                (".br", &file.brotli),
                (".gz", &file.gzip),
            ];
            for (ending, bytes) in twins {
                fs::write(fresh.join(format!("{name}{ending}")), bytes).map_err(told)?;
            }
        }
        if out.exists() {
            fs::remove_dir_all(out).map_err(told)?;
        }
        fs::rename(&fresh, out).map_err(told)
    }
}

/// Names one content among the builds of a page: FNV-1a, 64 bits. Nobody gains by a collision:
/// who builds the page can serve anything anyway.
fn hash(bytes: &[u8]) -> String {
    const START: u64 = 0xCBF2_9CE4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01B3;
    let hash = bytes.iter().fold(START, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(PRIME)
    });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_content() {
        let mut folder = Folder::default();
        let first = folder
            .add_hashed("style", "css", b"a")
            .expect("room for it");
        let second = folder
            .add_hashed("style", "css", b"b")
            .expect("room for it");
        assert_eq!(first, "style-af63dc4c8601ec8c.css");
        assert_ne!(first, second);
        assert!(folder.brotli_bytes("css") > 0);
        assert_eq!(folder.brotli_bytes("wasm"), 0);
    }
}
