//! The server's own signing key: made once, kept in the data directory.
//!
//! Never leaves the process: others get the public half, and tokens.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use pasetors::keys::{AsymmetricPublicKey, AsymmetricSecretKey};
use pasetors::version4::V4;

/// An Ed25519 key pair for PASETO v4.public.
pub struct SigningKey {
    pub(super) secret: AsymmetricSecretKey<V4>,
    pub(super) public: AsymmetricPublicKey<V4>,
    server_id: String,
}

impl SigningKey {
    /// The pair of a seed.
    ///
    /// # Errors
    /// When the seed makes no pair, which no seed of 32 bytes does.
    pub fn from_seed(seed: &[u8; 32]) -> Result<SigningKey, String> {
        let bad = |_| "the signing key makes no pair of keys".to_owned();
        let pair = Ed25519KeyPair::from_seed_unchecked(seed)
            .map_err(|error| format!("the signing key is refused: {error}"))?;
        let public = pair.public_key().as_ref();
        Ok(SigningKey {
            secret: AsymmetricSecretKey::from(&[seed, public].concat()).map_err(bad)?,
            public: AsymmetricPublicKey::from(public).map_err(bad)?,
            server_id: server_id(public),
        })
    }

    /// What this server is called in tokens: it changes with the key alone.
    #[must_use]
    pub fn server_id(&self) -> &str {
        &self.server_id
    }
}

fn server_id(public: &[u8]) -> String {
    let hash = digest(&SHA256, public);
    let digits = hash.as_ref().iter().take(8);
    let digits: String = digits.map(|byte| format!("{byte:02x}")).collect();
    format!("tickwire:{digits}")
}

impl fmt::Debug for SigningKey {
    /// Never shows the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.server_id)
    }
}
