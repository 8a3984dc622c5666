//! The directory for what must survive a restart.
//!
//! Never keeps anything about players (yet), and never overwrites a file it could not read.

use std::fmt::Display;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::auth::Secret;
use crate::runtime::entropy;
use crate::transport::quic::ResetKey;

/// Hexadecimal digits of the operators' token.
const ADMIN_TOKEN_DIGITS: usize = 32;

/// A directory that exists and can be written.
#[derive(Clone, Debug)]
pub struct DataDir {
    path: PathBuf,
}

impl DataDir {
    /// Makes the directory if it is missing and tries to write in it.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn open(path: &Path) -> Result<DataDir, String> {
        let probe = path.join(format!(".probe-{:016x}", entropy::number()));
        let attempt = fs::create_dir_all(path)
            .and_then(|()| fs::write(&probe, b"probe"))
            .and_then(|()| fs::remove_file(&probe));
        attempt.map_err(|error| {
            let shown = path.display();
            format!(
                "cannot write to the data directory {shown}: {error}; make it writable or choose \
                 another with --data-dir"
            )
        })?;
        Ok(DataDir {
            path: path.to_owned(),
        })
    }

    /// Tries to write where the directory is or would be made; leaves nothing behind.
    ///
    /// # Errors
    /// As [`DataDir::open`].
    pub fn try_out(path: &Path) -> Result<(), String> {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let nearest = absolute.ancestors().find(|place| place.exists());
        DataDir::open(nearest.unwrap_or(path)).map(drop)
    }

    /// The key of stateless resets, made at the first start.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn reset_key(&self) -> Result<ResetKey, String> {
        self.secret("reset.key").map(ResetKey)
    }

    /// The seed of the key that admission tokens are signed with, made at the first start.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn signing_seed(&self) -> Result<[u8; 32], String> {
        self.secret("signing.key")
    }

    /// What accounts of guests follow from, made at the first start.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn guest_secret(&self) -> Result<[u8; 32], String> {
        self.secret("guests.key")
    }

    /// What operators show who change something, made at the first start.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn admin_token(&self) -> Result<Secret, String> {
        let name = "admin.token";
        let digits = entropy::bytes::<{ ADMIN_TOKEN_DIGITS / 2 }>();
        let digits = digits.map(|byte| format!("{byte:02x}")).concat();
        let bytes = self.private(name, digits.as_bytes())?;
        let text = String::from_utf8_lossy(bytes.trim_ascii());
        let is_digit = |digit: u8| digit.is_ascii_hexdigit();
        if text.len() == ADMIN_TOKEN_DIGITS && text.bytes().all(is_digit) {
            return Ok(Secret::new(text.into_owned()));
        }
        let rule = format!("it is not {ADMIN_TOKEN_DIGITS} hexadecimal digits");
        Err(unusable(&self.path.join(name), &rule))
    }

    /// The bytes of a file that nobody else may read, unpredictable ones at first.
    fn secret<const N: usize>(&self, name: &str) -> Result<[u8; N], String> {
        let bytes = self.private(name, &entropy::bytes::<N>())?;
        <[u8; N]>::try_from(bytes).map_err(|_| {
            let rule = format!("it is not {N} bytes long");
            unusable(&self.path.join(name), &rule)
        })
    }

    /// What a file that nobody else may read says; `first` is written if there is none.
    fn private(&self, name: &str, first: &[u8]) -> Result<Vec<u8>, String> {
        let path = self.path.join(name);
        let read = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                write_private(&path, first).map(|()| first.to_vec())
            }
            read => read,
        };
        read.map_err(|error| unusable(&path, &error))
    }
}

fn unusable(path: &Path, why: &dyn Display) -> String {
    let shown = path.display();
    format!("cannot use {shown}: {why}; remove it and a new one is made")
}

/// Writes a file that only its owner may read, whole or not at all, and there for good: a loss of
/// power does not take it back.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("draft");
    // One that was left behind may be anybody's to read.
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("tickwire-{name}-{:016x}", entropy::number()))
    }

    #[test]
    fn the_reset_key_survives_a_restart() {
        let path = scratch("data").join("deeper");
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("reset.draft"), b"left behind, for all to read").unwrap();
        let first = DataDir::open(&path).unwrap().reset_key().unwrap();
        let second = DataDir::open(&path).unwrap().reset_key().unwrap();
        assert_eq!(first.0, second.0);
        assert_ne!(first.0, [0; 64]);
        let names = fs::read_dir(&path).unwrap().count();
        assert_eq!(names, 1, "the probe or the draft is still there");

        let seed = DataDir::open(&path).unwrap().signing_seed().unwrap();
        assert_eq!(DataDir::open(&path).unwrap().signing_seed(), Ok(seed));
        let token = DataDir::open(&path).unwrap().admin_token().unwrap();
        assert_eq!(token.reveal().len(), ADMIN_TOKEN_DIGITS);
        assert_eq!(DataDir::open(&path).unwrap().admin_token(), Ok(token));
        let guests = DataDir::open(&path).unwrap().guest_secret().unwrap();
        assert_eq!(DataDir::open(&path).unwrap().guest_secret(), Ok(guests));
        assert_ne!(guests, seed);
        #[cfg(unix)]
        for secret in ["reset.key", "signing.key", "guests.key", "admin.token"] {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(path.join(secret))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600, "{secret}");
        }

        fs::write(path.join("reset.key"), b"short").unwrap();
        let told = DataDir::open(&path).unwrap().reset_key().err().unwrap();
        assert!(told.contains("reset.key") && told.contains("64 bytes"));
        fs::write(path.join("admin.token"), b"").unwrap();
        let told = DataDir::open(&path).unwrap().admin_token().err().unwrap();
        assert!(told.contains("admin.token") && told.contains("32 hexadecimal"));
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }

    #[test]
    fn a_directory_that_cannot_be_written_is_said_in_words() {
        let file = scratch("file");
        fs::write(&file, b"in the way").unwrap();
        let told = DataDir::open(&file.join("data")).err().unwrap();
        assert!(
            told.contains("--data-dir") && told.contains("cannot write"),
            "{told}"
        );
        fs::remove_file(&file).unwrap();
    }
}
