//! The server's certificates: made for development and changed in time, or read from PEM files and
//! read again when they change.
//!
//! Never writes a key to disk and never logs one. A certificate made here is its own authority, so
//! that clients must be told its hash or be told to trust whatever answers on loopback.

mod files;
mod identity;
mod minted;
mod store;

pub use identity::{Identity, sha256_hex};
pub use store::Certificates;

/// The application protocol native clients ask for.
pub const ALPN: &[u8] = b"tickwire/1";

/// The application protocol of HTTP/3, which carries WebTransport.
pub const ALPN_HTTP3: &[u8] = web_transport_quinn::ALPN.as_bytes();

#[cfg(test)]
mod tests;
