//! The one clock of production code.
//!
//! Everything else gets its time as an argument. Wall time is never read here: a game server that
//! trusts it stumbles when somebody sets the clock.

use std::time::Duration;

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
