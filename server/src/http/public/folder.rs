//! Reads the folder of the page, once.
//!
//! Never reads on without a bound, and never serves what is hidden or has a name that would have to
//! be escaped in a URL.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::limits::{WEB_BYTES_MAX, WEB_DEPTH_MAX, WEB_FILES_MAX};

/// Every file by its path from the root of the folder, with `/` between names.
pub(super) fn read(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let mut reading = Reading::default();
    reading.folder(folder, "", WEB_DEPTH_MAX)?;
    Ok(reading.files)
}

#[derive(Default)]
struct Reading {
    files: BTreeMap<String, Vec<u8>>,
    bytes: u64,
}

impl Reading {
    fn folder(&mut self, folder: &Path, prefix: &str, depth: usize) -> Result<(), String> {
        let entries = fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
        for entry in entries {
            let path = entry.map_err(|error| unreadable(folder, &error))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if !is_plain(&name) {
                tracing::warn!(file = %path.display(), "not served: its name is hidden or unusual");
                continue;
            }
            let about = fs::metadata(&path).map_err(|error| unreadable(&path, &error))?;
            let name = format!("{prefix}{name}");
            if about.is_dir() {
                let depth = depth.checked_sub(1).ok_or_else(|| too_much(folder))?;
                self.folder(&path, &format!("{name}/"), depth)?;
            } else {
                self.file(folder, &path, name, about.len())?;
            }
        }
        Ok(())
    }

    fn file(&mut self, folder: &Path, path: &Path, name: String, bytes: u64) -> Result<(), String> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.files.len() >= WEB_FILES_MAX || self.bytes > WEB_BYTES_MAX {
            return Err(too_much(folder));
        }
        let content = fs::read(path).map_err(|error| unreadable(path, &error))?;
        self.files.insert(name, content);
        Ok(())
    }
}

fn is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !name.starts_with('.') && name.bytes().all(plain)
}

fn unreadable(path: &Path, error: &std::io::Error) -> String {
    format!(
        "cannot read the page from {}: {error}; `cargo xtask web` builds it, --web-dir says where \
         it is",
        path.display()
    )
}

fn too_much(folder: &Path) -> String {
    format!(
        "{} holds more than a page: at most {WEB_FILES_MAX} files, {WEB_BYTES_MAX} bytes and \
         {WEB_DEPTH_MAX} folders within folders; is it the right one for --web-dir?",
        folder.display()
    )
}
