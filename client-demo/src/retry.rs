//! When a lost link is worth dialing again, how long to wait before each attempt, and what a player
//! is told meanwhile.
//!
//! Never dials and reads no clock.

use std::time::Duration;

use tickwire_link::LinkEnd;
use tickwire_shared::close::CloseReason;

/// Waits between attempts to dial: doubled each time, up to the longest.
const RETRY_FIRST: Duration = Duration::from_millis(250);
const RETRY_LONGEST: Duration = Duration::from_secs(4);

/// The wait before the next attempt to dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff(Duration);

impl Default for Backoff {
    fn default() -> Backoff {
        Backoff(RETRY_FIRST)
    }
}

impl Backoff {
    /// How long to wait now; the next wait is twice as long, up to 4 s.
    pub fn next_wait(&mut self) -> Duration {
        let wait = self.0;
        self.0 = (wait * 2).min(RETRY_LONGEST);
        wait
    }

    /// An attempt was a success: the next wait is the shortest again.
    pub fn reset(&mut self) {
        *self = Backoff::default();
    }
}

/// Whether the server will say the same to the next attempt.
#[must_use]
pub fn is_final(reason: CloseReason) -> bool {
    match reason {
        CloseReason::TimedOut
        | CloseReason::LinkLost
        | CloseReason::SlowConsumer
        | CloseReason::TooManyPackets
        | CloseReason::HandshakeTimeout
        | CloseReason::RoomFailed
        | CloseReason::UnknownSession
        | CloseReason::Draining
        | CloseReason::Starting => false,
        CloseReason::Bye
        | CloseReason::Malformed
        | CloseReason::Oversize
        | CloseReason::OutOfPhase
        | CloseReason::ProtocolVersion
        | CloseReason::SchemaMismatch
        | CloseReason::BadName
        | CloseReason::RoomFull
        | CloseReason::ServerFull
        | CloseReason::NoSuchRoom
        | CloseReason::Replaced
        | CloseReason::Refused
        | CloseReason::BadCredential
        | CloseReason::Kicked
        | CloseReason::Banned => true,
    }
}

/// Why a link ended, for a player whose client dials again by itself: what a reason asks for, it
/// does.
#[must_use]
pub fn why_again(end: &LinkEnd) -> String {
    let words = match end.reason() {
        CloseReason::Draining => {
            "The server went down. You are reconnected automatically as soon as it is back."
        }
        CloseReason::RoomFailed => {
            "The room had an internal error and was closed. You join again automatically."
        }
        CloseReason::UnknownSession => "The session is over. You join anew automatically.",
        CloseReason::Starting => "The server is still starting. You are let in automatically.",
        _ => return end.to_string(),
    };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_start_over() {
        let mut backoff = Backoff::default();
        let waits: Vec<u128> = (0..6).map(|_| backoff.next_wait().as_millis()).collect();
        assert_eq!(waits, [250, 500, 1_000, 2_000, 4_000, 4_000]);
        backoff.reset();
        assert_eq!(backoff.next_wait(), RETRY_FIRST);
    }

    #[test]
    fn nobody_is_asked_for_what_happens_by_itself() {
        for &reason in CloseReason::ALL.iter().filter(|&&one| !is_final(one)) {
            let words = String::new();
            let why = why_again(&LinkEnd::Closed { reason, words });
            let asks = ["join again in", ": join"]
                .iter()
                .any(|ask| why.contains(ask));
            assert!(!asks, "{why}");
        }
    }
}
