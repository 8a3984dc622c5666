//! Guests: accounts that nobody registered and nothing is stored of.
//!
//! Never keeps a key. A guest's account follows from its key and the server's secret: whoever has
//! the key is the same guest again, also after a restart. Nobody finds a key for an account they
//! have seen, nor two keys for one account, without the server, which says one account a join: the
//! digest has 63 bits, too few if it could be computed elsewhere.
//!
//! ```text
//! key of a guest:  16 random bytes, the first bit set (other keys have it clear)
//! account:         the first 63 bits of HMAC-SHA256(secret, key) below the bit of guests
//! ```

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use tickwire_shared::id::AccountId;
use tickwire_shared::wire::Token;

/// The first bit of a guest's key.
const GUEST_KEY: u8 = 0x80;

/// What only this server knows, and what accounts of guests follow from.
#[derive(Clone, Debug)]
pub struct GuestSecret(hmac::Key);

impl GuestSecret {
    /// The same bytes are the same secret.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> GuestSecret {
        GuestSecret(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// The account of a guest's key; `None` for a key of another kind.
    #[must_use]
    pub fn guest_of(&self, key: &Token) -> Option<AccountId> {
        if key.0[0] & GUEST_KEY == 0 {
            return None;
        }
        let tag = hmac::sign(&self.0, &key.0);
        let number = tag.as_ref().first_chunk()?;
        Some(AccountId(u64::from_be_bytes(*number) | AccountId::GUEST))
    }
}

/// A key for a new guest.
pub fn guest_key(entropy: &mut dyn FnMut() -> u64) -> Token {
    let mut key = random_key(entropy);
    key.0[0] |= GUEST_KEY;
    key
}

/// A key for an account that is not a guest's; the store knows its digest.
pub fn stored_key(entropy: &mut dyn FnMut() -> u64) -> Token {
    let mut key = random_key(entropy);
    key.0[0] &= !GUEST_KEY;
    key
}

/// What the store knows of a key.
#[must_use]
pub fn key_digest(key: &Token) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, &key.0).as_ref());
    bytes
}

fn random_key(entropy: &mut dyn FnMut() -> u64) -> Token {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&entropy().to_le_bytes());
    bytes[8..].copy_from_slice(&entropy().to_le_bytes());
    Token(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_is_the_same_with_the_same_key_and_nobody_else() {
        let mut number = 0;
        let mut entropy = || {
            number += 1;
            number
        };
        let (first, second) = (guest_key(&mut entropy), guest_key(&mut entropy));
        let secret = GuestSecret::new(&[1; 32]);
        let account = secret.guest_of(&first).expect("a guest's key");
        assert!(account.is_guest());
        let restarted = GuestSecret::new(&[1; 32]);
        assert_eq!(restarted.guest_of(&first), Some(account));
        assert_ne!(secret.guest_of(&second), Some(account));
        assert_eq!(secret.guest_of(&stored_key(&mut entropy)), None);
        let elsewhere = GuestSecret::new(&[2; 32]);
        assert_ne!(elsewhere.guest_of(&first), Some(account));
    }
}
