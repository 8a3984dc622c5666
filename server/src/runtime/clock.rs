//! The one clock of production code.
//!
//! Everything else gets its time as an argument. Games never see wall time: a game server that
//! trusts it stumbles when somebody sets the clock. It is read here for certificates, which clients
//! judge by their own, and for when something was stored, which people want to know.

use std::fmt;
use std::time::{Duration, SystemTime};

use cpu_time::{ProcessTime, ThreadTime};
use tickwire_shared::time::Instant;

/// Monotonic time since this clock was made; copies share the same start.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: std::time::Instant,
}

impl Clock {
    /// A clock that starts at zero now.
    #[must_use]
    #[allow(
        clippy::disallowed_methods,
        reason = "the one clock read of production code"
    )]
    pub fn start() -> Clock {
        Clock {
            start: std::time::Instant::now(),
        }
    }

    /// Microseconds since the start.
    #[must_use]
    pub fn now(&self) -> Instant {
        Instant(u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX))
    }
}

/// The time as libraries that keep time of their own want it.
#[must_use]
#[allow(
    clippy::disallowed_methods,
    reason = "the other clock read of production code"
)]
pub fn instant() -> std::time::Instant {
    std::time::Instant::now()
}

/// Milliseconds since 1970 (UTC) by the machine's clock, for what is stored.
#[must_use]
pub fn wall_millis() -> u64 {
    u64::try_from(since_1970().as_millis()).unwrap_or(u64::MAX)
}

/// From 1970 until now by the machine's clock; nothing when it shows less.
#[allow(
    clippy::disallowed_methods,
    reason = "the one wall clock read of production code"
)]
fn since_1970() -> Duration {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default()
}

/// Seconds since 1970 (UTC), for certificates alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WallTime(pub u64);

impl WallTime {
    /// What the machine's clock shows; 1970 when it shows less.
    #[must_use]
    pub fn now() -> WallTime {
        WallTime(since_1970().as_secs())
    }

    /// This much later.
    #[must_use]
    pub fn after(self, span: Duration) -> WallTime {
        WallTime(self.0.saturating_add(span.as_secs()))
    }

    /// This much earlier, not before 1970.
    #[must_use]
    pub fn before(self, span: Duration) -> WallTime {
        WallTime(self.0.saturating_sub(span.as_secs()))
    }

    /// From `earlier` until this; nothing when that is not earlier.
    #[must_use]
    pub fn since(self, earlier: WallTime) -> Duration {
        Duration::from_secs(self.0.saturating_sub(earlier.0))
    }

    /// From 1970 until this.
    #[must_use]
    pub fn since_epoch(self) -> Duration {
        Duration::from_secs(self.0)
    }

    /// Year, month and day of the Gregorian calendar.
    #[must_use]
    pub fn date(self) -> (u64, u64, u64) {
        // Counted from the first of March of year 0 in cycles of 400 years, so that the day that
        // leap years add is the last of its year.
        let days = self.0 / 86_400 + 719_468;
        let (cycle, day) = (days / 146_097, days % 146_097);
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let (month, carry) = if month < 10 {
            (month + 3, 0)
        } else {
            (month - 9, 1)
        };
        (400 * cycle + year + carry, month, day)
    }
}

impl fmt::Display for WallTime {
    /// As in `2026-11-28 07:12 UTC`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        let (hour, minute) = (self.0 / 3_600 % 24, self.0 / 60 % 60);
        write!(f, "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
    }
}

/// Processor time this thread has used, in microseconds.
#[must_use]
pub fn thread_cpu_micros() -> u64 {
    micros(ThreadTime::now().as_duration())
}

/// Processor time all threads of this process have used.
#[must_use]
pub fn process_cpu() -> Duration {
    ProcessTime::now().as_duration()
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wall_time_is_written_as_people_read_it() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00 UTC"),
            (951_782_399, "2000-02-28 23:59 UTC"),
            (951_782_400, "2000-02-29 00:00 UTC"),
            (1_709_251_199, "2024-02-29 23:59 UTC"),
            (1_764_313_920, "2025-11-28 07:12 UTC"),
            (4_107_542_400, "2100-03-01 00:00 UTC"),
        ] {
            assert_eq!(WallTime(seconds).to_string(), text);
        }
        assert_eq!(WallTime(5).since(WallTime(9)), Duration::ZERO);
        assert!(WallTime::now() > WallTime(1_700_000_000));
    }

    #[test]
    fn goes_forward_and_counts_work() {
        let clock = Clock::start();
        let (then, cpu) = (clock.now(), thread_cpu_micros());
        let mut sum = 1_u64;
        while thread_cpu_micros() < cpu + 2_000 {
            sum = sum.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        }
        assert!(sum != 0 && clock.now() > then);
        assert!(process_cpu() >= Duration::from_micros(2_000));
    }
}
