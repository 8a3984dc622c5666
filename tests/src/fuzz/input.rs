//! Input packets under any bytes.
//!
//! Nothing is applied here; that a late or far input is not applied is the room's to prove.

use std::cell::OnceCell;
use std::sync::Arc;

use tickwire_shared::bits::BitWriter;
use tickwire_shared::input::InputPacket;
use tickwire_shared::limits::{INPUT_BATCH_MAX, PACKET_BYTES_MAX};
use tickwire_shared::schema::Schema;

use crate::games::sandbox::Sandbox;
use crate::samples::inputs;
use crate::stage::schema;

thread_local! {
    static SCHEMA: OnceCell<Arc<Schema>> = const { OnceCell::new() };
}

/// I17, and that every word of a decoded input is within its range.
///
/// # Panics
/// When that does not hold.
pub fn target(bytes: &[u8]) {
    let schema = SCHEMA.with(|cell| Arc::clone(cell.get_or_init(schema::<Sandbox>)));
    let Ok(packet) = InputPacket::decode(bytes, &schema.input) else {
        return;
    };
    assert!(bytes.len() <= PACKET_BYTES_MAX, "longer than allowed");
    let count = packet.rows().count();
    assert!((1..=INPUT_BATCH_MAX).contains(&count), "{count} inputs");
    let mut last = None;
    for (tick, row) in packet.rows() {
        assert!(
            tick.0 >= 1 && last.is_none_or(|last| tick < last),
            "ticks fall from {last:?}"
        );
        last = Some(tick);
        assert_eq!(row.len(), schema.input.words.len());
        let legal = row
            .iter()
            .zip(&schema.input.words)
            .all(|(word, spec)| *word <= spec.max);
        assert!(legal, "a word beyond its range was decoded");
    }
    let mut again = BitWriter::new();
    packet.encode(&schema.input, &mut again);
    assert_eq!(again.finish(), bytes, "I17");
}

/// Valid input packets.
#[must_use]
pub fn corpus() -> Vec<Vec<u8>> {
    inputs().into_iter().map(|named| named.bytes).collect()
}
