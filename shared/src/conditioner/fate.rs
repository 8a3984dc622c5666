//! What happens to the next packet: lost or not, in bursts and in outages.
//!
//! Holds no packet and measures no time.

use super::network::{Network, Outages};
use crate::rng::Rng;
use crate::time::Instant;

/// Decides which packets are lost, so that their share is `loss` whatever the length of bursts.
#[derive(Clone, Debug)]
pub(super) struct Losses {
    /// Probability that a packet outside a burst starts one.
    start: f32,
    burst_packets: u16,
    /// Packets of the present burst that are still to be lost.
    left: u16,
}

impl Losses {
    pub(super) fn new(network: &Network) -> Losses {
        let loss = network.loss.clamp(0.0, 1.0);
        let burst_packets = network.burst_packets.max(1);
        // A cycle is one burst of n and a geometric gap of mean (1 - q) / q; solving
        // n / (n + gap) = loss for q gives this.
        let start = loss / (loss + f32::from(burst_packets) * (1.0 - loss)).max(f32::MIN_POSITIVE);
        Losses {
            start,
            burst_packets,
            left: 0,
        }
    }

    pub(super) fn next_is_lost(&mut self, rng: &mut Rng) -> bool {
        if self.left > 0 {
            self.left -= 1;
            return true;
        }
        let lost = rng.chance(self.start);
        if lost {
            self.left = self.burst_packets - 1;
        }
        lost
    }
}

/// The seeded calendar of outages. It depends on the seed alone, not on the traffic, so that all
/// lanes of a route with one seed fall silent together.
#[derive(Clone, Debug)]
pub(super) struct Calendar {
    outages: Outages,
    rng: Rng,
    start_us: u64,
    end_us: u64,
}

impl Calendar {
    pub(super) fn new(outages: Outages, seed: u64) -> Calendar {
        let mut calendar = Calendar {
            outages,
            rng: Rng::of(seed, &[0x6F75_7461_6765]),
            start_us: 0,
            end_us: 0,
        };
        calendar.advance();
        calendar
    }

    /// The end of the outage that `now` falls into.
    pub(super) fn outage_until(&mut self, now: Instant) -> Option<Instant> {
        while now.micros() >= self.end_us {
            self.advance();
        }
        (now.micros() >= self.start_us).then_some(Instant(self.end_us))
    }

    fn advance(&mut self) {
        let every_us = self.outages.every.as_micros() as f32;
        let wait_us = (every_us * self.rng.range(0.5, 1.5)) as u64;
        self.start_us = self.end_us.saturating_add(wait_us);
        // At least one microsecond, so that the calendar always moves on.
        let length_us = (self.outages.length.as_micros() as u64).max(1);
        self.end_us = self.start_us.saturating_add(length_us);
    }
}
