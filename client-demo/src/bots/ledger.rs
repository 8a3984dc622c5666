//! The books of the bots' chat: who must see which message, and who did.
//!
//! All bots live in one process and share one clock, so that the time from one's sending to
//! another's receiving can be measured. Never sends anything itself.
//!
//! A message is *expected* by every bot that is in the sender's room when it is sent. Each of them
//! must get it exactly once, and must see the room's offsets only grow.

use std::collections::BTreeMap;

use serde::Serialize;
use tickwire_shared::time::Instant;

use crate::histogram::{Histogram, Percentiles};

/// Messages one run may send at the most; past it [`Ledger::send`] refuses.
pub const MESSAGES_MAX: usize = 1 << 18;

/// What the report says of chat.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ChatReport {
    /// Messages the bots sent and the server did not refuse.
    pub sent: u64,
    /// Of these, the ones the server acknowledged to their sender.
    pub acked: u64,
    /// Expected deliveries that happened.
    pub delivered: u64,
    /// Deliveries that should happen: for each message, every bot that was in the room.
    pub expected: u64,
    /// Expected deliveries that did not happen.
    pub lost: u64,
    /// Deliveries of a message to a bot that had it already.
    pub duplicated: u64,
    /// Deliveries with a smaller offset than one before.
    pub reordered: u64,
    /// Messages the server refused (too fast, too long).
    pub refused: u64,
    /// From the sender's sending to each receiver's receiving.
    pub delivery_ms: Percentiles,
}

/// Names a message of this run; its text carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MessageKey(pub u32);

/// The books.
#[derive(Debug, Default)]
pub struct Ledger {
    run: u32,
    bots: Vec<Reader>,
    messages: Vec<Message>,
    rooms: BTreeMap<String, usize>,
    acked: u64,
    expected: u64,
    delivered: u64,
    duplicated: u64,
    reordered: u64,
    delivery: Histogram,
}

/// One bot as a reader of chat.
#[derive(Clone, Debug, Default)]
struct Reader {
    room: Option<usize>,
    last_offset: Option<u64>,
}

#[derive(Clone, Debug)]
struct Message {
    sent_at: Instant,
    refused: bool,
    acked: bool,
    expected: Bits,
    delivered: Bits,
}

impl Ledger {
    /// Books for this many bots, none of them in a room. `run` tells this run's messages from
    /// those of another process in the same room.
    #[must_use]
    pub fn new(bots: usize, run: u32) -> Ledger {
        Ledger {
            run,
            bots: vec![Reader::default(); bots],
            ..Ledger::default()
        }
    }

    /// A bot entered a room with a new session. Offsets count anew.
    pub fn join(&mut self, bot: usize, room: &str) {
        let next = self.rooms.len();
        let room = *self.rooms.entry(room.to_owned()).or_insert(next);
        if let Some(reader) = self.bots.get_mut(bot) {
            *reader = Reader {
                room: Some(room),
                last_offset: None,
            };
        }
    }

    /// A bot's session is over: it is expected to see no message sent from now on.
    pub fn leave(&mut self, bot: usize) {
        if let Some(reader) = self.bots.get_mut(bot) {
            reader.room = None;
        }
    }

    /// The name of the next message; `None` at [`MESSAGES_MAX`].
    #[must_use]
    pub fn next_key(&self) -> Option<MessageKey> {
        let key = u32::try_from(self.messages.len()).ok()?;
        (self.messages.len() < MESSAGES_MAX).then_some(MessageKey(key))
    }

    /// A bot sends the message [`Ledger::next_key`] named; `None` when it is in no room, or at
    /// [`MESSAGES_MAX`].
    pub fn send(&mut self, bot: usize, now: Instant) -> Option<MessageKey> {
        let room = self.bots.get(bot)?.room?;
        let key = self.next_key()?;
        let mut expected = Bits::default();
        for (index, reader) in self.bots.iter().enumerate() {
            if reader.room == Some(room) {
                expected.set(index);
            }
        }
        self.expected += expected.count();
        self.messages.push(Message {
            sent_at: now,
            refused: false,
            acked: false,
            expected,
            delivered: Bits::default(),
        });
        Some(key)
    }

    /// The server refused a message: nobody is expected to see it.
    pub fn refuse(&mut self, key: MessageKey) {
        if let Some(message) = self.messages.get_mut(key.0 as usize) {
            message.refused = true;
            self.expected -= message.expected.count();
            message.expected = Bits::default();
        }
    }

    /// The server told the sender that its message has its place.
    pub fn ack(&mut self, key: MessageKey) {
        if let Some(message) = self.messages.get_mut(key.0 as usize) {
            self.acked += u64::from(!message.acked);
            message.acked = true;
        }
    }

    /// A bot received a message at its place `offset`; `key` is `None` for a stranger's message.
    pub fn deliver(&mut self, bot: usize, key: Option<MessageKey>, offset: u64, now: Instant) {
        let Some(reader) = self.bots.get_mut(bot) else {
            return;
        };
        let behind = reader.last_offset.is_some_and(|last| offset <= last);
        reader.last_offset = reader.last_offset.max(Some(offset));
        let message = key.and_then(|key| self.messages.get_mut(key.0 as usize));
        if message
            .as_ref()
            .is_some_and(|message| message.delivered.get(bot))
        {
            self.duplicated += 1;
            return;
        }
        self.reordered += u64::from(behind);
        if let Some(message) = message {
            message.delivered.set(bot);
            if message.expected.get(bot) {
                self.delivered += 1;
                self.delivery.add(now.since(message.sent_at));
            }
        }
    }

