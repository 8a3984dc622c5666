//! Acks: proof of which snapshot packets arrived.
//!
//! A tick may take several packets, so a mask of packets would be exhausted in a few ticks. An ack
//! names the newest tick, which of the 64 ticks up to it arrived whole, and which parts of the
//! last four ticks arrived.
//!
//! ```text
//! newest    32 bits   newest tick of which any packet arrived, 0 = none
//! complete  64 bits   bit i: all parts of tick newest - i arrived
//! for each of newest, newest - 1, newest - 2, newest - 3 that is not complete:
//!   parts   32 bits   bit p: part p arrived
//! ```

use crate::bits::{BitReader, BitWriter, OutOfBits};
use crate::id::Tick;
use crate::limits::PARTS_MAX;

/// Ticks whose parts are named one by one.
const PART_TICKS: usize = 4;

/// Which snapshot packets arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ack {
    /// Newest tick of which any packet arrived; [`Tick::ZERO`] when none did.
    pub newest: Tick,
    /// Bit i: every part of tick `newest - i` arrived.
    pub complete: u64,
    /// Bit p of entry i: part p of tick `newest - i` arrived. 0 when that tick is complete.
    pub parts: [u32; PART_TICKS],
}

impl Ack {
    /// Appends the drawn layout.
    pub fn encode(&self, out: &mut BitWriter) {
        out.put(self.newest.0, 32);
        out.put(self.complete as u32, 32);
        out.put((self.complete >> 32) as u32, 32);
        for (age, &parts) in self.parts.iter().enumerate() {
            if self.complete & 1 << age == 0 {
                out.put(parts, 32);
            }
        }
    }

    /// Reads the drawn layout.
    ///
    /// # Errors
    /// [`OutOfBits`] when the bytes end early.
    pub fn decode(from: &mut BitReader<'_>) -> Result<Ack, OutOfBits> {
        let newest = Tick(from.take(32)?);
        let low = u64::from(from.take(32)?);
        let complete = low | u64::from(from.take(32)?) << 32;
        let mut parts = [0; PART_TICKS];
        for (age, parts) in parts.iter_mut().enumerate() {
            if complete & 1 << age == 0 {
                *parts = from.take(32)?;
            }
        }
        Ok(Ack {
            newest,
            complete,
            parts,
        })
    }
}

/// The receiving side: collects arrivals and says them as an [`Ack`].
#[derive(Clone, Debug, Default)]
pub struct Arrivals {
    ack: Ack,
}

impl Arrivals {
    /// Whether part `part` of `of` of a tick is news: false for duplicates and for ticks too old
    /// to be acked (then the packet must not be used).
    #[must_use]
    pub fn is_news(&self, tick: Tick, part: u8, of: u8) -> bool {
        if tick > self.ack.newest {
            return true;
        }
        let age = self.ack.newest.since(tick) as usize;
        if age >= 64 || self.ack.complete & 1 << age != 0 {
            return false;
        }
        match self.ack.parts.get(age) {
            Some(seen) => seen & 1 << part == 0,
            None => of == 1,
        }
    }

    /// Notes that part `part` of `of` of a tick was used. Does nothing when that is no news.
    pub fn note(&mut self, tick: Tick, part: u8, of: u8) {
        debug_assert!(
            usize::from(of) <= PARTS_MAX && part < of,
            "the header was checked"
        );
        if !self.is_news(tick, part, of) {
            return;
        }
        if tick > self.ack.newest {
            self.shift(tick.since(self.ack.newest));
            self.ack.newest = tick;
        }
        let age = self.ack.newest.since(tick) as usize;
        if of == 1 {
            self.ack.complete |= 1 << age;
        } else if let Some(seen) = self.ack.parts.get_mut(age) {
            *seen |= 1 << part;
            if seen.count_ones() == u32::from(of) {
                self.ack.complete |= 1 << age;
                *seen = 0;
            }
        }
    }

    /// What to tell the server.
    #[must_use]
    pub fn ack(&self) -> Ack {
        self.ack
    }

    fn shift(&mut self, ticks: u32) {
        self.ack.complete = self.ack.complete.checked_shl(ticks).unwrap_or(0);
        let mut parts = [0; PART_TICKS];
        for (age, &old) in self.ack.parts.iter().enumerate() {
            if let Some(slot) = parts.get_mut(age + ticks as usize) {
                *slot = old;
            }
        }
        self.ack.parts = parts;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn an_ack_comes_back_equal() {
        for seed in 0..500 {
            let mut rng = Rng::new(seed);
            let complete = rng.next_u64();
            let mut parts = [0; PART_TICKS];
            for (age, parts) in parts.iter_mut().enumerate() {
                *parts = if complete & 1 << age == 0 {
                    rng.next_u32()
                } else {
                    0
                };
            }
            let ack = Ack {
                newest: Tick(rng.next_u32()),
                complete,
                parts,
            };
            let mut out = BitWriter::new();
            ack.encode(&mut out);
            let bytes = out.finish().to_vec();
            assert_eq!(
                Ack::decode(&mut BitReader::new(&bytes)),
                Ok(ack),
                "seed {seed}"
            );
        }
    }

    #[test]
    fn a_tick_is_complete_when_its_last_part_came() {
        let mut arrivals = Arrivals::default();
        arrivals.note(Tick(10), 1, 2);
        assert!(!arrivals.is_news(Tick(10), 1, 2), "a duplicate is no news");
        arrivals.note(Tick(12), 0, 1);
        assert_eq!(arrivals.ack().complete, 1);
        assert_eq!(arrivals.ack().parts, [0, 0, 0b10, 0]);
        assert!(arrivals.is_news(Tick(10), 0, 2));
        arrivals.note(Tick(10), 0, 2);
        assert_eq!(arrivals.ack().complete, 0b101);
        assert!(!arrivals.is_news(Tick(10), 0, 2));
    }

    #[test]
    fn a_tick_too_old_is_not_news() {
        let mut arrivals = Arrivals::default();
        arrivals.note(Tick(100), 0, 1);
        assert!(arrivals.is_news(Tick(37), 0, 1));
        assert!(!arrivals.is_news(Tick(36), 0, 1));
        assert!(
            !arrivals.is_news(Tick(96), 0, 2),
            "parts are named for four ticks only"
        );
    }
}
