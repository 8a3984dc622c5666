//! SCTP as an attacker writes it (RFC 9260).

use tickwire_shared::rng::Rng;

/// Ports of data channels; nobody looks at them.
const PORT: [u8; 2] = 5_000_u16.to_be_bytes();

/// A packet of these chunks.
pub(in crate::transport::webrtc) fn packet(tag: u32, chunks: &[u8]) -> Vec<u8> {
    let mut packet = [&PORT[..], &PORT, &tag.to_be_bytes(), &[0; 4], chunks].concat();
    let checksum = crc32c(&packet);
    packet[8..12].copy_from_slice(&checksum.to_le_bytes());
    packet
}

/// A chunk with its padding.
pub(in crate::transport::webrtc) fn chunk_of(kind: u8, flags: u8, body: &[u8]) -> Vec<u8> {
    let length = (4 + body.len()) as u16;
    let mut chunk = vec![kind, flags];
    chunk.extend_from_slice(&length.to_be_bytes());
    chunk.extend_from_slice(body);
    chunk.resize(chunk.len().next_multiple_of(4), 0);
    chunk
}

pub(in crate::transport::webrtc) fn init(tag: u32, tsn: u32) -> Vec<u8> {
    let window = 128_u32 * 1_024;
    let mut body = [tag.to_be_bytes(), window.to_be_bytes()].concat();
    // As many streams as there are, then: PR-SCTP, and the extensions RE-CONFIG and FORWARD TSN.
    body.extend_from_slice(&[0xFF; 4]);
    body.extend_from_slice(&tsn.to_be_bytes());
    body.extend_from_slice(&[0xC0, 0, 0, 4, 0x80, 8, 0, 6, 130, 192, 0, 0]);
    chunk_of(1, 0, &body)
}

pub(in crate::transport::webrtc) fn data(
    tsn: u32,
    stream: u16,
    number: u16,
    kind: u32,
    bytes: &[u8],
) -> Vec<u8> {
    // The first and the last fragment of its message.
    fragment(3, tsn, stream, number, kind, bytes)
}

pub(in crate::transport::webrtc) fn fragment(
    flags: u8,
    tsn: u32,
    stream: u16,
    number: u16,
    kind: u32,
    bytes: &[u8],
) -> Vec<u8> {
    let mut body = tsn.to_be_bytes().to_vec();
    body.extend_from_slice(&stream.to_be_bytes());
    body.extend_from_slice(&number.to_be_bytes());
    body.extend_from_slice(&kind.to_be_bytes());
    body.extend_from_slice(bytes);
    chunk_of(0, flags, &body)
}

/// The value of a parameter of an INIT ACK.
pub(in crate::transport::webrtc) fn parameter(chunk: &[u8], kind: u16) -> Option<&[u8]> {
    let mut rest = chunk.get(20..)?;
    loop {
        let found = u16::from_be_bytes([*rest.first()?, *rest.get(1)?]);
        let length = usize::from(u16::from_be_bytes([*rest.get(2)?, *rest.get(3)?]));
        if found == kind {
            return rest.get(4..length);
        }
        rest = rest.get(length.next_multiple_of(4)..)?;
    }
}

/// A chunk made up around numbers that the server may believe.
pub(in crate::transport::webrtc) fn chunk(rng: &mut Rng, tsn: u32) -> Vec<u8> {
    // ABORT and SHUTDOWN end things, so that they come seldom.
    let kinds = [
        0, 0, 0, 0, 1, 2, 3, 3, 3, 4, 5, 9, 10, 11, 12, 13, 64, 130, 130, 192, 192, 193,
    ];
    let kind = match rng.below(200) {
        0 => 6,
        1 => [7, 8, 14][rng.below(3) as usize],
        2 => rng.next_u32() as u8,
        _ => kinds[rng.below(kinds.len() as u32) as usize],
    };
    let flags = if rng.chance(0.5) {
        3
    } else {
        rng.next_u32() as u8
    };
    let mut body = Vec::new();
    for _ in 0..rng.below(12) {
        body.extend_from_slice(&word(rng, tsn).to_be_bytes());
    }
    if kind == 130 {
        body = reconfiguration(rng, tsn);
    }
    body.extend((0..rng.below(4)).map(|_| rng.next_u32() as u8));
    chunk_of(kind, flags, &body)
}

/// A number near what is expected, near an edge, or any.
fn word(rng: &mut Rng, tsn: u32) -> u32 {
    let near = rng.below(8);
    match rng.below(6) {
        0 => tsn.wrapping_add(near),
        1 => tsn.wrapping_sub(near),
        2 => tsn.wrapping_add(1 << 31).wrapping_add(near),
        3 => near,
        4 => u32::MAX - near,
        _ => rng.next_u32(),
    }
}

/// Parameters of a RE-CONFIG chunk (RFC 6525).
fn reconfiguration(rng: &mut Rng, tsn: u32) -> Vec<u8> {
    let mut body = Vec::new();
    for _ in 0..=rng.below(2) {
        let kind = 13 + rng.below(6) as u16;
        let words = rng.below(5);
        let length = if rng.chance(0.9) {
            4 + 4 * words
        } else {
            rng.below(64)
        };
        body.extend_from_slice(&kind.to_be_bytes());
        body.extend_from_slice(&(length as u16).to_be_bytes());
        for _ in 0..words {
            body.extend_from_slice(&word(rng, tsn).to_be_bytes());
        }
    }
    body
}

/// CRC-32C, bit by bit.
fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            let carry = crc & 1;
            crc = (crc >> 1) ^ (0x82F6_3B78 * carry);
        }
    }
    !crc
}

#[test]
fn the_checksum_is_the_known_one() {
    assert_eq!(crc32c(b"123456789"), 0xE306_9283);
}