    /// Expected deliveries that happened.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Expected deliveries that have not happened.
    #[must_use]
    pub fn outstanding(&self) -> u64 {
        self.expected.saturating_sub(self.delivered)
    }

    /// What the report says.
    #[must_use]
    pub fn report(&self) -> ChatReport {
        let refused = self.messages.iter().filter(|m| m.refused).count() as u64;
        ChatReport {
            sent: self.messages.len() as u64 - refused,
            acked: self.acked,
            delivered: self.delivered,
            expected: self.expected,
            lost: self.outstanding(),
            duplicated: self.duplicated,
            reordered: self.reordered,
            refused,
            delivery_ms: self.delivery.percentiles(),
        }
    }

    /// The text of a message of this name.
    #[must_use]
    pub fn sign(&self, key: MessageKey, words: &str) -> String {
        format!("{words} #{:x}.{:x}", self.run, key.0)
    }

    /// The name a text carries; `None` when no bot of this run wrote it.
    #[must_use]
    pub fn key_of(&self, text: &str) -> Option<MessageKey> {
        let (_, name) = text.rsplit_once('#')?;
        let (run, key) = name.split_once('.')?;
        let number = |digits| u32::from_str_radix(digits, 16).ok();
        (number(run)? == self.run).then_some(MessageKey(number(key)?))
    }
}

/// A set of bots.
#[derive(Clone, Debug, Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn set(&mut self, index: usize) {
        let word = index / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(bits) = self.0.get_mut(word) {
            *bits |= 1 << (index % 64);
        }
    }

    fn get(&self, index: usize) -> bool {
        let bits = self.0.get(index / 64).copied().unwrap_or(0);
        bits >> (index % 64) & 1 == 1
    }

    fn count(&self) -> u64 {
        self.0.iter().map(|bits| u64::from(bits.count_ones())).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Instant = Instant::from_millis;

    /// Three bots, two of them in one room and one elsewhere.
    fn ledger() -> Ledger {
        let mut ledger = Ledger::new(70, 0xABC);
        ledger.join(0, "arena");
        ledger.join(69, "arena");
        ledger.join(1, "elsewhere");
        ledger
    }

    #[test]
    fn a_message_is_expected_by_those_in_the_room() {
        let mut ledger = ledger();
        let key = ledger.send(0, MS(10)).expect("in a room");
        assert_eq!(ledger.outstanding(), 2);
        ledger.ack(key);
        ledger.ack(key);
        ledger.deliver(0, Some(key), 1, MS(12));
        ledger.join(2, "arena");
        ledger.deliver(2, Some(key), 1, MS(13));
        assert_eq!(ledger.outstanding(), 1, "a late joiner was not expected");
        ledger.deliver(69, Some(key), 1, MS(18));
        let report = ledger.report();
        assert_eq!((report.sent, report.acked), (1, 1));
        assert_eq!((report.delivered, report.expected, report.lost), (2, 2, 0));
        assert_eq!((report.duplicated, report.reordered), (0, 0));
        let p99 = report.delivery_ms.p99.expect("measured");
        assert!((7.9..8.1).contains(&p99), "{p99}");
    }

    #[test]
    fn doubles_and_swaps_are_told_apart() {
        let mut ledger = ledger();
        let first = ledger.send(0, MS(1));
        let second = ledger.send(0, MS(2));
        ledger.deliver(0, second, 2, MS(3));
        ledger.deliver(0, first, 1, MS(4));
        ledger.deliver(0, first, 1, MS(5));
        let report = ledger.report();
        assert_eq!(
            (report.duplicated, report.reordered, report.lost),
            (1, 1, 2)
        );
        ledger.deliver(0, None, 2, MS(6));
        assert_eq!(
            ledger.report().reordered,
            2,
            "a stranger's message counts too"
        );
    }

    #[test]
    fn refused_messages_and_bots_that_left_are_not_expected() {
        let mut ledger = ledger();
        let key = ledger.send(0, MS(1)).expect("in a room");
        ledger.refuse(key);
        ledger.leave(69);
        let kept = ledger.send(0, MS(2));
        ledger.deliver(0, kept, 1, MS(3));
        let report = ledger.report();
        assert_eq!((report.sent, report.refused, report.expected), (1, 1, 1));
        assert_eq!(report.lost, 0);
        assert_eq!(ledger.send(69, MS(4)), None);
    }

    #[test]
    fn a_name_survives_in_its_text() {
        let ledger = ledger();
        let key = MessageKey(0xBEEF);
        let text = ledger.sign(key, "well #1 played");
        assert_eq!(ledger.key_of(&text), Some(key));
        assert_eq!(Ledger::new(2, 0xABD).key_of(&text), None, "another run's");
        for stranger in ["hello", "#nothex", "#1", "#abc.", ""] {
            assert_eq!(ledger.key_of(stranger), None);
        }
    }
}
