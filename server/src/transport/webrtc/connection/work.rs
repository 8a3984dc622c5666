//! How much of the network thread's time one client may take.
//!
//! Never measures by itself: whoever works on a connection says how long that took.
//!
//! What carries WebRTC keeps chunks that came out of order sorted, and looks through all it keeps
//! for each further one. A client that leaves one number out for good and sends thousands of
//! one-byte chunks thus makes every datagram of its own cost milliseconds, of a thread that serves
//! everybody. What is kept has no bound but a window of a megabyte of contents. Time is what such a
//! client takes from others whatever it sends, so that time is what is bounded: a bucket that fills
//! while time passes.

use std::time::{Duration, Instant};

use crate::limits::{WEBRTC_WORK_BURST, WEBRTC_WORK_PER_SECOND};

/// The time that is left to one connection.
#[derive(Debug)]
pub(super) struct Work {
    left: Duration,
    counted_at: Instant,
}

impl Work {
    /// A full bucket.
    pub(super) fn new(now: Instant) -> Work {
        Work {
            left: WEBRTC_WORK_BURST,
            counted_at: now,
        }
    }

    /// Takes what was spent; false when that was more than was left.
    pub(super) fn take(&mut self, spent: Duration, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.counted_at);
        self.counted_at = self.counted_at.max(now);
        let earned = passed.mul_f64(WEBRTC_WORK_PER_SECOND.as_secs_f64());
        let left = self.left.saturating_add(earned).min(WEBRTC_WORK_BURST);
        self.left = left.saturating_sub(spent);
        left >= spent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::clock;

    #[test]
    fn a_second_brings_back_a_share_and_never_more_than_the_bucket_holds() {
        let start = clock::instant();
        let mut work = Work::new(start);
        assert!(work.take(WEBRTC_WORK_BURST, start));
        assert!(!work.take(Duration::from_micros(1), start));
        let later = start + Duration::from_secs(1);
        assert!(work.take(WEBRTC_WORK_PER_SECOND, later));
        assert!(!work.take(Duration::from_micros(1), later));
        let much_later = start + Duration::from_secs(1_000_000);
        assert!(work.take(WEBRTC_WORK_BURST, much_later));
        assert!(!work.take(Duration::from_micros(1), much_later));
    }
}
