//! Forged acks into replication.
//!
//! One viewer lies about what it holds while another is honest: whatever the liar says, the honest
//! one's rows stay the server's.

use std::cell::RefCell;

use tickwire_server::engine::replication::ReplicationConfig;
use tickwire_shared::ack::Ack;
use tickwire_shared::bits::{BitReader, BitWriter};
use tickwire_shared::conditioner::Network;
use tickwire_shared::id::{PlayerId, Tick};

use crate::games::sandbox::Sandbox;
use crate::shadow::Shadow;

const LIAR: PlayerId = PlayerId(0);

thread_local! {
    static ROOM: RefCell<Option<(Shadow<Sandbox>, u32)>> = const { RefCell::new(None) };
}

/// Acks between two ticks of the room, and ticks after which it starts anew.
const ACKS_A_TICK: u32 = 24;
const TICKS_MAX: u32 = 1_500;

/// Any ack is used or ignored; it is the one encoding, and nobody else notices.
///
/// # Panics
/// When that does not hold.
pub fn target(bytes: &[u8]) {
    let mut reader = BitReader::new(bytes);
    let Ok(mut ack) = Ack::decode(&mut reader) else {
        return;
    };
    let mut again = BitWriter::new();
    ack.encode(&mut again);
    assert_eq!(again.bit_len(), reader.bit_position(), "I17");
    ROOM.with_borrow_mut(|room| {
        let (shadow, count) = room.get_or_insert_with(|| (open(), 0));
        // Half of them are near the truth: only those can do harm.
        if ack.newest.0.is_multiple_of(2) {
            ack.newest = Tick(shadow.now().0.wrapping_sub(ack.newest.0 % 80));
        }
        shadow.lie(LIAR, &ack);
        *count += 1;
        if *count % ACKS_A_TICK == 0 {
            shadow.run(1);
        }
        if shadow.now().0 > TICKS_MAX {
            shadow.run(60);
            shadow.check_honest(LIAR);
            *room = None;
        }
    });
}

fn open() -> Shadow<Sandbox> {
    let mut shadow = Shadow::new(
        3,
        &[Network::LAN, Network::WIFI],
        ReplicationConfig::default(),
    );
    shadow.run(30);
    shadow
}

/// Acks of nothing, of something, of holes.
#[must_use]
pub fn corpus() -> Vec<Vec<u8>> {
    let acks = [
        Ack::default(),
        Ack {
            newest: Tick(40),
            complete: u64::MAX,
            parts: [1; 4],
        },
        Ack {
            newest: Tick(1_001),
            complete: 0b1010,
            parts: [3, 0, u32::MAX, 1],
        },
        Ack {
            newest: Tick(u32::MAX),
            complete: 0,
            parts: [0; 4],
        },
    ];
    let encode = |ack: &Ack| {
        let mut out = BitWriter::new();
        ack.encode(&mut out);
        out.finish().to_vec()
    };
    acks.iter().map(encode).collect()
}
