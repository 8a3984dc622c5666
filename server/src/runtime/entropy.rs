//! The one source of entropy of production code: the operating system.
//!
//! The engine never asks for it: seeds and tokens come to it as arguments.

/// `N` unpredictable bytes.
///
/// # Panics
/// When the operating system has no entropy; then no token could be safe.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if let Err(error) = getrandom::fill(&mut bytes) {
        panic!("the operating system gives no entropy: {error}");
    }
    bytes
}

/// An unpredictable number, for a room's seed.
#[must_use]
pub fn number() -> u64 {
    u64::from_le_bytes(bytes())
}
