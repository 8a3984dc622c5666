//! Tells the protocols of the shared port apart and moves what is QUIC's together.
//!
//! Never looks further than the first byte (RFC 9443) and never panics on what a length claims.

/// What a datagram is, by its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// ICE's checks.
    Stun,
    /// The handshake and the packets of WebRTC.
    Dtls,
    /// QUIC and with it WebTransport.
    Quic,
    /// Nothing that is spoken here.
    Unknown,
}

/// The bit that every QUIC packet has set, as long as nobody greases it.
const QUIC_FIXED_BIT: u8 = 0x40;

/// What the datagram `bytes` is.
pub(super) fn protocol_of(bytes: &[u8]) -> Protocol {
    match bytes.first() {
        Some(0..=3) => Protocol::Stun,
        Some(20..=63) => Protocol::Dtls,
        Some(first) if first & QUIC_FIXED_BIT != 0 => Protocol::Quic,
        _ => Protocol::Unknown,
    }
}

/// Hands every datagram in the first `len` bytes of `buffer` that is not QUIC's to `foreign`, and
/// moves those that are to the front. Returns how many bytes they take.
///
/// The kernel joins datagrams of one sender: each has `stride` bytes, the last may have fewer. What
/// is kept stays in order, so that this holds for the rest too.
pub(super) fn keep_quic(
    buffer: &mut [u8],
    len: usize,
    stride: usize,
    mut foreign: impl FnMut(Protocol, &[u8]),
) -> usize {
    let len = len.min(buffer.len());
    let stride = stride.max(1);
    let (mut start, mut kept) = (0, 0);
    while start < len {
        let end = start.saturating_add(stride).min(len);
        let datagram = buffer.get(start..end).unwrap_or_default();
        match protocol_of(datagram) {
            Protocol::Quic => {
                // In bounds: kept <= start < end <= len <= the buffer's length.
                if kept != start {
                    buffer.copy_within(start..end, kept);
                }
                kept += end - start;
            }
            other => foreign(other, datagram),
        }
        start = end;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_decides() {
        for first in 0..=u8::MAX {
            let expected = match first {
                0..=3 => Protocol::Stun,
                20..=63 => Protocol::Dtls,
                64..=127 | 192..=255 => Protocol::Quic,
                _ => Protocol::Unknown,
            };
            assert_eq!(protocol_of(&[first]), expected, "{first}");
        }
        assert_eq!(protocol_of(&[]), Protocol::Unknown);
    }

    /// Sorts joined datagrams; returns what was kept, what was foreign.
    fn sorted(buffer: &[u8], len: usize, stride: usize) -> (Vec<u8>, Vec<Vec<u8>>) {
        let (mut buffer, mut foreign) = (buffer.to_vec(), Vec::new());
        let kept = keep_quic(&mut buffer, len, stride, |_, datagram| {
            foreign.push(datagram.to_vec());
        });
        (buffer.get(..kept).unwrap().to_vec(), foreign)
    }

    #[test]
    fn joined_datagrams_are_sorted_one_by_one() {
        let mixed = [64, 1, 20, 2, 65, 3, 0, 4, 66];
        let (kept, foreign) = sorted(&mixed, mixed.len(), 2);
        assert_eq!(kept, [64, 1, 65, 3, 66]);
        assert_eq!(foreign, [[20, 2], [0, 4]]);
    }

    #[test]
    fn a_short_foreign_tail_goes_and_whole_strides_stay() {
        let (kept, foreign) = sorted(&[64, 1, 65, 2, 0], 5, 2);
        assert_eq!(kept, [64, 1, 65, 2]);
        assert_eq!(foreign, [[0]]);
    }

    #[test]
    fn odd_lengths_and_strides_are_borne() {
        assert_eq!(sorted(&[], 0, 0), (vec![], vec![]));
        assert_eq!(sorted(&[64, 0], 100, 0), (vec![64], vec![vec![0]]));
        assert_eq!(sorted(&[64, 0], 2, usize::MAX), (vec![64, 0], vec![]));
        assert_eq!(sorted(&[0, 64], 1, 1_200), (vec![], vec![vec![0]]));
    }
}
