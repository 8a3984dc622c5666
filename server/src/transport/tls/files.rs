//! A certificate in PEM files, read again when the files change.
//!
//! Never takes a pair that does not fit together: what replaces files one by one passes through
//! such a state, so the old pair stays in use until a good one is there.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::identity::Identity;
use crate::limits::PEM_BYTES_MAX;

/// Two PEM files and what was last read from them.
pub(super) struct Files {
    chain: PathBuf,
    key: PathBuf,
    current: Arc<Identity>,
    /// What the files looked like when they were last read, and at the last look.
    read: Stamp,
    seen: Stamp,
}

/// What tells one state of both files from another without reading them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp([Option<(SystemTime, u64)>; 2]);

impl Files {
    /// Reads both files.
    pub(super) fn open(chain: &Path, key: &Path) -> Result<Files, String> {
        // Taken first: a change while they are read is then seen at the next look.
        let stamp = Stamp::of(chain, key);
        Ok(Files {
            current: Arc::new(read(chain, key)?),
            chain: chain.to_owned(),
            key: key.to_owned(),
            read: stamp.clone(),
            seen: stamp,
        })
    }

    pub(super) fn current(&self) -> &Arc<Identity> {
        &self.current
    }

    /// Reads the files again if they changed and have not changed further since the last look;
    /// says whether there is a new pair.
    pub(super) fn turn(&mut self) -> Result<bool, String> {
        let stamp = Stamp::of(&self.chain, &self.key);
        let settled = stamp == self.seen;
        self.seen = stamp;
        if settled && self.seen != self.read {
            return self.reload();
        }
        Ok(false)
    }

    /// Reads the files again; says whether there is a new pair.
    pub(super) fn reload(&mut self) -> Result<bool, String> {
        self.read = Stamp::of(&self.chain, &self.key);
        self.seen = self.read.clone();
        let new = read(&self.chain, &self.key)?;
        let changed = new.sha256() != self.current.sha256();
        self.current = Arc::new(new);
        Ok(changed)
    }
}

impl Stamp {
    fn of(chain: &Path, key: &Path) -> Stamp {
        Stamp([chain, key].map(|path| {
            let facts = fs::metadata(path).ok()?;
            Some((facts.modified().ok()?, facts.len()))
        }))
    }
}

/// The certificate chain and the key of two PEM files.
pub(super) fn read(chain: &Path, key: &Path) -> Result<Identity, String> {
    let in_chain = |error: &dyn std::fmt::Display| unreadable("tls.cert", chain, error);
    let in_key = |error: &dyn std::fmt::Display| unreadable("tls.key", key, error);
    let text = read_bounded(chain).map_err(|error| in_chain(&error))?;
    let certificates = CertificateDer::pem_slice_iter(&text)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| in_chain(&error))?;
    if certificates.is_empty() {
        return Err(in_chain(&"no certificate in it"));
    }
    let text = read_bounded(key).map_err(|error| in_key(&error))?;
    let key = PrivateKeyDer::from_pem_slice(&text).map_err(|error| in_key(&error))?;
    Identity::new(certificates, key)
        .map_err(|error| format!("tls.cert and tls.key cannot be used: {error}"))
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = File::open(path)?
        .take(PEM_BYTES_MAX + 1)
        .read_to_end(&mut bytes)?;
    if read as u64 > PEM_BYTES_MAX {
        let rule = format!("it is longer than {PEM_BYTES_MAX} bytes");
        return Err(io::Error::other(rule));
    }
    Ok(bytes)
}

fn unreadable(name: &str, path: &Path, error: &dyn std::fmt::Display) -> String {
    format!("cannot read {name} from {}: {error}", path.display())
}
