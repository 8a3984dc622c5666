//! The one clock of the clients.
//!
//! Everything else takes the time as an argument.

use std::time::Duration;

use tickwire_shared::time::Instant;

/// Monotonic time since the program started it. Copies agree with each other.
#[derive(Clone, Copy, Debug)]
pub struct Clock(tokio::time::Instant);

impl Clock {
    /// A clock that starts now.
    #[must_use]
    pub fn start() -> Clock {
        Clock(tokio::time::Instant::now())
    }

    /// The time on it.
    #[must_use]
    pub fn now(&self) -> Instant {
        Instant::default() + self.0.elapsed()
    }

    /// Sleeps until `at`; returns at once when that has passed. Wakes up to 1 ms late.
    pub async fn sleep_until(&self, at: Instant) {
        tokio::time::sleep_until(self.0 + Duration::from_micros(at.micros())).await;
    }
}
