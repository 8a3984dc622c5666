//! The probe: what a client sends on its unreliable lane before its Hello, to learn whether packets
//! pass in both directions.
//!
//! Never says anything about a session: the server sends it back byte for byte.
//!
//! ```text
//! probe:  kind 8 bits PROBE | number 32 bits LE | zeros, to the length the client chose
//! ```

use crate::limits::PACKET_BYTES_MAX;

/// First byte of a probe; no packet on an unreliable lane starts with it.
const PROBE: u8 = 0x50;

/// Bytes of the shortest probe.
pub const PROBE_BYTES_MIN: usize = 5;

/// A probe of `bytes` bytes, kept within [`PROBE_BYTES_MIN`] and [`PACKET_BYTES_MAX`].
#[must_use]
pub fn encode_probe(number: u32, bytes: usize) -> Vec<u8> {
    let mut probe = vec![0; bytes.clamp(PROBE_BYTES_MIN, PACKET_BYTES_MAX)];
    let (head, _) = probe.split_at_mut(PROBE_BYTES_MIN);
    let [a, b, c, d] = number.to_le_bytes();
    head.copy_from_slice(&[PROBE, a, b, c, d]);
    probe
}

/// The number of a probe; `None` for bytes that are none.
#[must_use]
pub fn decode_probe(bytes: &[u8]) -> Option<u32> {
    let (head, zeros) = bytes.split_at_checked(PROBE_BYTES_MIN)?;
    let [PROBE, a, b, c, d] = *head else {
        return None;
    };
    let is_probe = bytes.len() <= PACKET_BYTES_MAX && zeros.iter().all(|&byte| byte == 0);
    is_probe.then(|| u32::from_le_bytes([a, b, c, d]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_of_any_length_is_read_back() {
        for (wanted, got) in [(0, 5), (5, 5), (300, 300), (9_999, PACKET_BYTES_MAX)] {
            let probe = encode_probe(0xDEAD_BEEF, wanted);
            assert_eq!(probe.len(), got);
            assert_eq!(decode_probe(&probe), Some(0xDEAD_BEEF));
        }
    }

    #[test]
    fn anything_else_is_none() {
        let mut dirty = encode_probe(7, 20);
        dirty[19] = 1;
        let mut other = encode_probe(7, 20);
        other[0] = 1;
        for bytes in [&[][..], &[PROBE], &[PROBE, 0, 0, 0], &dirty, &other] {
            assert_eq!(decode_probe(bytes), None);
        }
        let long = vec![PROBE; PACKET_BYTES_MAX + 1];
        assert_eq!(decode_probe(&long), None);
    }
}
