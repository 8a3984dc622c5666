//! When the next tick of a room is due: arithmetic on the numbers the caller hands in.
//!
//! Never sleeps and never reads a clock. The deadline of tick `n` is `start + n * period`,
//! computed from the count, so that lateness of one tick never shifts the next.

use tickwire_shared::time::{Instant, TickRate};

use crate::limits::CATCH_UP_TICKS_MAX;

/// The deadlines of one room.
#[derive(Clone, Debug)]
pub struct Pacer {
    start: Instant,
    rate: TickRate,
    /// Number of the next deadline, counted from the start; not the room's tick once some were
    /// skipped.
    next: u64,
    overruns: u64,
    skipped: u64,
}

/// What a tick that ended did to the schedule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// The tick took longer than its period.
    pub overrun: bool,
    /// Deadlines that were given up, because the room was too far behind to catch up.
    pub skipped_ticks: u64,
}

impl Pacer {
    /// A schedule whose first deadline is one period after `start`.
    #[must_use]
    pub fn new(start: Instant, rate: TickRate) -> Pacer {
        Pacer {
            start,
            rate,
            next: 1,
            overruns: 0,
            skipped: 0,
        }
    }

    /// When the next tick is due.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        Instant(self.start.0.saturating_add(self.rate.micros_of(self.next)))
    }

    /// Whether the next tick is due at `now`.
    #[must_use]
    pub fn is_due(&self, now: Instant) -> bool {
        now >= self.deadline()
    }

    /// Takes note that the tick that was due ran from `began` to `ended`.
    pub fn ticked(&mut self, began: Instant, ended: Instant) -> Pace {
        self.next += 1;
        let overrun = ended.since(began) > self.rate.period();
        self.overruns += u64::from(overrun);
        let skipped_ticks = self.skip_to(ended);
        Pace {
            overrun,
            skipped_ticks,
        }
    }

    /// Ticks that took longer than their period.
    #[must_use]
    pub fn overruns(&self) -> u64 {
        self.overruns
    }

    /// Deadlines that were given up.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Gives up every deadline that has passed, if there are too many of them to catch up with.
    fn skip_to(&mut self, now: Instant) -> u64 {
        let elapsed_micros = now.0.saturating_sub(self.start.0);
        let passed = u128::from(elapsed_micros) * u128::from(self.rate.get()) / 1_000_000;
        let behind = u64::try_from(passed)
            .unwrap_or(u64::MAX)
            .saturating_sub(self.next - 1);
        if behind <= CATCH_UP_TICKS_MAX {
            return 0;
        }
        self.next += behind;
        self.skipped += behind;
        behind
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Instant = Instant(1_000);

    fn pacer() -> Pacer {
        Pacer::new(START, TickRate::hz(60))
    }

    #[test]
    fn an_hour_of_ticks_does_not_drift() {
        let mut pacer = pacer();
        for _ in 0..3_600 * 60 - 1 {
            let due = pacer.deadline();
            assert!(!pacer.is_due(Instant(due.0 - 1)) && pacer.is_due(due));
            assert_eq!(pacer.ticked(due, due), Pace::default());
        }
        assert_eq!(pacer.deadline(), Instant(START.0 + 3_600_000_000));
    }

    #[test]
    fn lateness_of_one_tick_never_shifts_the_next() {
        let mut pacer = pacer();
        let due = pacer.deadline();
        pacer.ticked(Instant(due.0 + 9_000), Instant(due.0 + 10_000));
        assert_eq!(pacer.deadline(), Instant(START.0 + 33_333));
    }

    #[test]
    fn a_tick_longer_than_its_period_is_an_overrun() {
        let mut pacer = pacer();
        let due = pacer.deadline();
        assert!(!pacer.ticked(due, Instant(due.0 + 16_666)).overrun);
        let due = pacer.deadline();
        assert!(pacer.ticked(due, Instant(due.0 + 16_667)).overrun);
        assert_eq!(pacer.overruns(), 1);
    }

    #[test]
    fn a_little_behind_catches_up() {
        let mut pacer = pacer();
        let (due, late) = (pacer.deadline(), Instant(START.0 + 9 * 16_667));
        assert_eq!(pacer.ticked(due, late).skipped_ticks, 0);
        for _ in 0..8 {
            assert!(pacer.is_due(late));
            pacer.ticked(late, late);
        }
        assert!(!pacer.is_due(late));
        assert_eq!(pacer.skipped(), 0);
    }

    #[test]
    fn far_behind_skips_whole_ticks_and_keeps_the_phase() {
        let mut pacer = pacer();
        let (due, late) = (pacer.deadline(), Instant(START.0 + 1_005_000));
        let pace = pacer.ticked(due, late);
        assert_eq!(pace.skipped_ticks, 59);
        assert_eq!(pacer.skipped(), 59);
        assert_eq!(pacer.deadline(), Instant(START.0 + 1_016_666));
    }
}
