//! The server's certificate: from PEM files, or made for development.
//!
//! Never writes a key to disk and never logs one. A certificate made here is its own authority, so
//! that clients must be told its hash or be told to trust whatever answers on loopback.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::ResolvesServerCert;
use rustls::sign::{CertifiedKey, SingleCertAndKey};

/// The application protocol native clients must ask for.
pub const ALPN: &[u8] = b"tickwire/1";

/// A certificate chain and its key.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// A new self-signed ECDSA P-256 certificate for this machine's loopback names.
    ///
    /// # Errors
    /// A sentence for the operator, when the crypto library fails.
    pub fn development() -> Result<Identity, String> {
        let names = ["localhost", "127.0.0.1", "::1"].map(String::from);
        let certified = rcgen::generate_simple_self_signed(names)
            .map_err(|error| format!("cannot make a development certificate: {error}"))?;
        let key = PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der());
        Ok(Identity {
            chain: vec![certified.cert.der().clone()],
            key: key.into(),
        })
    }

    /// The certificate chain and the key of two PEM files.
    ///
    /// # Errors
    /// A sentence for the operator that names the file.
    pub fn from_pem_files(chain: &Path, key: &Path) -> Result<Identity, String> {
        let certificates = CertificateDer::pem_file_iter(chain)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| unreadable("tls.cert", chain, &error))?;
        if certificates.is_empty() {
            return Err(unreadable("tls.cert", chain, &"no certificate in it"));
        }
        let key = PrivateKeyDer::from_pem_file(key)
            .map_err(|error| unreadable("tls.key", key, &error))?;
        Ok(Identity {
            chain: certificates,
            key,
        })
    }

    /// The server's own certificate.
    #[must_use]
    pub fn certificate(&self) -> Option<&CertificateDer<'static>> {
        self.chain.first()
    }

    /// SHA-256 of the server's own certificate (DER), in lower-case hex.
    #[must_use]
    pub fn sha256(&self) -> String {
        let leaf = self.certificate().map_or(&[][..], AsRef::as_ref);
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, leaf);
        digest.as_ref().iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    /// Shows this certificate to whoever asks.
    ///
    /// # Errors
    /// A sentence for the operator, when certificate and key do not belong together.
    pub fn resolver(&self) -> Result<Arc<dyn ResolvesServerCert>, String> {
        let (chain, key) = (self.chain.clone(), self.key.clone_key());
        let certified = CertifiedKey::from_der(chain, key, &default_provider())
            .map_err(|error| format!("tls.cert and tls.key cannot be used: {error}"))?;
        Ok(Arc::new(SingleCertAndKey::from(certified)))
    }

    /// TLS 1.3 without early data, for exactly one application protocol.
    ///
    /// # Errors
    /// A sentence for the operator, when certificate and key do not belong together.
    pub(super) fn server_config(self) -> Result<rustls::ServerConfig, String> {
        let mut config = rustls::ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|error| format!("cannot set up TLS: {error}"))?
            .with_no_client_auth()
            .with_single_cert(self.chain, self.key)
            .map_err(|error| format!("tls.cert and tls.key cannot be used: {error}"))?;
        config.alpn_protocols = vec![ALPN.to_vec()];
        Ok(config)
    }
}

fn unreadable(name: &str, path: &Path, error: &dyn std::fmt::Display) -> String {
    format!("cannot read {name} from {}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pem_files_give_the_same_certificate() {
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let dir = std::env::temp_dir().join(format!("tickwire-tls-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let (chain, key) = (dir.join("chain.pem"), dir.join("key.pem"));
        std::fs::write(&chain, certified.cert.pem()).unwrap();
        std::fs::write(&key, certified.signing_key.serialize_pem()).unwrap();

        let identity = Identity::from_pem_files(&chain, &key).unwrap();
        assert_eq!(identity.chain, [certified.cert.der().clone()]);
        assert_eq!(identity.sha256().len(), 64);
        assert!(identity.server_config().is_ok());

        let swapped = Identity::from_pem_files(&key, &chain).err().unwrap();
        assert!(swapped.contains("tls.cert") && swapped.contains("key.pem"));
        std::fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn a_foreign_key_is_refused_in_words() {
        let (mut one, other) = (
            Identity::development().unwrap(),
            Identity::development().unwrap(),
        );
        assert_ne!(one.sha256(), other.sha256());
        one.key = other.key;
        assert!(one.server_config().unwrap_err().contains("tls.key"));
    }
}
