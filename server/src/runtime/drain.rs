//! From the first signal to the end of the process, as a state and the numbers handed in.
//!
//! Never waits and never reads a clock: the shell asks what to do next.

use std::time::Duration;

use tickwire_shared::time::Instant;

/// How far the end has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Drain {
    /// Players may join.
    #[default]
    Serving,
    /// Nobody may join; who plays may finish until the deadline.
    Draining {
        /// When whoever is left is sent away.
        deadline: Instant,
    },
    /// Over: close what is open and leave.
    Stopped,
}

impl Drain {
    /// A signal arrived: the first starts the drain, a second ends it at once.
    #[must_use]
    pub fn signalled(self, now: Instant, grace: Duration) -> Drain {
        match self {
            Drain::Serving => Drain::Draining {
                deadline: now + grace,
            },
            Drain::Draining { .. } | Drain::Stopped => Drain::Stopped,
        }
    }

    /// The state at `now` with this many sessions left.
    #[must_use]
    pub fn at(self, now: Instant, sessions: usize) -> Drain {
        match self {
            Drain::Draining { deadline } if sessions == 0 || now >= deadline => Drain::Stopped,
            other => other,
        }
    }

    /// Whether players may join.
    #[must_use]
    pub fn is_serving(self) -> bool {
        self == Drain::Serving
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_secs(10);

    fn draining() -> Drain {
        Drain::default().signalled(Instant::from_millis(500), GRACE)
    }

    #[test]
    fn ends_when_everybody_left_or_time_is_up() {
        let (before, after) = (Instant::from_millis(10_499), Instant::from_millis(10_500));
        assert_eq!(draining().at(before, 1), draining());
        assert_eq!(draining().at(before, 0), Drain::Stopped);
        assert_eq!(draining().at(after, 1), Drain::Stopped);
    }

    #[test]
    fn serves_until_told_and_a_second_signal_stops_at_once() {
        let serving = Drain::default();
        assert!(serving.at(Instant(u64::MAX), 0).is_serving());
        assert!(!draining().is_serving());
        assert_eq!(draining().signalled(Instant(0), GRACE), Drain::Stopped);
    }
}
