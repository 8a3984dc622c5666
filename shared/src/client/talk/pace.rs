//! How often a client says what can wait: that it wants more lines, and how far it got.
//!
//! Never holds back what a player says or asks.

use crate::limits::{TALK_PACE_BURST, TALK_PACE_PER_SECOND};
use crate::time::Instant;

const MICROS: u64 = 1_000_000;

/// What may still be said, in millionths.
#[derive(Clone, Debug)]
pub(super) struct Pace {
    left: u64,
    at: Instant,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace {
            left: u64::from(TALK_PACE_BURST) * MICROS,
            at: Instant(0),
        }
    }
}

impl Pace {
    /// Whether one more may be said now.
    pub fn take(&mut self, now: Instant) -> bool {
        let passed = now.0.saturating_sub(self.at.0);
        self.at = self.at.max(now);
        let gained = passed.saturating_mul(TALK_PACE_PER_SECOND.into());
        let most = u64::from(TALK_PACE_BURST) * MICROS;
        self.left = self.left.saturating_add(gained).min(most);
        let good = self.left >= MICROS;
        self.left -= if good { MICROS } else { 0 };
        good
    }
}
