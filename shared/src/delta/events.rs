//! Events on the wire: each has a sequence of its session and reaches the game exactly once.
//!
//! The layout stands in [`crate::delta::record`]. Which packet carries an event, and when it is
//! sent again, is not decided here.

use crate::bits::{BitReader, BitWriter};
use crate::delta::DeltaError;
use crate::delta::record::KIND_BITS;
use crate::id::{KindId, Lane, Tick};
use crate::limits::ROW_WORDS_MAX;
use crate::schema::{Kind, Schema};

/// Sequences a receiver remembers, to know duplicates. A sender lets no event wait for longer.
pub const WINDOW: u16 = 128;

/// An event a client received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// The tick it happened in.
    pub tick: Tick,
    /// Its kind in the schema's events.
    pub kind: KindId,
    /// Its words; as many as its kind has.
    pub words: [u32; ROW_WORDS_MAX],
    /// When this client's own input caused it: which of its events of that tick.
    pub own: Option<u8>,
}

/// Appends one event.
pub fn put_event(out: &mut BitWriter, kind: &Kind, packet: Tick, sequence: u16, event: &EventRow) {
    out.put(u32::from(sequence), 16);
    out.put(packet.since(event.tick).min(127), 7);
    out.put(u32::from(event.kind.0), KIND_BITS);
    out.put_bool(event.own.is_some());
    if let Some(ordinal) = event.own {
        out.put(u32::from(ordinal), 8);
    }
    for (spec, &word) in kind.words.iter().zip(&event.words) {
        out.put(word, spec.bits);
    }
}

/// Bits [`put_event`] takes.
#[must_use]
pub fn event_bits(kind: &Kind, event: &EventRow) -> usize {
    let words: usize = kind.words.iter().map(|spec| usize::from(spec.bits)).sum();
    16 + 7 + usize::from(KIND_BITS) + 1 + if event.own.is_some() { 8 } else { 0 } + words
}

/// The receiving side: drops duplicates.
#[derive(Clone, Debug, Default)]
pub struct EventWindow {
    newest: Option<u16>,
    seen: u128,
    ready: Vec<EventRow>,
}

impl EventWindow {
    /// Reads one event of a packet for tick `packet` that came over `lane`.
    ///
    /// # Errors
    /// When the bytes end early or name no kind.
    pub fn read(
        &mut self,
        from: &mut BitReader<'_>,
        schema: &Schema,
        packet: Tick,
        lane: Lane,
    ) -> Result<(), DeltaError> {
        let sequence = from.take(16)? as u16;
        let tick = packet.minus(from.take(7)?);
        let kind_id = KindId(from.take(KIND_BITS)? as u8);
        let kind = schema
            .events
            .get(usize::from(kind_id.0))
            .ok_or(DeltaError::Malformed("event"))?;
        let own = if from.take_bool()? {
            Some(from.take(8)? as u8)
        } else {
            None
        };
        let mut words = [0; ROW_WORDS_MAX];
        for (word, spec) in words.iter_mut().zip(&kind.words) {
            *word = from.take(spec.bits)?;
            if *word > spec.max {
                return Err(DeltaError::Malformed("event word out of range"));
            }
        }
        // The Ordered lane brings each event once, however late: its events have no sequence.
        if lane == Lane::Ordered || self.is_new(sequence) {
            self.ready.push(EventRow {
                tick,
                kind: kind_id,
                words,
                own,
            });
        }
        Ok(())
    }

    /// Moves what is ready to the end of `out`.
    pub fn take(&mut self, out: &mut Vec<EventRow>) {
        out.append(&mut self.ready);
    }

    fn is_new(&mut self, sequence: u16) -> bool {
        let Some(newest) = self.newest else {
            (self.newest, self.seen) = (Some(sequence), 1);
            return true;
        };
        let ahead = sequence.wrapping_sub(newest);
        if ahead == 0 {
            return false;
        }
        if ahead < u16::MAX / 2 {
            self.seen = self.seen.checked_shl(u32::from(ahead)).unwrap_or(0) | 1;
            self.newest = Some(sequence);
            return true;
        }
        let behind = newest.wrapping_sub(sequence);
        let bit = 1u128.checked_shl(u32::from(behind)).unwrap_or(0);
        let fresh = behind < WINDOW && self.seen & bit == 0;
        self.seen |= bit;
        fresh
    }
}
