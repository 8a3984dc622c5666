//! Snapshot packets and late events under any bytes, into a client's confirmed store.
//!
//! The first two bytes choose how much of a real recording the store has seen before.

use std::cell::OnceCell;
use std::sync::Arc;

use tickwire_shared::delta::{Confirmed, DeltaError};
use tickwire_shared::limits::{ENTITIES_MAX, PACKET_BYTES_MAX, PREDICTION_GROUP_MAX};
use tickwire_shared::schema::Schema;

use crate::samples::{late_events, snapshots};

const TICKS: u32 = 90;

/// Stores after each so many packets of the recording are kept.
const STORE_EVERY: usize = 12;

struct Stores {
    schema: Arc<Schema>,
    packets: Vec<Vec<u8>>,
    stores: Vec<Confirmed>,
}

thread_local! {
    static STORES: OnceCell<Stores> = const { OnceCell::new() };
}

fn record() -> Stores {
    let recording = snapshots(TICKS);
    let (schema, tables) = (Arc::clone(&recording.schema), Arc::clone(&recording.tables));
    let mut store = Confirmed::new(schema, tables, recording.seat);
    let mut stores = vec![store.clone()];
    for (at, packet) in recording.packets.iter().enumerate() {
        store.receive(packet).expect("a recorded packet decodes");
        if at % STORE_EVERY == 0 {
            stores.push(store.clone());
        }
    }
    Stores {
        schema: recording.schema,
        packets: recording.packets,
        stores,
    }
}

/// A packet that is refused is not acked; what is taken leaves only legal rows, and a duplicate of
/// it changes nothing.
///
/// # Panics
/// When that does not hold.
pub fn target(bytes: &[u8]) {
    let Some((choice, packet)) = bytes.split_first() else {
        return;
    };
    STORES.with(|cell| {
        let stores = cell.get_or_init(record);
        let mut store = stores.stores[usize::from(*choice) % stores.stores.len()].clone();
        let before = store.ack();
        match store.receive(packet) {
            Ok(received) => {
                assert!(packet.len() <= PACKET_BYTES_MAX, "longer than allowed");
                let ack = store.ack();
                assert!(ack.newest >= before.newest && ack.newest >= received.header.tick);
                check_rows(&stores.schema, &store);
                let again = store.receive(packet);
                assert_eq!(again, Err(DeltaError::Old), "a duplicate was used");
                assert_eq!(store.ack(), ack, "a duplicate changed the ack");
            }
            Err(_) => {
                assert_eq!(store.ack(), before, "a refused packet was acked");
                check_rows(&stores.schema, &store);
            }
        }
    });
}

fn check_rows(schema: &Schema, store: &Confirmed) {
    assert!(
        store.group().members.len() <= PREDICTION_GROUP_MAX,
        "a group beyond its bound"
    );
    for id in store.ids() {
        assert!(id.slot < ENTITIES_MAX, "a slot beyond its bound");
        let Some(row) = store.row(id) else { continue };
        let kind = schema.entity(row.kind).expect("only known kinds are taken");
        for word in 0..kind.row_words(row.known) {
            let spec = &kind.words[word];
            // A degraded word is the centre of its step, which may lie half a step beyond.
            let most = u64::from(spec.max) + (1 << spec.shift(row.level));
            assert!(
                u64::from(row.words[word]) <= most,
                "{id} has an illegal word {word}"
            );
        }
    }
}

/// The recording, each packet behind a store that can use it.
#[must_use]
pub fn corpus() -> Vec<Vec<u8>> {
    STORES.with(|cell| {
        let stores = cell.get_or_init(record);
        let packets = stores.packets.iter().enumerate();
        packets
            .map(|(at, packet)| {
                let choice = at.div_ceil(STORE_EVERY).min(stores.stores.len() - 1);
                [&[choice as u8], packet.as_slice()].concat()
            })
            .collect()
    })
}

/// Late events: never a panic, and only legal words come out.
///
/// # Panics
/// When that does not hold.
pub fn events_target(bytes: &[u8]) {
    STORES.with(|cell| {
        let stores = cell.get_or_init(record);
        let mut store = stores.stores[0].clone();
        if store.receive_events(bytes).is_err() {
            return;
        }
        let mut events = Vec::new();
        store.take_events(&mut events);
        for event in &events {
            let kind = &stores.schema.events[usize::from(event.kind.0)];
            let legal = event
                .words
                .iter()
                .zip(&kind.words)
                .all(|(word, spec)| *word <= spec.max);
            assert!(legal, "an event word beyond its range was decoded");
        }
    });
}

/// Valid late events.
#[must_use]
pub fn events_corpus() -> Vec<Vec<u8>> {
    vec![late_events()]
}
