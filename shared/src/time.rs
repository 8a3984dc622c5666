//! Time as the core sees it: an instant is a number the caller hands in.
//!
//! Nothing here reads a clock.

use core::ops::{Add, Sub};
use core::time::Duration;

/// Monotonic microseconds since some start the caller chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub u64);

impl Instant {
    /// The instant `millis` milliseconds after the start.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Instant {
        Instant(millis * 1_000)
    }

    /// Microseconds since the start.
    #[must_use]
    pub const fn micros(self) -> u64 {
        self.0
    }

    /// Time since `earlier`; zero when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Instant) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;

    fn add(self, span: Duration) -> Instant {
        let micros = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        Instant(self.0.saturating_add(micros))
    }
}

impl Sub for Instant {
    type Output = Duration;

    fn sub(self, earlier: Instant) -> Duration {
        self.since(earlier)
    }
}

/// Ticks a second of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TickRate(u16);

impl TickRate {
    /// A rate of `hz` ticks a second.
    ///
    /// # Panics
    /// When `hz` is 0 or above [`crate::limits::TICK_RATE_MAX`]: a rate is a constant of the game.
    #[must_use]
    pub const fn hz(hz: u16) -> TickRate {
        assert!(
            hz > 0 && hz <= crate::limits::TICK_RATE_MAX,
            "tick rate out of range"
        );
        TickRate(hz)
    }

    /// Ticks a second.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Microseconds from the start until the deadline of the `ticks`-th tick.
    ///
    /// Computed from the count, never summed, so that 60 Hz does not drift by its 2/3 µs.
    #[must_use]
    pub const fn micros_of(self, ticks: u64) -> u64 {
        ticks * 1_000_000 / self.0 as u64
    }

    /// Length of one tick, rounded down to microseconds.
    #[must_use]
    pub const fn period(self) -> Duration {
        Duration::from_micros(self.micros_of(1))
    }

    /// Length of one tick in seconds.
    #[must_use]
    pub fn dt(self) -> f32 {
        1.0 / f32::from(self.0)
    }
}
