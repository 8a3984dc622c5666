//! One message of a bot, and who got it.
//!
//! Never knows its own words.

use tickwire_shared::time::Instant;

use super::bits::Bits;
use super::place::Place;

/// Names a message of this run; its text carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MessageKey(pub u32);

/// A message.
#[derive(Clone, Debug)]
pub(super) struct Message {
    /// Who sent it.
    pub bot: usize,
    pub place: Place,
    pub sent_at: Instant,
    /// The room and the team of its sender.
    pub home: (usize, u8),
    /// When it was acked, or else sent.
    pub known_at: Instant,
    pub refused: bool,
    pub acked: bool,
    /// Who may hear it.
    pub may: Bits,
    /// Who must.
    pub must: Bits,
    /// Who did.
    pub delivered: Bits,
    /// Who was near its sender when it was sent.
    pub near: Bits,
}

impl Message {
    pub fn new(bot: usize, place: Place, now: Instant, may: Bits, must: Bits) -> Message {
        Message {
            bot,
            place,
            sent_at: now,
            home: (0, 0),
            known_at: now,
            refused: false,
            acked: false,
            may,
            must,
            delivered: Bits::default(),
            near: Bits::default(),
        }
    }

    /// Whether its sender was told that nobody gets it, and somebody did.
    pub fn denied(&self) -> bool {
        self.refused && self.delivered.count() > 0
    }

    /// How many got it who may not. Of a message without an ack nobody knows when the server took
    /// it, and so who was near then.
    pub fn leaked(&self, entitled: &Bits) -> u64 {
        let known = self.acked || self.place != Place::Near;
        match known {
            true => self.delivered.without(entitled).count(),
            false => 0,
        }
    }
}
