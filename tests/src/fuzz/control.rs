//! Control packets of every phase and direction under any bytes.
//!
//! Nothing is acted on here: only what decodes, and that it is the one encoding.

use tickwire_shared::limits::ORDERED_BYTES_MAX;
use tickwire_shared::wire::{
    ClientControl, HandshakeReply, Hello, Message, ServerControl, decode, encode, protocol_of_hello,
};

use crate::samples::{Named, client_control, handshake, server_control};

/// I17 for each packet type: what decodes encodes to the same bytes, and no bytes are two packets.
///
/// # Panics
/// When that does not hold.
pub fn target(bytes: &[u8]) {
    let decoded = [
        round_trip::<Hello>(bytes),
        round_trip::<HandshakeReply>(bytes),
        round_trip::<ClientControl>(bytes),
        round_trip::<ServerControl>(bytes),
    ];
    let count = decoded.iter().filter(|decoded| **decoded).count();
    assert!(count <= 1, "one packet is two kinds");
    if let (true, Ok(hello)) = (decoded[0], decode::<Hello>(bytes)) {
        assert_eq!(protocol_of_hello(bytes), Some(hello.protocol));
    }
}

fn round_trip<M: Message>(bytes: &[u8]) -> bool {
    let Ok(message) = decode::<M>(bytes) else {
        return false;
    };
    assert!(
        bytes.len() <= M::BYTES_MAX && M::BYTES_MAX <= ORDERED_BYTES_MAX,
        "longer than allowed"
    );
    assert_eq!(encode(&message), bytes, "I17");
    true
}

/// Every control packet.
#[must_use]
pub fn corpus() -> Vec<Vec<u8>> {
    let all = [handshake(), client_control(), server_control()];
    all.into_iter()
        .flatten()
        .map(|Named { bytes, .. }| bytes)
        .collect()
}
