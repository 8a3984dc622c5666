//! Passwords: hashed by Argon2id on threads of their own, so many at a time.
//!
//! Never keeps or shows a password, and never does less work for a name that nobody has: both would
//! tell something to whoever guesses.
//!
//! ```text
//! $argon2id$v=19$m=19456,t=2,p=1$ base64 of 16 bytes of salt $ base64 of 32 bytes
//! ```

use std::cell::RefCell;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;

use super::helpers::{Busy, Helpers};
use super::secret::Secret;
use crate::limits::{
    ARGON2_MEMORY_KIB, ARGON2_PASSES, LOGINS_WAITING_MAX, PASSWORD_BYTES_MAX, PASSWORD_BYTES_MIN,
    PASSWORD_PERMITS_MAX,
};
use crate::runtime::entropy;

const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;
const PREFIX: &str = "$argon2id$v=19$m=19456,t=2,p=1$";
const _: () = assert!(
    ARGON2_MEMORY_KIB == 19_456 && ARGON2_PASSES == 2,
    "as PREFIX says"
);

/// The threads that hash.
#[derive(Clone, Debug)]
pub struct Passwords {
    helpers: Helpers,
    hashed: Arc<AtomicU64>,
}

impl Passwords {
    /// Starts one thread for every second processor, [`PASSWORD_PERMITS_MAX`] at the most: rooms
    /// must tick on time whoever guesses.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(processors: usize) -> io::Result<Passwords> {
        Passwords::with_threads((processors / 2).clamp(1, PASSWORD_PERMITS_MAX))
    }

    /// As many threads as may wait, each with its own memory: where a test took the bound off.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start_many() -> io::Result<Passwords> {
        Passwords::with_threads(LOGINS_WAITING_MAX)
    }

    fn with_threads(threads: usize) -> io::Result<Passwords> {
        Ok(Passwords {
            helpers: Helpers::start("passwords", threads, LOGINS_WAITING_MAX)?,
            hashed: Arc::default(),
        })
    }

    /// The same, for whom so many may wait.
    #[cfg(test)]
    pub(super) fn with_waiting(threads: usize, waiting: usize) -> io::Result<Passwords> {
        Ok(Passwords {
            helpers: Helpers::start("passwords", threads, waiting)?,
            hashed: Arc::default(),
        })
    }

    /// The hash of a new password, with a salt of its own.
    ///
    /// # Errors
    /// `Busy` when too many wait.
    pub async fn hash(&self, password: Secret) -> Result<String, Busy> {
        let salt = entropy::bytes();
        self.run(password, salt)
            .await
            .map(|hash| format!("{PREFIX}{}${}", base64(&salt), base64(&hash)))
    }

    /// Whether a password is the one of this hash. Without one, or with one of another form, the
    /// same work is done and the answer is no.
    ///
    /// # Errors
    /// `Busy` when too many wait.
    pub async fn verify(&self, password: Secret, known: Option<&str>) -> Result<bool, Busy> {
        let known = known.and_then(parse);
        let (salt, expected) = known.unwrap_or(([0; SALT_BYTES], [0; HASH_BYTES]));
        let hash = self.run(password, salt).await?;
        let equal = verify_slices_are_equal(&hash, &expected).is_ok();
        Ok(equal && known.is_some())
    }

    /// Passwords hashed so far.
    #[must_use]
    pub fn hashed(&self) -> u64 {
        self.hashed.load(Ordering::Relaxed)
    }

    async fn run(
        &self,
        password: Secret,
        salt: [u8; SALT_BYTES],
    ) -> Result<[u8; HASH_BYTES], Busy> {
        let hashed = Arc::clone(&self.hashed);
        let work = move || {
            hashed.fetch_add(1, Ordering::Relaxed);
            argon2id(password.reveal().as_bytes(), &salt)
        };
        self.helpers.run(work).await?.ok_or(Busy)
    }
}

/// Why a password is none, if it is none.
#[must_use]
pub(super) fn problem_of(password: &Secret) -> Option<&'static str> {
    match password.reveal().len() {
        0..PASSWORD_BYTES_MIN => Some("a password has 8 bytes at the least"),
        PASSWORD_BYTES_MIN..=PASSWORD_BYTES_MAX => None,
        _ => Some("a password has 256 bytes at the most"),
    }
}

thread_local! {
    /// What Argon2id works in, taken at the first password and kept: an allocator that gets and
    /// gives back so much at a time keeps several times as much.
    static MEMORY: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
}

/// `None` where the memory for it is missing.
fn argon2id(password: &[u8], salt: &[u8; SALT_BYTES]) -> Option<[u8; HASH_BYTES]> {
    let params = Params::new(ARGON2_MEMORY_KIB, ARGON2_PASSES, 1, Some(HASH_BYTES)).ok()?;
    let mut hash = [0; HASH_BYTES];
    MEMORY.with_borrow_mut(|memory| {
        let missing = params.block_count().saturating_sub(memory.len());
        memory.try_reserve_exact(missing).ok()?;
        memory.resize(params.block_count(), Block::new());
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(password, salt, &mut hash, memory)
            .ok()
    })?;
    Some(hash)
}

fn parse(phc: &str) -> Option<([u8; SALT_BYTES], [u8; HASH_BYTES])> {
    let (salt, hash) = phc.strip_prefix(PREFIX)?.split_once('$')?;
    let salt = unbase64(salt)?.try_into().ok()?;
    let hash = unbase64(hash)?.try_into().ok()?;
    Some((salt, hash))
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 without padding, as PHC wants it.
pub(super) fn base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let at = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let word = at(0) << 16 | at(1) << 8 | at(2);
        for digit in 0..=chunk.len() {
            let value = word >> (18 - 6 * digit) & 63;
            text.push(char::from(DIGITS[value as usize]));
        }
    }
    text
}

fn unbase64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for chunk in text.as_bytes().chunks(4) {
        let mut word = 0;
        for digit in chunk {
            let value = DIGITS.iter().position(|known| known == digit)?;
            word = word << 6 | u32::try_from(value).ok()?;
        }
        word <<= 6 * (4 - chunk.len());
        let count = chunk.len().checked_sub(1)?;
        bytes.extend_from_slice(&word.to_be_bytes()[1..=count]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg"),
            ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
            assert_eq!(unbase64(text).as_deref(), Some(bytes.as_bytes()));
        }
        assert_eq!(unbase64("Zg=="), None);
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(unbase64(&base64(&all)), Some(all));
    }

    /// Made with the reference implementation's Python binding, argon2-cffi.
    #[test]
    fn the_hash_is_argon2id_whatever_was_hashed_before() {
        let hash = |password: &str| base64(&argon2id(password.as_bytes(), &[7; 16]).unwrap());
        let first = hash("correct horse");
        assert_ne!(hash("battery staple"), first);
        assert_eq!(hash("correct horse"), first);
        assert_eq!(first, "cTLmpgKLeruU6za+t2cUZ3fNfHVCYhGoJ8inpcUNcwc");
    }

    #[test]
    fn only_the_form_that_is_written_is_read() {
        let good = format!("{PREFIX}{}${}", base64(&[1; 16]), base64(&[2; 32]));
        assert_eq!(parse(&good), Some(([1; 16], [2; 32])));
        for bad in [
            "",
            "$argon2i$v=19$m=8,t=1,p=1$AAAA$AAAA",
            &good[1..],
            &good[..60],
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
