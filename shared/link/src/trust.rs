//! Which server certificates a client accepts.
//!
//! Never reads files; a pinned hash is an argument.

use core::fmt;
use core::str::FromStr;
use std::net::IpAddr;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, RootCertStore, SignatureScheme, version};

/// SHA-256 of a certificate's DER bytes, as a server prints it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertificateHash(pub [u8; 32]);

/// Which certificate of a server is good enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// Any on a loopback address (nobody else can answer there); [`Trust::Public`] elsewhere.
    #[default]
    Automatic,
    /// One that a public authority issued for the host's name.
    Public,
    /// The one with this hash.
    Pinned(CertificateHash),
    /// Any: for development only, because anybody on the way can then pose as the server.
    Any,
}

impl Trust {
    /// Whether a server at `address` may be spoken to without TLS: only where nobody else can
    /// answer, or where anybody may.
    pub(crate) fn allows_plain(self, address: IpAddr) -> bool {
        match self {
            Trust::Any => true,
            Trust::Automatic | Trust::Pinned(_) => address.is_loopback(),
            Trust::Public => false,
        }
    }

    /// TLS settings for a server at `address` that speaks `alpn`.
    pub(crate) fn tls(self, address: IpAddr, alpn: &[u8]) -> Result<rustls::ClientConfig, Error> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&version::TLS13])?;
        let accepted = match self {
            Trust::Pinned(hash) => Some(Accepted::Hash(hash)),
            Trust::Any => Some(Accepted::Any),
            Trust::Automatic if address.is_loopback() => Some(Accepted::Any),
            Trust::Automatic | Trust::Public => None,
        };
        let mut config = match accepted {
            Some(accepted) => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Verifier { accepted, provider }))
                .with_no_client_auth(),
            None => builder
                .with_root_certificates(public_roots())
                .with_no_client_auth(),
        };
        config.alpn_protocols = vec![alpn.to_vec()];
        Ok(config)
    }
}

fn public_roots() -> RootCertStore {
    RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    }
}

/// What the verifier below lets pass.
#[derive(Clone, Copy, Debug)]
enum Accepted {
    Any,
    Hash(CertificateHash),
}

/// Accepts by hash or all; still demands that the server holds the certificate's key.
#[derive(Debug)]
struct Verifier {
    accepted: Accepted,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.accepted {
            Accepted::Any => Ok(ServerCertVerified::assertion()),
            Accepted::Hash(hash) if CertificateHash::of(certificate) == Some(hash) => {
                Ok(ServerCertVerified::assertion())
            }
            Accepted::Hash(_) => Err(Error::InvalidCertificate(
                rustls::CertificateError::ApplicationVerificationFailure,
            )),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

impl CertificateHash {
    /// The hash of a certificate's DER bytes; `None` only if the crypto provider has no SHA-256.
    #[must_use]
    pub fn of(der: &[u8]) -> Option<CertificateHash> {
        let hash = TLS13_AES_128_GCM_SHA256
            .tls13()?
            .common
            .hash_provider
            .hash(der);
        Some(CertificateHash(hash.as_ref().try_into().ok()?))
    }
}

impl FromStr for CertificateHash {
    type Err = String;

    /// Reads 64 hexadecimal digits; colons between bytes are fine.
    ///
    /// # Errors
    /// One sentence for the person who typed it.
    fn from_str(text: &str) -> Result<CertificateHash, String> {
        let digits: Option<Vec<u8>> = text
            .chars()
            .filter(|&c| c != ':')
            .map(|c| c.to_digit(16).map(|digit| digit as u8))
            .collect();
        let mut hash = [0; 32];
        match digits.as_deref() {
            Some(digits) if digits.len() == 64 => {
                for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
                    *byte = pair.iter().fold(0, |value, digit| value << 4 | digit);
                }
                Ok(CertificateHash(hash))
            }
            _ => Err("a certificate hash is 64 hexadecimal digits (SHA-256)".to_owned()),
        }
    }
}

impl fmt::Display for CertificateHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_reads_as_it_prints() {
        let hash = CertificateHash::of(b"abc").expect("SHA-256 is there");
        let text = hash.to_string();
        assert!(text.starts_with("ba7816bf8f01cfea"), "{text}");
        assert_eq!(text.parse(), Ok(hash));
        assert!("ba78".parse::<CertificateHash>().is_err());
        assert!("zz".repeat(32).parse::<CertificateHash>().is_err());
    }
}
