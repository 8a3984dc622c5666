//! One certificate chain with its key, and what stands in its own certificate.
//!
//! Never judges whether it is good for anything but this: the key belongs to the certificate.

use std::fmt;
use std::fmt::Write;
use std::net::IpAddr;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use crate::runtime::clock::WallTime;

/// A certificate chain and its key.
pub struct Identity {
    key: Arc<CertifiedKey>,
    sha256: String,
    not_before: WallTime,
    not_after: WallTime,
    names: Vec<String>,
    is_self_signed: bool,
}

impl Identity {
    /// Puts a chain, its own certificate first, and a key together.
    ///
    /// # Errors
    /// A sentence for the operator: the key is another's, a certificate cannot be read.
    pub fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Identity, String> {
        let leaf = chain.first().ok_or("the chain holds no certificate")?;
        let certificate = x509_cert::Certificate::from_der(leaf)
            .map_err(|error| format!("the first certificate cannot be read: {error}"))?;
        let fields = certificate.tbs_certificate();
        let time = |time: x509_cert::time::Time| WallTime(time.to_unix_duration().as_secs());
        Ok(Identity {
            sha256: sha256_hex(leaf),
            not_before: time(fields.validity().not_before),
            not_after: time(fields.validity().not_after),
            names: names(&certificate),
            is_self_signed: fields.issuer() == fields.subject(),
            key: Arc::new(
                CertifiedKey::from_der(chain, key, &default_provider())
                    .map_err(|error| format!("certificate and key do not fit: {error}"))?,
            ),
        })
    }

    /// What rustls shows to clients.
    pub(super) fn certified_key(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.key)
    }

    /// The chain, the server's own certificate first.
    #[must_use]
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.key.cert
    }

    /// The server's own certificate (DER).
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        self.chain().first().map_or(&[], AsRef::as_ref)
    }

    /// SHA-256 of the server's own certificate (DER), in lower-case hex.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// First second at which it is valid.
    #[must_use]
    pub fn not_before(&self) -> WallTime {
        self.not_before
    }

    /// Last second at which it is valid.
    #[must_use]
    pub fn not_after(&self) -> WallTime {
        self.not_after
    }

    /// The host names and addresses it is for.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether it names itself as who vouches for it.
    #[must_use]
    pub fn is_self_signed(&self) -> bool {
        self.is_self_signed
    }
}

/// A key must not reach a log.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Identity").field(&self.sha256).finish()
    }
}

/// SHA-256 in lower-case hex.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest.as_ref().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn names(certificate: &x509_cert::Certificate) -> Vec<String> {
    let names = certificate.tbs_certificate().get_extension();
    let Ok(Some((_, SubjectAltName(names)))) = names else {
        return Vec::new();
    };
    names.iter().filter_map(name).collect()
}

fn name(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(name.to_string()),
        GeneralName::IpAddress(bytes) => {
            let bytes = bytes.as_bytes();
            let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
            let v6 = || <[u8; 16]>::try_from(bytes).map(IpAddr::from);
            v4.or_else(|_| v6()).ok().map(|address| address.to_string())
        }
        _ => None,
    }
}
