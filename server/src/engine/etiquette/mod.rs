//! What may be said: pure pieces that judge a line, a sanction, a sign and who is there.
//!
//! Never sends, stores or looks anything up: each piece is told what it needs to know and when.

pub mod conduct;
pub mod filter;
pub mod pen;
pub mod presence;
pub mod reaction;
pub mod reports;
pub mod sanctions;
#[cfg(test)]
mod threats;
pub mod typing;

use tickwire_shared::wire::ChatRefusal;

/// Why something is not taken, and whether time helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: ChatRefusal,
    /// For how many seconds that stays so; 0 when time does not help.
    pub seconds: u32,
}

impl Refusal {
    /// One that time does not change.
    #[must_use]
    pub const fn lasting(reason: ChatRefusal) -> Refusal {
        Refusal { reason, seconds: 0 }
    }
}
