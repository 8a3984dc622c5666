//! Tiny servers that echo, one for each transport, and what they share.
//!
//! Each sends back what it gets on the lane it came on, until an Ordered packet says "close".

#![allow(dead_code, reason = "each test file uses its part")]

pub mod quic;
pub mod rtc;
pub mod web;
pub mod webtransport;

use std::sync::Arc;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tickwire_link::CertificateHash;

/// Number and words with which every peer closes.
pub const REASON: u32 = 16;
pub const WORDS: &str = "come back\x07 later";

/// TLS settings with a certificate of our own, and its hash.
pub fn tls(alpn: &[&[u8]]) -> (rustls::ServerConfig, CertificateHash) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let hash = CertificateHash::of(made.cert.der()).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    tls.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    (tls, hash)
}
