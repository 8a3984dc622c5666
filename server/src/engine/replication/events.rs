//! Events on their way: one log for the room, one short list of numbers for each viewer.
//!
//! An event is sent again only when the packet that carried it is lost; what no longer fits on the
//! Snapshot lane goes over the Ordered lane.

use std::collections::VecDeque;

use tickwire_shared::bits::BitWriter;
use tickwire_shared::delta::EventRow;
use tickwire_shared::delta::events::{WINDOW, event_bits, put_event};
use tickwire_shared::id::{EntityId, KindId, PlayerId, Tick};
use tickwire_shared::limits::{EVENTS_OUTSTANDING_MAX, ROW_WORDS_MAX};
use tickwire_shared::schema::Schema;

/// Where an event happened and who caused it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Happened {
    /// The entity: who may not see it does not get the event.
    pub at: Option<EntityId>,
    /// That entity's owner, who always sees it.
    pub owner: Option<PlayerId>,
    /// The player whose input caused it, and which of its events of the tick it is.
    pub by: Option<(PlayerId, u8)>,
}

/// Events in one packet for the Ordered lane at the most; the rest waits for the next tick.
const OVERFLOW_EVENTS_MAX: usize = 64;

#[derive(Clone, Debug)]
struct Logged {
    row: EventRow,
    by: Option<(PlayerId, u8)>,
}

/// The room's recent events by number.
#[derive(Clone, Debug, Default)]
pub struct EventLog {
    first: u64,
    events: VecDeque<Logged>,
}

impl EventLog {
    /// Adds an event and returns its number.
    pub fn push(
        &mut self,
        tick: Tick,
        kind: KindId,
        words: &[u32],
        by: Option<(PlayerId, u8)>,
    ) -> u64 {
        let mut row = EventRow {
            tick,
            kind,
            words: [0; ROW_WORDS_MAX],
            own: None,
        };
        row.words
            .iter_mut()
            .zip(words)
            .for_each(|(to, from)| *to = *from);
        self.events.push_back(Logged { row, by });
        self.first + self.events.len() as u64 - 1
    }

    /// Forgets all events before `oldest`, the oldest number anybody still waits for.
    pub fn forget(&mut self, oldest: Option<u64>) {
        let end = self.first + self.events.len() as u64;
        let gone = oldest.unwrap_or(end).clamp(self.first, end) - self.first;
        self.events.drain(..gone as usize);
        self.first += gone;
    }

    /// The event as `viewer` gets it.
    fn row_for(&self, number: u64, viewer: PlayerId) -> Option<EventRow> {
        let logged = self
            .events
            .get(usize::try_from(number.checked_sub(self.first)?).ok()?)?;
        let own = logged
            .by
            .filter(|&(by, _)| by == viewer)
            .map(|(_, ordinal)| ordinal);
        Some(EventRow {
            own,
            ..logged.row.clone()
        })
    }
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    number: u64,
    sequence: u16,
    sent: Tick,
}

/// The events one viewer has not acked.
#[derive(Clone, Debug)]
pub struct EventQueue {
    player: PlayerId,
    next_sequence: u16,
    pending: VecDeque<Pending>,
    overflow: Vec<u64>,
}

impl EventQueue {
    /// Nothing to send.
    pub fn new(player: PlayerId) -> EventQueue {
        EventQueue {
            player,
            next_sequence: 0,
            pending: VecDeque::new(),
            overflow: Vec::new(),
        }
    }

    /// Queues an event; past [`EVENTS_OUTSTANDING_MAX`] it goes over the Ordered lane, and so it
    /// does while the receiver would forget the sequence of the oldest one that waits: a receiver
    /// takes what it forgot for a duplicate. Only the Snapshot lane uses up sequences.
    pub fn push(&mut self, number: u64) {
        let sequence = self.next_sequence;
        let oldest = self
            .pending
            .front()
            .map_or(sequence, |first| first.sequence);
        let remembered = sequence.wrapping_sub(oldest) < WINDOW;
        if self.pending.len() < EVENTS_OUTSTANDING_MAX && remembered {
            self.next_sequence = sequence.wrapping_add(1);
            self.pending.push_back(Pending {
                number,
                sequence,
                sent: Tick::ZERO,
            });
        } else {
            self.overflow.push(number);
        }
    }

    /// The oldest event number still needed.
    pub fn oldest(&self) -> Option<u64> {
        let pending = self.pending.iter().map(|pending| pending.number);
        pending.chain(self.overflow.iter().copied()).min()
    }

    /// Whether something is to be sent, first or again.
    pub fn is_due(&self, lost: impl Fn(Tick) -> bool) -> bool {
        self.pending.iter().any(|pending| is_due(pending, &lost))
    }

    /// Writes the events that are due, each behind a 1 bit, into at most `bits_max` bits. Returns
    /// whether there were any.
    pub fn write(
        &mut self,
        out: &mut BitWriter,
        log: &EventLog,
        schema: &Schema,
        tick: Tick,
        bits_max: usize,
        lost: impl Fn(Tick) -> bool,
    ) -> bool {
        let start = out.bit_len();
        for pending in self
            .pending
            .iter_mut()
            .filter(|pending| is_due(pending, &lost))
        {
            let Some(row) = log.row_for(pending.number, self.player) else {
                continue;
            };
            let Some(kind) = schema.events.get(usize::from(row.kind.0)) else {
                continue;
            };
            if out.bit_len() + 1 + event_bits(kind, &row) > start + bits_max {
                break;
            }
            out.put_bool(true);
            put_event(out, kind, tick, pending.sequence, &row);
            pending.sent = tick;
        }
        out.bit_len() > start
    }

    /// The packet with events of tick `tick` arrived.
    pub fn acked(&mut self, tick: Tick) {
        self.pending.retain(|pending| pending.sent != tick);
    }

    /// Events for the Ordered lane: 32 bits of tick, then each event behind a 1 bit, then 0.
    pub fn take_overflow(
        &mut self,
        log: &EventLog,
        schema: &Schema,
        tick: Tick,
    ) -> Option<Vec<u8>> {
        if self.overflow.is_empty() {
            return None;
        }
        let mut out = BitWriter::new();
        out.put(tick.0, 32);
        let fit = self.overflow.len().min(OVERFLOW_EVENTS_MAX);
        for number in self.overflow.drain(..fit) {
            let Some(row) = log.row_for(number, self.player) else {
                continue;
            };
            let Some(kind) = schema.events.get(usize::from(row.kind.0)) else {
                continue;
            };
            out.put_bool(true);
            put_event(&mut out, kind, tick, 0, &row);
        }
        out.put_bool(false);
        Some(out.finish().to_vec())
    }
}

fn is_due(pending: &Pending, lost: impl Fn(Tick) -> bool) -> bool {
    pending.sent == Tick::ZERO || lost(pending.sent)
}
