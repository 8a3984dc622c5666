//! How often a session may say that its player is typing.
//!
//! Never answers: what is too much is dropped, since the next one says the same.

use std::collections::VecDeque;

use tickwire_shared::id::LogId;
use tickwire_shared::time::Instant;

use crate::limits::{TYPING_EVERY, TYPING_LOG_EVERY};

/// What a session said of late.
#[derive(Clone, Debug, Default)]
pub struct TypingPace {
    /// Logs and when; none is older than [`TYPING_LOG_EVERY`] when the next comes, so they are few.
    said: VecDeque<(LogId, Instant)>,
}

impl TypingPace {
    /// Whether the others are told now that this session's player types in that log.
    pub fn allows(&mut self, now: Instant, log: LogId) -> bool {
        self.said.retain(|&(_, at)| at + TYPING_LOG_EVERY > now);
        let soon = self
            .said
            .back()
            .is_some_and(|&(_, at)| at + TYPING_EVERY > now);
        if soon || self.said.iter().any(|&(other, _)| other == log) {
            return false;
        }
        self.said.push_back((log, now));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_a_second_and_one_in_two_in_the_same_log() {
        let mut pace = TypingPace::default();
        let mut allows = |millis, log| pace.allows(Instant::from_millis(millis), LogId(log));
        assert!(allows(0, 1) && !allows(0, 1) && !allows(999, 2));
        assert!(allows(1_000, 2), "another log after a second");
        assert!(!allows(1_999, 1) && allows(2_000, 1) && !allows(2_500, 2));
    }

    #[test]
    fn a_flood_is_thinned_and_leaves_nothing_behind() {
        let mut pace = TypingPace::default();
        let calls = (0..60_000).filter(|&millis| {
            let allowed = pace.allows(Instant::from_millis(millis), LogId(millis % 100));
            assert!(pace.said.len() <= 2);
            allowed
        });
        assert_eq!(calls.count(), 60);
    }
}
