//! Defences that a test takes off, to show what they are for.
//!
//! Never read from a file, the environment or a flag: only a program that makes its own
//! configuration can set one.

/// A defence that is off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sabotage {
    /// None.
    #[default]
    None,
    /// Whatever waits for a client over QUIC that does not read goes on waiting.
    EndlessQueues,
    /// As many passwords are hashed at the same time as may wait.
    ManyPermits,
}
