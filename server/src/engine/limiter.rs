//! Token buckets: how much of something one link or session may do.
//!
//! Never reads a clock and never decides what happens beyond the limit.

use tickwire_shared::time::Instant;

use crate::limits::{
    FLOOD_FACTOR, FLOOD_TIME_MAX, INPUT_BYTES_PER_SECOND, INPUT_PACKETS_BURST,
    INPUT_PACKETS_PER_TICK, ORDERED_PACKETS_BURST, ORDERED_PACKETS_PER_SECOND,
};

const MICROS: u64 = 1_000_000;

/// So many a second, and so many at once.
#[derive(Clone, Debug)]
pub struct Bucket {
    per_second: u64,
    /// What is left and what fits, in millionths.
    level_micros: u64,
    burst_micros: u64,
    at: Instant,
}

impl Bucket {
    /// A full bucket.
    #[must_use]
    pub fn new(per_second: u32, burst: u32, now: Instant) -> Bucket {
        let burst_micros = u64::from(burst) * MICROS;
        Bucket {
            per_second: u64::from(per_second),
            level_micros: burst_micros,
            burst_micros,
            at: now,
        }
    }

    /// Takes `amount` when that much is there; otherwise takes nothing.
    pub fn take(&mut self, now: Instant, amount: u32) -> bool {
        let passed = now.0.saturating_sub(self.at.0);
        self.at = self.at.max(now);
        let gained = passed.saturating_mul(self.per_second);
        self.level_micros = self
            .level_micros
            .saturating_add(gained)
            .min(self.burst_micros);
        let wanted = u64::from(amount) * MICROS;
        let enough = self.level_micros >= wanted;
        if enough {
            self.level_micros -= wanted;
        }
        enough
    }

    /// Puts `amount` back that was taken for nothing, as far as it fits.
    pub fn give_back(&mut self, amount: u32) {
        let amount = u64::from(amount) * MICROS;
        let level = self.level_micros.saturating_add(amount);
        self.level_micros = level.min(self.burst_micros);
    }

    /// In how many seconds after the last [`Bucket::take`] so much is there, rounded up;
    /// `u32::MAX` when never.
    #[must_use]
    pub fn seconds_until(&self, amount: u32) -> u32 {
        let wanted = u64::from(amount) * MICROS;
        if wanted > self.burst_micros || self.per_second == 0 {
            return u32::MAX;
        }
        let missing = wanted.saturating_sub(self.level_micros);
        u32::try_from(missing.div_ceil(self.per_second * MICROS)).unwrap_or(u32::MAX)
    }

    /// Whether nothing was taken that has not come back.
    pub fn is_full(&mut self, now: Instant) -> bool {
        self.take(now, 0) && self.level_micros == self.burst_micros
    }
}

/// What to do with a packet that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowance {
    /// Use it.
    Use,
    /// Drop it without looking at it.
    Drop,
    /// Close the link.
    Close,
}

/// The limits of one link.
///
/// How many new inputs a packet may bring needs no bucket: a room keeps one input a tick and no
/// more than it has ticks ahead, so a flood of inputs has nowhere to go.
#[derive(Clone, Debug)]
pub struct Limiter {
    inputs: Bucket,
    input_bytes: Bucket,
    flood: Bucket,
    ordered: Bucket,
}

impl Limiter {
    /// The limits of a link that plays at `tick_hz` ticks a second.
    #[must_use]
    pub fn new(tick_hz: u16, now: Instant) -> Limiter {
        let rate = INPUT_PACKETS_PER_TICK * u32::from(tick_hz);
        let flood = rate * FLOOD_FACTOR;
        let flood_burst = flood * FLOOD_TIME_MAX.as_secs() as u32;
        Limiter {
            inputs: Bucket::new(rate, INPUT_PACKETS_BURST, now),
            input_bytes: Bucket::new(INPUT_BYTES_PER_SECOND, 2 * INPUT_BYTES_PER_SECOND, now),
            flood: Bucket::new(flood, flood_burst, now),
            ordered: Bucket::new(ORDERED_PACKETS_PER_SECOND, ORDERED_PACKETS_BURST, now),
        }
    }

    /// An input packet of so many bytes came: dropping one costs nothing, the next repeats it.
    pub fn input(&mut self, now: Instant, bytes: usize) -> Allowance {
        if !self.flood.take(now, 1) {
            return Allowance::Close;
        }
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        if self.inputs.take(now, 1) && self.input_bytes.take(now, bytes) {
            Allowance::Use
        } else {
            Allowance::Drop
        }
    }

    /// An Ordered packet came: none may be dropped, so too many close the link.
    pub fn ordered(&mut self, now: Instant) -> Allowance {
        if self.ordered.take(now, 1) {
            Allowance::Use
        } else {
            Allowance::Close
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of `offered` packets a second pass in `seconds`, and whether the link closes.
    fn offer(offered: u64, seconds: u64) -> (u64, bool) {
        let mut limiter = Limiter::new(60, Instant(0));
        let mut used = 0;
        for index in 0..offered * seconds {
            match limiter.input(Instant(index * MICROS / offered), 60) {
                Allowance::Use => used += 1,
                Allowance::Drop => {}
                Allowance::Close => return (used, true),
            }
        }
        (used, false)
    }

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let mut bucket = Bucket::new(5, 10, Instant(0));
        let take = |bucket: &mut Bucket, millis| bucket.take(Instant::from_millis(millis), 1);
        assert_eq!((0..20).filter(|_| take(&mut bucket, 0)).count(), 10);
        assert!(!take(&mut bucket, 199) && take(&mut bucket, 200));
        assert!(!take(&mut bucket, 100), "time does not go back");
        assert_eq!((0..20).filter(|_| take(&mut bucket, 60_000)).count(), 10);
    }

    #[test]
    fn a_bucket_says_when_there_is_enough() {
        let mut bucket = Bucket::new(2, 4, Instant(0));
        assert!(bucket.is_full(Instant(0)) && bucket.take(Instant(0), 4));
        assert_eq!((bucket.seconds_until(0), bucket.seconds_until(1)), (0, 1));
        assert_eq!(
            (bucket.seconds_until(3), bucket.seconds_until(5)),
            (2, u32::MAX)
        );
        assert!(!bucket.is_full(Instant::from_millis(1_999)));
        assert!(bucket.is_full(Instant::from_millis(2_000)));
    }

    #[test]
    fn an_ordinary_link_loses_nothing_and_a_fast_one_is_thinned() {
        assert_eq!(offer(60, 60), (3_600, false));
        let (used, closed) = offer(240, 60);
        assert!(!closed && (7_200..=7_440).contains(&used), "{used}");
    }

    #[test]
    fn a_flood_closes_the_link() {
        assert!(!offer(4 * 120, 60).1);
        assert!(offer(1_000, 60).1);
    }

    #[test]
    fn too_many_ordered_packets_close_the_link() {
        let mut limiter = Limiter::new(60, Instant(0));
        let used = (0..500)
            .filter(|_| limiter.ordered(Instant(0)) == Allowance::Use)
            .count();
        assert_eq!(used as u32, ORDERED_PACKETS_BURST);
        assert_eq!(limiter.ordered(Instant(0)), Allowance::Close);
        assert_eq!(limiter.ordered(Instant(MICROS)), Allowance::Use);
    }
}
