//! One message of a bot, and who got it.
//!
//! Never knows its own words.

use tickwire_shared::time::Instant;

use super::bits::Bits;
use super::place::Place;
use super::teams::Team;

/// Names a message of this run; its text carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MessageKey(pub u32);

/// What the server said of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing yet.
    Sent,
    /// That it has its place.
    Acked,
    /// That nobody gets it.
    Refused,
    /// That nobody gets it, since its sender is in another team than when it was sent.
    Moved,
}

/// A message.
#[derive(Clone, Debug)]
pub(super) struct Message {
    /// Who sent it.
    pub bot: usize,
    pub place: Place,
    pub sent_at: Instant,
    /// The team of its sender.
    pub home: Option<Team>,
    /// When it was acked, or else sent.
    pub known_at: Instant,
    pub fate: Fate,
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
            home: None,
            known_at: now,
            fate: Fate::Sent,
            may,
            must,
            delivered: Bits::default(),
            near: Bits::default(),
        }
    }

    /// Whether its sender was told that it has its place.
    pub fn is_acked(&self) -> bool {
        self.fate == Fate::Acked
    }

    /// Whether its sender was told that nobody gets it.
    pub fn is_refused(&self) -> bool {
        matches!(self.fate, Fate::Refused | Fate::Moved)
    }

    /// Whether its sender was told that nobody gets it, and somebody did.
    pub fn denied(&self) -> bool {
        self.is_refused() && self.delivered.count() > 0
    }

    /// How many got it who may not. Of a message without an ack nobody knows when the server took
    /// it, and so who was near then.
    pub fn leaked(&self, entitled: &Bits) -> u64 {
        let known = self.is_acked() || self.place != Place::Near;
        match known {
            true => self.delivered.without(entitled).count(),
            false => 0,
        }
    }
}
