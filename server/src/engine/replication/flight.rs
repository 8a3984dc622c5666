//! Packets in flight: what each one carried, until it is acked or too old to be.
//!
//! A ring of 64 ticks, as long as the mask of an ack. What a slot of the ring held before is lost
//! when its tick comes round again.

use tickwire_shared::ack::Ack;
use tickwire_shared::id::Tick;
use tickwire_shared::limits::PARTS_MAX;

const RING: usize = 64;

/// A block record that was more than a complete list of changes.
#[derive(Clone, Copy, Debug)]
pub struct Special {
    /// The block.
    pub block: u32,
    /// Slots that entered with it.
    pub entered: u32,
    /// Slots that left with it.
    pub left: u32,
    /// For a record of only some of the block's slots: which.
    pub partial: Option<u32>,
}

/// What one packet carried.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Blocks whose changes it carried completely.
    pub blocks: Vec<u32>,
    /// Records that need more than that.
    pub specials: Vec<Special>,
    /// Whether it carried the prediction group.
    pub group: bool,
    /// Whether it carried events.
    pub events: bool,
}

impl Part {
    /// Room for what a packet of moving blocks carries; still ones are smaller, and make more.
    fn with_room() -> Part {
        Part {
            blocks: Vec::with_capacity(24),
            specials: Vec::with_capacity(12),
            ..Part::default()
        }
    }

    fn clear(&mut self) {
        self.blocks.clear();
        self.specials.clear();
        (self.group, self.events) = (false, false);
    }
}

#[derive(Clone, Debug, Default)]
struct Sent {
    tick: Tick,
    of: usize,
    acked: u32,
    parts: Vec<Part>,
}

/// The packets a viewer was sent and has not acked.
#[derive(Clone, Debug)]
pub struct Flights {
    ring: Vec<Sent>,
}

impl Default for Flights {
    fn default() -> Flights {
        Flights {
            ring: vec![Sent::default(); RING],
        }
    }
}

impl Flights {
    /// Begins the record of part `part` of a tick and returns it to be filled.
    pub fn part(&mut self, tick: Tick, part: usize) -> &mut Part {
        if self.ring[tick.0 as usize % RING].parts.len() <= part {
            self.make_room(part);
        }
        let sent = &mut self.ring[tick.0 as usize % RING];
        if part == 0 {
            (sent.tick, sent.acked) = (tick, 0);
        }
        sent.of = part + 1;
        let part = &mut sent.parts[part];
        part.clear();
        part
    }

    /// The record of a part that [`Flights::part`] began.
    pub fn part_mut(&mut self, tick: Tick, part: usize) -> &mut Part {
        &mut self.ring[tick.0 as usize % RING].parts[part]
    }

    /// Hands each packet that `ack` newly proves to `each`, oldest tick first.
    pub fn ack(&mut self, ack: &Ack, mut each: impl FnMut(Tick, usize, &Part)) {
        for age in (0..RING as u32).rev().filter(|&age| age < ack.newest.0) {
            let tick = ack.newest.minus(age);
            let sent = &mut self.ring[tick.0 as usize % RING];
            if sent.tick != tick {
                continue;
            }
            let all = u32::MAX >> (PARTS_MAX - sent.of);
            let named = ack.parts.get(age as usize).copied().unwrap_or(0);
            let arrived = if ack.complete & 1 << age != 0 {
                all
            } else {
                named & all
            };
            let fresh = arrived & !sent.acked;
            sent.acked |= arrived;
            for (at, part) in sent.parts.iter().enumerate().take(sent.of) {
                if fresh & 1 << at != 0 {
                    each(tick, at, part);
                }
            }
        }
    }

    /// The newest tick of an ack, when it was really sent.
    #[must_use]
    pub fn was_sent(&self, tick: Tick) -> bool {
        tick != Tick::ZERO && self.ring[tick.0 as usize % RING].tick == tick
    }

    /// Forgets that these slots of a block entered: they leave, and a late ack of their entering
    /// must not count for a later entity.
    pub fn forget_entered(&mut self, block: u32, mask: u32) {
        self.specials_of(block)
            .for_each(|special| special.entered &= !mask);
    }

    /// Forgets that these slots of a block left: they enter again, and a late ack of that leave
    /// must not count for the next.
    pub fn forget_left(&mut self, block: u32, mask: u32) {
        self.specials_of(block)
            .for_each(|special| special.left &= !mask);
    }

    /// Makes room for one part more than needed in every tick of the ring at once: ticks differ by
    /// a packet, and a warm tick allocates nothing.
    fn make_room(&mut self, part: usize) {
        for sent in &mut self.ring {
            sent.parts.resize_with((part + 2).max(3), Part::with_room);
        }
    }

    fn specials_of(&mut self, block: u32) -> impl Iterator<Item = &mut Special> {
        let parts = self.ring.iter_mut().flat_map(|sent| sent.parts.iter_mut());
        parts
            .flat_map(|part| part.specials.iter_mut())
            .filter(move |special| special.block == block)
    }
}
