//! The byte budget of one viewer: a token bucket with a fixed rate that may go into debt.
//!
//! Never decides what is sent; says how much.

/// Bytes a viewer may be sent.
#[derive(Clone, Debug)]
pub struct Budget {
    per_tick_q8: i64,
    ceiling_q8: i64,
    bytes_q8: i64,
}

impl Budget {
    /// A full bucket that gains `bytes_per_second` over `tick_hz` ticks and holds 100 ms of that.
    #[must_use]
    pub fn new(bytes_per_second: u32, tick_hz: u16) -> Budget {
        let per_second_q8 = i64::from(bytes_per_second) << 8;
        let ceiling_q8 = per_second_q8 / 10;
        Budget {
            per_tick_q8: per_second_q8 / i64::from(tick_hz.max(1)),
            ceiling_q8,
            bytes_q8: ceiling_q8,
        }
    }

    /// Gains `ticks` ticks' worth.
    pub fn refill(&mut self, ticks: u32) {
        let gained = self.per_tick_q8.saturating_mul(i64::from(ticks));
        self.bytes_q8 = self.bytes_q8.saturating_add(gained).min(self.ceiling_q8);
    }

    /// Bits that may be sent now; 0 while in debt.
    #[must_use]
    pub fn bits(&self) -> usize {
        (self.bytes_q8.max(0) >> 8) as usize * 8
    }

    /// Pays for what was sent, into debt if need be: sizes are known only after coding.
    pub fn pay(&mut self, bytes: usize) {
        self.bytes_q8 -= (bytes as i64) << 8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_second_gets_more_than_the_rate_and_the_first_burst() {
        let mut budget = Budget::new(6_000, 60);
        let mut sent = 0;
        for _ in 0..600 {
            budget.refill(1);
            while budget.bits() > 0 {
                sent += 70;
                budget.pay(70);
            }
        }
        assert!((60_000 - 700..60_000 + 700 + 70).contains(&sent), "{sent}");
    }
}
