//! The directory for what must survive a restart.
//!
//! Never keeps anything about players (yet), and never overwrites a file it could not read.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::runtime::entropy;
use crate::transport::quic::ResetKey;

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

    /// The bytes of a file that nobody else may read, unpredictable ones at first.
    fn secret<const N: usize>(&self, name: &str) -> Result<[u8; N], String> {
        let path = self.path.join(name);
        let in_words = |error: io::Error| {
            let shown = path.display();
            format!("cannot use {shown}: {error}; remove it and a new one is made")
        };
        match fs::read(&path) {
            Ok(bytes) => <[u8; N]>::try_from(bytes).map_err(|_| {
                let rule = format!("it is not {N} bytes long");
                in_words(io::Error::other(rule))
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let secret = entropy::bytes();
                write_private(&path, &secret).map_err(in_words)?;
                Ok(secret)
            }
            Err(error) => Err(in_words(error)),
        }
    }
}

/// Writes a file that only its owner may read, whole or not at all.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("draft");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&draft, path)
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
        let first = DataDir::open(&path).unwrap().reset_key().unwrap();
        let second = DataDir::open(&path).unwrap().reset_key().unwrap();
        assert_eq!(first.0, second.0);
        assert_ne!(first.0, [0; 64]);
        let names = fs::read_dir(&path).unwrap().count();
        assert_eq!(names, 1, "the probe or the draft is still there");

        let seed = DataDir::open(&path).unwrap().signing_seed().unwrap();
        assert_eq!(DataDir::open(&path).unwrap().signing_seed(), Ok(seed));
        #[cfg(unix)]
        for secret in ["reset.key", "signing.key"] {
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
